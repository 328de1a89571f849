//! The real clients in outages, and with every fault of the stage: directly, and through Understudy. `cargo xtask clients`
//! installs them and runs this; it fails if a harmful result occurred through Understudy.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a run that cannot go on fails, and says so on a terminal"
)]

mod cell;
mod connect;
#[path = "../acceptance/desk.rs"]
#[expect(dead_code, reason = "the acceptance tests use more of it")]
mod desk;
mod fallback_proxy;
mod faults;
mod invoices;
mod judge;
mod long;
mod outage;
mod play;
mod recipe;
mod roster;
mod sdk;
mod shown;
mod table;
mod task;
mod versions;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use cell::{Cell, Result, Way};
use clap::Parser;
use roster::{Client, Troupe};
use task::Task;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

#[derive(Parser)]
#[command(
    about = "Real clients in an outage, directly and through Understudy; first their connect recipes."
)]
struct Arguments {
    /// Only clients whose name contains this: "codex", "python".
    #[arg(long, default_value = "")]
    client: String,
    /// Only faults whose name contains this: "cut-in-text".
    #[arg(long, default_value = "")]
    fault: String,
    /// Only modes whose name contains this: "direct", "to openai-chat".
    #[arg(long, default_value = "")]
    way: String,
    /// How many agents and how many scripts run at the same time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Only the connect recipes.
    #[arg(long, conflicts_with = "outages")]
    recipes: bool,
    /// Only the outages.
    #[arg(long)]
    outages: bool,
    /// Instead: Claude Code, Codex and the SDKs with every fault of the stage.
    #[arg(long)]
    faults: bool,
    /// Instead: responses and pauses of many minutes, with the default timers.
    #[arg(long)]
    long: bool,
    /// Instead: tasks of three turns with a fallback of another dialect than the agent's.
    #[arg(long)]
    tasks: bool,
    /// Instead: the workflows of the documentation in n8n; `--fault` selects what happens to them.
    #[arg(long)]
    invoices: bool,
    /// Also write the table into this folder: TABLE.md, FAULTS.md, TASKS.md or INVOICES.md.
    #[arg(long)]
    table: bool,
}

/// How many runs that only wait may run at the same time.
const WAITERS: usize = 6;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let folder = PathBuf::from(
        std::env::var_os("UNDERSTUDY_CLIENTS")
            .unwrap_or_else(|| panic!("UNDERSTUDY_CLIENTS is not set: run `cargo xtask clients`")),
    );
    let troupe = Arc::new(Troupe::new(folder.clone()));
    let (text, file, is_good) = if arguments.long {
        let kept = long::run(&arguments.client, troupe).await;
        let head = include_str!("long.head.md").replace("{date}", &table::today());
        (head + &long::markdown(&kept), None, long::all_kept(&kept))
    } else if arguments.invoices {
        let rows = invoices::run(&folder, &arguments.fault).await;
        let head = include_str!("invoices.head.md").replace("{date}", &table::today());
        let text = format!("{head}\n{}", invoices::markdown(&rows));
        (text, Some("INVOICES.md"), invoices::is_good(&rows))
    } else if arguments.tasks {
        let (text, is_good) = tasks(&arguments, troupe).await;
        (
            headed(include_str!("tasks.head.md"), &folder, &text),
            Some("TASKS.md"),
            is_good,
        )
    } else if arguments.faults {
        let (text, is_good) = faults(&arguments, troupe).await;
        (
            headed(include_str!("faults.head.md"), &folder, &text),
            Some("FAULTS.md"),
            is_good,
        )
    } else {
        let (text, is_good) = outages(&arguments, &troupe).await;
        (
            headed(include_str!("table.head.md"), &folder, &text),
            Some("TABLE.md"),
            is_good,
        )
    };
    println!("{text}");
    if arguments.table
        && let Some(file) = file
    {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/clients");
        std::fs::write(here.join(file), text).unwrap();
    }
    ExitCode::from(u8::from(!is_good))
}

/// Tests the recipes, then every client in an outage.
async fn outages(arguments: &Arguments, troupe: &Arc<Troupe>) -> (String, bool) {
    let (clients, missing): (Vec<Client>, Vec<Client>) = Client::all()
        .into_iter()
        .filter(|client| is_wanted(*client, &arguments.client))
        .partition(|client| troupe.has(*client));
    let mut text = absent(&missing);
    let mut is_good = missing.is_empty() && !clients.is_empty();
    if !arguments.outages {
        let checks = connect::run(&clients, troupe).await;
        text += &format!("\n## Connect recipes\n\n{}", connect::markdown(&checks));
        is_good &= connect::all_kept(&checks);
    }
    if !arguments.recipes {
        let mut cells = outage::cells();
        cells.retain(|cell| clients.contains(&cell.client) && is_chosen(cell, arguments));
        let results = all(cells, Arc::clone(troupe), arguments.jobs).await;
        text += &format!(
            "\n## Outages\n\n{}{}",
            outage::sums(&results),
            outage::markdown(&results)
        );
        is_good &= outage::is_good(&results);
    }
    (text, is_good)
}

/// Lists the clients that could not be installed, with the reasons.
fn absent(missing: &[Client]) -> String {
    if missing.is_empty() {
        return "Every client could be installed.\n".to_owned();
    }
    let why = std::env::var("UNDERSTUDY_CLIENTS_MISSING").unwrap_or_default();
    let mut folders: Vec<&str> = missing.iter().map(|client| client.folder()).collect();
    folders.dedup();
    let lines = folders.iter().map(|folder| {
        let received = why
            .lines()
            .find(|line| line.starts_with(&format!("{folder}: ")));
        format!("- **not installed**: {}\n", received.unwrap_or(folder))
    });
    lines.collect()
}

async fn faults(arguments: &Arguments, troupe: Arc<Troupe>) -> (String, bool) {
    let mut cells = Vec::new();
    for family in roster::Family::ALL {
        for client in family.clients() {
            for (trouble, ways) in faults::of(family) {
                cells.extend(ways.into_iter().map(|way| Cell {
                    client,
                    trouble: trouble.clone(),
                    way,
                }));
            }
        }
    }
    cells.retain(|cell| {
        cell.can_be_played()
            && is_wanted(cell.client, &arguments.client)
            && is_chosen(cell, arguments)
    });
    let count = cells.len();
    let results = all(cells, troupe, arguments.jobs).await;
    let harm: Vec<&Result> = results
        .iter()
        .filter(|result| result.cell.way != Way::Direct && result.verdict.is_harm())
        .collect();
    let mut text = format!(
        "{count} runs. {}\n\n{}\n{}",
        table::closing(&results),
        table::sums(&results),
        table::markdown(&results)
    );
    for result in &harm {
        text += &format!("\nBAD: {}", table::line(result));
    }
    (text, harm.is_empty() && count > 0)
}

async fn tasks(arguments: &Arguments, troupe: Arc<Troupe>) -> (String, bool) {
    let wanted = |task: &Task| {
        let name = format!("{} {}", task.client, task.outage).to_lowercase();
        name.contains(&arguments.client.to_lowercase())
            && name.contains(&arguments.fault.to_lowercase())
    };
    let tasks = Task::all().into_iter().filter(wanted).collect();
    let results = task::all(tasks, troupe, arguments.jobs).await;
    let kept = !results.is_empty() && results.iter().all(task::Result::is_as_promised);
    (task::markdown(&results), kept)
}

/// A table with its heading and notes.
fn headed(head: &str, clients: &Path, text: &str) -> String {
    let head = head
        .replace("{versions}", &versions::installed(clients).join(", "))
        .replace("{date}", &table::today());
    format!("{head}\n{text}")
}

/// By its title or its folder.
fn is_wanted(client: Client, part: &str) -> bool {
    let part = part.to_lowercase();
    client.to_string().to_lowercase().contains(&part) || client.folder().contains(&part)
}

fn is_chosen(cell: &Cell, arguments: &Arguments) -> bool {
    let has = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
    has(&cell.trouble.name(), &arguments.fault) && has(&cell.way.to_string(), &arguments.way)
}

/// Runs all cells; the results are in the order of the cells.
async fn all(cells: Vec<Cell>, troupe: Arc<Troupe>, jobs: usize) -> Vec<Result> {
    let [agents, scripts, waiting] =
        [jobs, jobs, WAITERS].map(|places| Arc::new(Semaphore::new(places)));
    let count = cells.len();
    let mut running = JoinSet::new();
    for (place, cell) in cells.into_iter().enumerate() {
        // An agent without Understudy waits about a minute in its own retries.
        let pauses = cell.way == Way::Direct && (cell.trouble.waits() || cell.client.is_agent());
        let lane = if pauses {
            &waiting
        } else if cell.client.is_agent() {
            &agents
        } else {
            &scripts
        };
        let (lane, troupe) = (Arc::clone(lane), Arc::clone(&troupe));
        running.spawn(async move {
            let _turn = lane.acquire_owned().await.unwrap();
            (place, cell.run(&troupe).await)
        });
    }
    let mut results = Vec::new();
    while let Some(done) = running.join_next().await {
        let (place, result) = done.unwrap();
        eprintln!("{}/{count} {}", results.len() + 1, table::line(&result));
        results.push((place, result));
    }
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}
