//! The real clients against every fault of the stage: directly, and through Understudy. `cargo xtask clients` installs
//! them and runs this; it ends with failure when anything bad came through Understudy.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a run that cannot go on fails, and says so on a terminal"
)]

mod agent;
mod cell;
#[path = "../acceptance/desk.rs"]
#[expect(dead_code, reason = "the acceptance tests use more of it")]
mod desk;
mod faults;
mod judge;
mod long;
mod play;
mod roster;
mod sdk;
mod stand_in;
mod table;
mod task;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use cell::{Cell, Result, Way};
use clap::Parser;
use roster::{Family, Troupe};
use task::Task;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

#[derive(Parser)]
#[command(about = "Real clients against every fault, directly and through Understudy.")]
struct Arguments {
    /// Only clients whose name contains this: "codex", "python".
    #[arg(long, default_value = "")]
    client: String,
    /// Only faults whose name contains this: "cut-in-text".
    #[arg(long, default_value = "")]
    fault: String,
    /// Only ways whose name contains this: "direct", "to openai-chat".
    #[arg(long, default_value = "")]
    way: String,
    /// How many agents and how many scripts run at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Instead: answers and silences of many minutes, with the usual timers.
    #[arg(long)]
    long: bool,
    /// Instead: tasks of three turns with a stand-in that speaks another dialect than the agent.
    #[arg(long)]
    tasks: bool,
    /// Write the table to this file too.
    #[arg(long)]
    table: Option<PathBuf>,
}

/// How many of those that only wait may do so at a time.
const WAITERS: usize = 8;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let clients = PathBuf::from(
        std::env::var_os("UNDERSTUDY_CLIENTS")
            .unwrap_or_else(|| panic!("UNDERSTUDY_CLIENTS is not set: run `cargo xtask clients`")),
    );
    let troupe = Arc::new(Troupe::new(clients.clone()));
    if arguments.long {
        let kept = long::run(&arguments.client, troupe).await;
        let head = include_str!("long.md").replace("{date}", &table::today());
        println!("{head}{}", long::markdown(&kept));
        return ExitCode::from(u8::from(!long::all_kept(&kept)));
    }
    if arguments.tasks {
        return tasks(&arguments, &clients, troupe).await;
    }
    let cells = chosen(&arguments);
    let count = cells.len();
    let results = all(cells, troupe, arguments.jobs).await;
    let text = format!(
        "{}\n{}\n{}",
        table::closing(&results),
        table::sums(&results),
        table::markdown(&results)
    );
    println!("{text}");
    if let Some(file) = &arguments.table {
        std::fs::write(file, headed(include_str!("table.md"), &clients, &text)).unwrap();
    }
    let harm: Vec<&Result> = results
        .iter()
        .filter(|result| result.cell.way != Way::Direct && result.verdict.is_harm())
        .collect();
    for result in &harm {
        println!("BAD: {}", line(result));
    }
    println!("{count} runs\n{}", table::closing(&results));
    if harm.is_empty() && count > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn tasks(arguments: &Arguments, clients: &Path, troupe: Arc<Troupe>) -> ExitCode {
    let wanted = |task: &Task| {
        let name = format!("{} {}", task.client, task.outage).to_lowercase();
        name.contains(&arguments.client.to_lowercase())
            && name.contains(&arguments.fault.to_lowercase())
    };
    let tasks = Task::all().into_iter().filter(wanted).collect();
    let results = task::all(tasks, troupe, arguments.jobs).await;
    let text = task::markdown(&results);
    println!("{text}");
    if let Some(file) = &arguments.table {
        std::fs::write(file, headed(include_str!("tasks.md"), clients, &text)).unwrap();
    }
    let kept = !results.is_empty() && results.iter().all(task::Result::is_as_promised);
    ExitCode::from(u8::from(!kept))
}

/// A table under what is to be known of it.
fn headed(head: &str, clients: &Path, text: &str) -> String {
    let head = head
        .replace("{versions}", &table::versions(clients).join(", "))
        .replace("{date}", &table::today());
    format!("{head}\n{text}")
}

fn chosen(arguments: &Arguments) -> Vec<Cell> {
    let wanted = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
    let mut cells = Vec::new();
    for family in Family::ALL {
        for client in family.clients() {
            for (trouble, ways) in faults::of(family) {
                for way in ways {
                    let cell = Cell {
                        family,
                        client,
                        trouble: trouble.clone(),
                        way,
                    };
                    if cell.can_be_played()
                        && wanted(&client.to_string(), &arguments.client)
                        && wanted(&trouble.name(), &arguments.fault)
                        && wanted(&way.to_string(), &arguments.way)
                    {
                        cells.push(cell);
                    }
                }
            }
        }
    }
    cells
}

/// Runs them all, in their order as far as results go.
async fn all(cells: Vec<Cell>, troupe: Arc<Troupe>, jobs: usize) -> Vec<Result> {
    let [agents, scripts, waiting] =
        [jobs, jobs, WAITERS].map(|places| Arc::new(Semaphore::new(places)));
    let count = cells.len();
    let mut running = JoinSet::new();
    for (place, cell) in cells.into_iter().enumerate() {
        let lane = if cell.trouble.waits() {
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
        eprintln!("{}/{count} {}", results.len() + 1, line(&result));
        results.push((place, result));
    }
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

fn line(result: &Result) -> String {
    let Cell {
        client,
        trouble,
        way,
        ..
    } = &result.cell;
    let said = result.ended.as_ref().map_or_else(String::new, |ended| {
        let said = ended.error.as_ref().unwrap_or(&ended.text);
        said.chars()
            .take(160)
            .collect::<String>()
            .replace('\n', " ")
    });
    format!(
        "{client} · {} · {way}: {} «{said}»",
        trouble.name(),
        table::shown(result)
    )
}
