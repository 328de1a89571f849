//! The connect recipes: each client is connected to the engine by its recipe, and takes one turn with a text and one with a
//! tool. Then it is connected in the wrong ways that the recipe describes.

use std::fmt::Write;
use std::time::Duration;

use tokio::task::block_in_place;

use super::desk::{Desk, Upstream, two_endpoints};
use super::judge::{Ended, Verdict};
use super::play::{Play, Turn};
use super::recipe::{Part, Trap};
use super::roster::{Client, Troupe};

/// One test of a client.
pub(crate) struct Check {
    what: String,
    /// `None`: as the recipe states.
    problem: Option<String>,
}

const PATIENCE: Duration = Duration::from_secs(120);

/// All checks of these clients, in sequence.
pub(crate) async fn run(clients: &[Client], troupe: &Troupe) -> Vec<Check> {
    let mut checks = Vec::new();
    for client in clients {
        let Some(part) = client.part() else { continue };
        for turn in [Turn::Text, Turn::Tool] {
            if turn == Turn::Text || part.tool("once", "ran.txt".as_ref()).is_some() {
                checks.push(noted(takes_a_turn(*client, turn, troupe).await));
            }
        }
        let of = |trap: &&'static Trap| trap.mode == part.mode.name;
        for trap in part.recipe.trap.iter().filter(of) {
            checks.push(noted(is_as_warned(part, trap, troupe).await));
        }
    }
    checks
}

/// Prints the progress of the run.
fn noted(check: Check) -> Check {
    eprintln!(
        "{}: {}",
        check.what,
        check.problem.as_deref().unwrap_or("as it says")
    );
    check
}

/// An engine with a healthy provider.
struct Place {
    desk: Desk,
    provider: Upstream,
    home: std::path::PathBuf,
}

impl Place {
    async fn new(client: Client, turn: Turn) -> Place {
        let provider = Upstream::start().await;
        let mut desk = Desk::new();
        let home = desk.file("client");
        std::fs::create_dir_all(&home).unwrap();
        let call = client.call(&home.join("ran.txt"));
        Play::complete(turn)
            .script_for(client)
            .arrange(&provider.stage, call.as_ref());
        desk.settings(&two_endpoints(&provider.address, &provider.address));
        block_in_place(|| desk.start());
        Place {
            desk,
            provider,
            home,
        }
    }

    fn verdict(&self, turn: Turn, ended: Option<&Ended>) -> Verdict {
        let ran = std::fs::read_to_string(self.home.join("ran.txt")).unwrap_or_default();
        Verdict::of(turn, ended, ran.lines().count())
    }
}

async fn takes_a_turn(client: Client, turn: Turn, troupe: &Troupe) -> Check {
    let place = Place::new(client, turn).await;
    let base = block_in_place(|| place.desk.base());
    let ended = troupe.ask(client, &base, &place.home, turn, PATIENCE).await;
    let verdict = place.verdict(turn, ended.as_ref());
    let wanted = if turn == Turn::Tool { 2 } else { 1 };
    let posts = place.provider.posts();
    let what = if turn == Turn::Tool {
        "a turn with a tool"
    } else {
        "a turn"
    };
    let is_good = verdict == Verdict::Complete && posts == wanted;
    Check {
        what: format!("{client}: {what}"),
        problem: (!is_good).then(|| {
            let answered = place.provider.stage.received();
            let answered: Vec<String> = answered.iter().map(|it| it.path.clone()).collect();
            format!("{verdict}, {posts} requests {answered:?}, {ended:?}")
        }),
    }
}

async fn is_as_warned(part: Part, trap: &'static Trap, troupe: &Troupe) -> Check {
    let client = Client::Other(part);
    let place = Place::new(client, Turn::Text).await;
    let base = block_in_place(|| place.desk.base());
    let came = troupe
        .fall_into(part, trap, &base, &place.home, PATIENCE)
        .await;
    let (ended, printed) =
        came.map_or_else(Default::default, |(ended, printed)| (Some(ended), printed));
    let verdict = place.verdict(Turn::Text, ended.as_ref());
    let mut problem = String::new();
    if (verdict == Verdict::Complete) != trap.works {
        let _ = write!(problem, "{verdict}, {ended:?} ");
    }
    if trap
        .prints
        .as_ref()
        .is_some_and(|words| !printed.contains(words))
    {
        let _ = write!(problem, "it never prints {:?}: {printed}", trap.prints);
    }
    if trap
        .never_prints
        .as_ref()
        .is_some_and(|words| printed.contains(words))
    {
        let _ = write!(problem, "it prints {:?}", trap.never_prints);
    }
    Check {
        what: format!("{client}: {}", trap.about),
        problem: (!problem.is_empty()).then_some(problem),
    }
}

pub(crate) fn markdown(checks: &[Check]) -> String {
    let mut text = "| recipe | as it says |\n|---|---|\n".to_owned();
    for Check { what, problem } in checks {
        let shown = problem.as_ref().map_or_else(
            || "yes".to_owned(),
            |problem| format!("**NO**: {}", problem.replace(['|', '\n'], " ")),
        );
        let _ = writeln!(text, "| {what} | {shown} |");
    }
    text
}

pub(crate) fn all_kept(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.problem.is_none())
}
