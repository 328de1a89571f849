//! `understudyd connect`: clients and their states, a change with its losses before the yes, the undo, and a test turn. The files
//! are changed in this process, with this terminal's variables; the engine gives only its address and its requests.

mod print;

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use api::{Check, ConnectDone, ConnectPage, Exchange, ExchangePage, Snapshot};
use catalog::{Catalog, Secret};
use chrono::{DateTime, Utc};
use connect::{Client, Refusal, RefusalKind};

use super::client::{CallError, Engine};
use super::print_line::{failed, print_line};
use super::show::{print_json, query_of};
use crate::connections::{
    Connections, LastRequests, address, begin_test, control_error, exit_code, is_seen_as,
};
use crate::places::Places;
use crate::settings::Settings;
use crate::{text_file, token};

#[derive(Debug, clap::Args)]
pub(super) struct ConnectArgs {
    /// The client, as the list names it: claude-code, codex
    client: Option<String>,
    /// Show the change, and change nothing
    #[arg(long, requires = "client")]
    dry_run: bool,
    /// Make the change without a question
    #[arg(long)]
    yes: bool,
    /// Restore the former values of this client; works without an engine
    #[arg(long, requires = "client", conflicts_with_all = ["dry_run", "test"])]
    undo: bool,
    /// The same for all clients, before Understudy is removed
    #[arg(long, conflicts_with_all = ["client", "dry_run", "undo", "test"])]
    undo_all: bool,
    /// Send one request to the rehearsal model with the client's program, at no cost
    #[arg(long, requires = "client", conflicts_with = "dry_run")]
    test: bool,
    #[arg(long)]
    json: bool,
}

/// An error with its exit code.
enum Failure {
    Call(CallError),
    Refused(Refusal),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Failure {
        Failure::Call(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

pub(super) async fn run(args: ConnectArgs) -> ExitCode {
    let json = args.json;
    let refusal = match act(args).await {
        Ok(code) => return code,
        Err(Failure::Call(error)) if json => {
            print_json(&error.as_json());
            return ExitCode::from(1);
        }
        Err(Failure::Call(error)) => return failed(&error.to_string(), 1),
        Err(Failure::Refused(refusal)) => refusal,
    };
    let code = exit_code(refusal.kind);
    if json {
        print_json(&control_error(refusal));
        return ExitCode::from(code);
    }
    let fix = refusal.fix.as_ref();
    let fix = fix.map_or_else(String::new, |fix| format!("To fix it: {fix}."));
    failed(&format!("{}. {fix}", refusal.what), code)
}

async fn act(args: ConnectArgs) -> Result<ExitCode, Failure> {
    let here = Here::find(args.undo || args.undo_all).await?;
    if args.undo_all {
        let (done, complete) = here.of.disconnect_all(here.open_sessions(None).await);
        show_done(&done, args.json);
        return Ok(if complete {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        });
    }
    let Some(id) = &args.client else {
        let page = here.of.page(&here.last_requests().await);
        match args.json {
            true => print_json(&page),
            false => print::table(&page, here.engine.is_some()),
        }
        return Ok(ExitCode::SUCCESS);
    };
    let client = Client::named(id)?;
    if args.undo {
        let open = here.open_sessions(Some(client)).await;
        let done = here.of.disconnect(client, open)?;
        show_done(&done, args.json);
        return Ok(ExitCode::SUCCESS);
    }
    if !client.is_edited() {
        let page = here.of.page(&here.last_requests().await);
        let shown = page.clients.into_iter().find(|it| it.id == client.id());
        match shown {
            Some(shown) if args.json => print_json(&shown),
            Some(shown) => print::to_copy(&shown),
            None => {}
        }
        return Ok(ExitCode::SUCCESS);
    }
    connect(client, &args, &here).await
}

async fn connect(client: Client, args: &ConnectArgs, here: &Here) -> Result<ExitCode, Failure> {
    let change = here.of.change(client)?;
    match (args.dry_run, args.json) {
        (true, true) => {
            print_json(&change);
            return Ok(ExitCode::SUCCESS);
        }
        (true, false) => {
            print::change(client, &change);
            print_line!("Nothing was changed.");
            return Ok(ExitCode::SUCCESS);
        }
        (false, true) => {}
        (false, false) if change.keys.is_empty() => {}
        (false, false) => print::change(client, &change),
    }
    if !change.keys.is_empty() && !args.yes && !confirmed(client, args.json)? {
        print_line!("Nothing was changed.");
        return Ok(ExitCode::from(2));
    }
    let now = crate::clock::wall()();
    let open = here.open_sessions(Some(client)).await;
    let done = here.of.connect(client, &change.revision, open, now)?;
    if !(args.json && args.test) {
        show_done(&done, args.json);
    }
    let Some(engine) = &here.engine else {
        if !args.json {
            print_line!(
                "No engine is running, so its requests fail until you start one: `understudyd`, or the Understudy application."
            );
        }
        return Ok(match args.test {
            true => ExitCode::from(2),
            false => ExitCode::SUCCESS,
        });
    };
    let interactive = !args.yes && !args.json && !done.changed.is_empty();
    match args.test || interactive {
        true => test(client, args, here, engine).await,
        false => Ok(ExitCode::SUCCESS),
    }
}

async fn test(
    client: Client,
    args: &ConnectArgs,
    here: &Here,
    engine: &Engine,
) -> Result<ExitCode, Failure> {
    let turn = match begin_test(client, &here.of.surroundings, crate::clock::wall()()) {
        Ok(turn) => turn,
        Err(refusal) if args.test => return Err(refusal.into()),
        // The connection is made; its program cannot be run from here.
        Err(_) => return Ok(ExitCode::SUCCESS),
    };
    if !args.json {
        print_line!("Testing with one request to the rehearsal model …");
    }
    let since = turn.started();
    let tested = turn.run(|| exchanges_since(engine, since)).await;
    match args.json {
        true => print_json(&tested),
        false => print::test(&tested),
    }
    Ok(if tested.passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

async fn exchanges_since(engine: &Engine, since: DateTime<Utc>) -> Vec<Exchange> {
    let query = query_of(&[("limit", "50"), ("since", &since.to_rfc3339())]);
    let page: Result<ExchangePage, _> = engine.get(&format!("/exchanges?{query}")).await;
    // The next check may succeed.
    page.map_or_else(|_| Vec::new(), |page| page.exchanges)
}

fn show_done(done: &ConnectDone, json: bool) {
    match json {
        true => print_json(done),
        false => print::done(done),
    }
}

/// The owner's yes. No input counts as a no.
fn confirmed(client: Client, json: bool) -> Result<bool, Refusal> {
    if json || !io::stdin().is_terminal() {
        return Err(Refusal {
            kind: RefusalKind::Nothing,
            what: format!(
                "{} is not connected without your yes, and this is no terminal",
                client.name()
            ),
            fix: Some("add --yes to make the change, or --dry-run to see it".to_owned()),
        });
    }
    let mut out = io::stdout().lock();
    let shown = write!(out, "Make this change? [y/N] ").and_then(|()| out.flush());
    drop(out);
    let mut answer = String::new();
    let read = shown.and_then(|()| io::stdin().lock().read_line(&mut answer));
    Ok(read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// The user's files, and the engine if one runs.
struct Here {
    of: Connections,
    engine: Option<Engine>,
}

impl Here {
    /// `undo`: no token is created.
    async fn find(undo: bool) -> Result<Here, CallError> {
        let places = Places::find()?;
        let (origin, engine) = match Engine::found(&places).await {
            Ok(file) => (file.address, Some(Engine::find()?)),
            Err(_) if undo => (String::new(), None),
            Err(CallError::NotRunning) => (origin_in_settings(&places), None),
            Err(other) => return Err(other),
        };
        let secret = match undo && !places.token.exists() {
            true => Secret::new(""),
            false => {
                let read = token::of_this_install(&places.token);
                let (token, _) = read.map_err(|error| CallError::File {
                    file: places.token.display().to_string(),
                    why: error.to_string(),
                })?;
                token
            }
        };
        let project: Option<PathBuf> = std::env::current_dir().ok();
        let address = address(&origin, &secret);
        Ok(Here {
            of: Connections::new(&places, address, project, engine.is_some()),
            engine,
        })
    }

    async fn last_requests(&self) -> LastRequests {
        let Some(engine) = &self.engine else {
            return LastRequests::new();
        };
        let page: Result<ConnectPage, _> = engine.get("/connect").await;
        let clients = page.map_or_else(|_| Vec::new(), |page| page.clients);
        let last = clients.into_iter().filter_map(|shown| {
            let client = Client::named(&shown.id).ok()?;
            let name = client.connection.seen_as.first();
            let name = name.map_or(client.name(), String::as_str);
            Some((name.to_owned(), shown.last_request?))
        });
        last.collect()
    }

    async fn open_sessions(&self, client: Option<Client>) -> u32 {
        let Some(engine) = &self.engine else { return 0 };
        let snapshot: Result<Snapshot, _> = engine.get("/snapshot").await;
        let sessions = snapshot.map_or_else(|_| Vec::new(), |it| it.engine.sessions);
        let is_of = |name: &str| match client {
            Some(client) => is_seen_as(client, name),
            None => Client::all().any(|client| is_seen_as(client, name)),
        };
        let open = sessions.iter().filter(|session| is_of(&session.client));
        u32::try_from(open.count()).unwrap_or(u32::MAX)
    }
}

/// Lines of the doctor without an engine.
pub(super) fn checks(places: &Places) -> Vec<Check> {
    let known = places.token.exists();
    let read = known.then(|| token::of_this_install(&places.token).ok());
    let secret = read.flatten().map_or(Secret::new(""), |(token, _)| token);
    let address = address(&origin_in_settings(places), &secret);
    let of = Connections::new(places, address, None, false);
    crate::connections::checks(&of.page(&LastRequests::new()))
}

/// Where the next engine will listen.
fn origin_in_settings(places: &Places) -> String {
    let text = text_file::read(&places.settings).unwrap_or_default();
    let settings = Settings::parse(&text, &Catalog::bundled()).unwrap_or_default();
    format!("http://127.0.0.1:{}", settings.port)
}
