//! The settings of this computer for another one, and the other way. Works with and without a running engine.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use api::{ExchangePage, IncidentPage};
use clap::Args;
use serde::Serialize;

use super::client::{CallError, Engine};
use super::print_line::{failed, print_line};
use super::show::print_json;
use crate::places::Places;
use crate::transfer::files;
use crate::{clock, private_file};

/// The first line of an export: a thousand routes and prices have a tenth of it.
const LARGEST: u64 = 16 << 20;
const PAGE: u32 = 500;

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The new file
    file: PathBuf,
    /// Add the log of requests and incidents, a JSON line for each; the engine must run. An import does not read them
    #[arg(long)]
    log: bool,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A file that `understudyd export` wrote
    file: PathBuf,
    /// Show the changes, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Print the changes as JSON; does not ask
    #[arg(long)]
    json: bool,
}

pub(super) async fn export(args: ExportArgs) -> ExitCode {
    match exported(&args).await {
        Ok(message) => {
            print_line!("{message}");
            ExitCode::SUCCESS
        }
        Err(why) => failed(&why, 1),
    }
}

async fn exported(args: &ExportArgs) -> Result<String, String> {
    let file = args.file.display();
    if args.file.exists() {
        return Err(format!(
            "{file} exists already. Remove it, or choose another name"
        ));
    }
    let places = Places::find().map_err(|error| error.to_string())?;
    let mut text = files::export(&places, clock::wall()())?;
    text.push('\n');
    let mut lines = 0;
    if args.log {
        lines = log(&mut text).await.map_err(|error| error.to_string())?;
    }
    private_file::write(&args.file, text.as_bytes())
        .map_err(|error| format!("{file} cannot be written: {error}"))?;
    let log = match args.log {
        true => format!(" and {lines} requests and incidents"),
        false => String::new(),
    };
    Ok(format!(
        "{file} has your settings, your provider files{log}. It has no keys, no tokens, and not the addresses on which this computer listens. On the other computer: `understudyd import {file}`."
    ))
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Exchange(Box<api::Exchange>),
    Incident(Box<api::IncidentSummary>),
}

/// Newest first.
async fn log(text: &mut String) -> Result<usize, CallError> {
    let engine = Engine::find()?;
    let mut lines = Vec::new();
    let mut before = None;
    loop {
        let page: ExchangePage = engine.get(&page("exchanges", before)).await?;
        lines.extend(
            page.exchanges
                .into_iter()
                .map(|one| Line::Exchange(Box::new(one))),
        );
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    loop {
        let page: IncidentPage = engine.get(&page("incidents", before)).await?;
        lines.extend(
            page.incidents
                .into_iter()
                .map(|one| Line::Incident(Box::new(one))),
        );
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    for line in &lines {
        let line = serde_json::to_string(line);
        *text += &line.map_err(|error| CallError::Strange(error.to_string()))?;
        text.push('\n');
    }
    Ok(lines.len())
}

fn page(of: &str, before: Option<i64>) -> String {
    let before = before.map_or_else(String::new, |before| format!("&before={before}"));
    format!("/{of}?limit={PAGE}{before}")
}

/// Exit code 1: refused, and nothing was changed.
pub(super) fn import(args: &ImportArgs) -> ExitCode {
    match imported(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => failed(&why, 1),
    }
}

fn imported(args: &ImportArgs) -> Result<(), String> {
    let places = Places::find().map_err(|error| error.to_string())?;
    let text = first_lines(&args.file)
        .map_err(|error| format!("{} cannot be read: {error}", args.file.display()))?;
    let refused = |why: String| format!("{} is not imported: {why}", args.file.display());
    let mut planned = files::plan(&places, &text).map_err(refused)?;
    let shown = &planned.imported;
    if !args.json {
        if shown.diff.is_empty() {
            print_line!("Nothing changes: the settings and the provider files are the same.");
        }
        for line in shown.diff.lines() {
            print_line!("{line}");
        }
        if !shown.kept.is_empty() {
            print_line!(
                "Only on this computer, and kept: {}.",
                shown.kept.join(", ")
            );
        }
        if shown.has_log {
            print_line!(
                "The file also has a log of requests. It is not imported: each computer keeps its own."
            );
        }
    }
    let applies = !args.dry_run && !shown.diff.is_empty();
    if applies && (args.yes || confirmed()?) {
        planned.apply(&places, clock::wall()())?;
        if !args.json {
            print_applied(&planned.imported);
        }
    }
    if args.json {
        print_json(&planned.imported);
    }
    Ok(())
}

fn print_applied(imported: &api::Imported) {
    print_line!("The changes are written; a running engine reads the settings at once.");
    for copy in &imported.copies {
        print_line!("The file as it was: {copy}");
    }
    if imported.needs_restart {
        print_line!(
            "Restart the engine to use the provider files: `understudyd stop`, then start it again. Until then, settings that need them are refused."
        );
    }
    print_line!(
        "Keys are not in an export: `understudyd key add NAME`. If the other computer sends probes, turn them off here: `probes = false` under [watch]."
    );
}

/// The line with the settings, and the beginning of the log.
fn first_lines(file: &Path) -> io::Result<String> {
    let mut reader = BufReader::new(File::open(file)?.take(LARGEST));
    let mut text = String::new();
    reader.read_line(&mut text)?;
    let mut rest = Vec::new();
    reader.take(1).read_to_end(&mut rest)?;
    text += if rest.is_empty() { "" } else { "{}\n" };
    Ok(text)
}

fn confirmed() -> Result<bool, String> {
    if !io::stdin().is_terminal() {
        return Err(
            "nothing was changed: add --yes to write these changes, or --dry-run to see them only"
                .into(),
        );
    }
    let mut out = io::stdout();
    let _ = write!(out, "Write these changes? [y/N] ").and_then(|()| out.flush());
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| error.to_string())?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
