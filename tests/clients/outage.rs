//! Every client in an outage: its provider is down, ends within the text or a tool call, or times out. The second provider uses
//! the same dialect or another one. For comparison: the client's behaviour without Understudy.

use std::fmt::Write;

use catalog::Dialect;

use super::cell::{Cell, Result, Trouble, Way};
use super::judge::Verdict;
use super::play::{Play, Turn};
use super::roster::Client;
use super::table;

/// The faults, and the turn for each.
const OUTAGES: [(Turn, &str); 5] = [
    (Turn::Text, "529"),
    (Turn::Text, "503"),
    (Turn::Text, "cut-in-text"),
    (Turn::Tool, "cut-in-tool"),
    (Turn::Text, "silent"),
];

pub(crate) fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for client in Client::all() {
        for (turn, fault) in OUTAGES {
            let fault = Some(fault.parse().unwrap());
            let trouble = Trouble::Plays(Play::failing(turn, fault));
            for way in [Way::Direct, Way::Through, Way::Across(other(client))] {
                cells.push(Cell {
                    client,
                    trouble: trouble.clone(),
                    way,
                });
            }
        }
    }
    cells.retain(Cell::can_be_played);
    cells
}

/// The dialect of the second provider, if it must differ.
fn other(client: Client) -> Dialect {
    match client.dialect() {
        Dialect::Anthropic => Dialect::OpenaiChat,
        Dialect::OpenaiChat | Dialect::OpenaiResponses => Dialect::Anthropic,
    }
}

/// One table per client, and the problems.
pub(crate) fn markdown(results: &[Result]) -> String {
    let mut text = String::new();
    let mut folders: Vec<&str> = Vec::new();
    for result in results {
        if !folders.contains(&result.cell.client.folder()) {
            folders.push(result.cell.client.folder());
        }
    }
    for folder in folders {
        let of = |result: &&Result| result.cell.client.folder() == folder;
        let own: Vec<&Result> = results.iter().filter(of).collect();
        let mut clients: Vec<Client> = Vec::new();
        for result in &own {
            if !clients.contains(&result.cell.client) {
                clients.push(result.cell.client);
            }
        }
        table::part(&mut text, folder, &clients, &own);
    }
    text
}

/// Summary of the run in a few lines.
pub(crate) fn sums(results: &[Result]) -> String {
    let mut text = table::sums(results) + "\n";
    for (title, wrong) in [
        ("harm through Understudy", harm(results)),
        ("worse than directly", worse(results)),
        (
            "not complete, though nothing had been shown",
            unserved(results),
        ),
    ] {
        let _ = writeln!(text, "- {title}: {}", wrong.len());
        for result in wrong {
            let _ = writeln!(text, "  - {}", table::line(result));
        }
    }
    text
}

pub(crate) fn is_good(results: &[Result]) -> bool {
    !results.is_empty()
        && [harm(results), worse(results), unserved(results)]
            .iter()
            .all(Vec::is_empty)
}

fn through(results: &[Result]) -> impl Iterator<Item = &Result> {
    results
        .iter()
        .filter(|result| result.cell.way != Way::Direct)
}

fn harm(results: &[Result]) -> Vec<&Result> {
    through(results)
        .filter(|result| result.verdict.is_harm())
        .collect()
}

/// Cells in which the client gets a better result from its provider alone.
fn worse(results: &[Result]) -> Vec<&Result> {
    let directly = |result: &Result| {
        let mut direct = results.iter().filter(|other| other.cell.way == Way::Direct);
        let is_same = |other: &&Result| {
            other.cell.client == result.cell.client
                && other.cell.trouble.name() == result.cell.trouble.name()
        };
        direct
            .find(is_same)
            .map_or(0, |direct| worth(&direct.verdict))
    };
    through(results)
        .filter(|result| worth(&result.verdict) < directly(result))
        .collect()
}

fn worth(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Complete => 3,
        Verdict::Again => 2,
        Verdict::Error | Verdict::Told(_) => 1,
        Verdict::Truncated | Verdict::Empty | Verdict::Ran(_) | Verdict::Hang => 0,
    }
}

/// Cells with a healthy second provider and no released text of the first: the response must be complete.
fn unserved(results: &[Result]) -> Vec<&Result> {
    through(results)
        .filter(|result| !text_is_shown(&result.cell) && result.verdict != Verdict::Complete)
        .collect()
}

fn text_is_shown(cell: &Cell) -> bool {
    let cut = cell.trouble.name() == "cut-in-text";
    cut && cell.client.streams()
}
