//! The results as one Markdown table per family.

use std::fmt::Write;

use super::cell::{Cell, Result, Way};
use super::play::Turn;
use super::roster::{Client, Family};

pub(crate) fn markdown(results: &[Result]) -> String {
    let mut text = String::new();
    for family in Family::ALL {
        let mut clients = family.clients();
        let own: Vec<&Result> = results
            .iter()
            .filter(|result| clients.contains(&result.cell.client))
            .collect();
        clients.retain(|client| own.iter().any(|result| result.cell.client == *client));
        if !own.is_empty() {
            part(&mut text, family.title(), &clients, &own);
        }
    }
    text
}

/// Faults and ways by clients.
pub(crate) fn part(text: &mut String, title: &str, clients: &[Client], results: &[&Result]) {
    let names: Vec<String> = clients.iter().map(Client::to_string).collect();
    let _ = writeln!(text, "\n## {title}\n");
    let _ = writeln!(text, "| fault | way | {} |", names.join(" | "));
    let _ = writeln!(text, "|---|---|{}", "---|".repeat(clients.len()));
    let mut rows: Vec<(String, &str)> = Vec::new();
    for result in results {
        let row = (result.cell.trouble.name(), kind(result.cell.way));
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    for (name, way) in rows {
        let cells: Vec<String> = clients
            .iter()
            .map(|client| {
                results
                    .iter()
                    .find(|result| {
                        result.cell.client == *client
                            && kind(result.cell.way) == way
                            && result.cell.trouble.name() == name
                    })
                    .map_or_else(|| "-".to_owned(), |result| shown(result))
            })
            .collect();
        let _ = writeln!(text, "| {name} | {way} | {} |", cells.join(" | "));
    }
}

/// The mode in a row.
fn kind(way: Way) -> &'static str {
    match way {
        Way::Direct => "direct",
        Way::Through => "through, same dialect",
        Way::BothFail => "through, both fail",
        Way::Across(catalog::Dialect::Anthropic) => "through, to anthropic",
        Way::Across(catalog::Dialect::OpenaiChat) => "through, to openai-chat",
        Way::Across(catalog::Dialect::OpenaiResponses) => "through, to openai-responses",
    }
}

/// `complete 1/2+1 3.2 s`; for a tool also the number of its runs.
pub(crate) fn shown(result: &Result) -> String {
    let requests = result
        .requests
        .map_or_else(|| "?".to_owned(), |requests| requests.to_string());
    let posts: Vec<String> = result.posts.iter().map(usize::to_string).collect();
    let posts = if result.cell.way == Way::Direct {
        String::new()
    } else {
        format!("/{}", posts.join("+"))
    };
    let ran = match result.cell.trouble.play().turn {
        Turn::Tool => format!(", ran {}", result.ran),
        Turn::Text | Turn::Thinking => String::new(),
    };
    format!(
        "{}{ran} {requests}{posts} {:.1} s",
        result.verdict,
        result.took.as_secs_f64()
    )
}

/// Number of each verdict, by mode.
pub(crate) fn sums(results: &[Result]) -> String {
    let mut text = "| way | runs | complete | error | ended early by the model | partial taken as complete | tool run twice | hang |\n|---|---|---|---|---|---|---|---|\n".to_owned();
    type Is = fn(Way) -> bool;
    let ways: [(&str, Is); 4] = [
        ("direct", |way| way == Way::Direct),
        ("through", |way| way == Way::Through),
        ("through, both fail", |way| way == Way::BothFail),
        ("through, to another dialect", |way| {
            matches!(way, Way::Across(_))
        }),
    ];
    for (way, is) in ways {
        let sum = Sum::of(results.iter().filter(|result| is(result.cell.way)));
        let Sum {
            runs,
            complete,
            error,
            received,
            partial,
            twice,
            hang,
        } = sum;
        let _ = writeln!(
            text,
            "| {way} | {runs} | {complete} | {error} | {received} | {partial} | {twice} | {hang} |"
        );
    }
    text
}

/// Summary of the run.
pub(crate) fn closing(results: &[Result]) -> String {
    let through = results.iter().filter(|r| r.cell.way != Way::Direct);
    let Sum {
        runs,
        partial,
        twice,
        hang,
        ..
    } = Sum::of(through);
    format!(
        "{runs} runs through Understudy: partial responses taken as complete: {partial}; tools run twice: {twice}; hangs: {hang}"
    )
}

#[derive(Default)]
struct Sum {
    runs: usize,
    complete: usize,
    error: usize,
    received: usize,
    partial: usize,
    twice: usize,
    hang: usize,
}

impl Sum {
    fn of<'a>(results: impl Iterator<Item = &'a Result>) -> Sum {
        use super::judge::Verdict;
        let mut sum = Sum::default();
        for result in results {
            sum.runs += 1;
            *match result.verdict {
                Verdict::Complete | Verdict::Again => &mut sum.complete,
                Verdict::Error => &mut sum.error,
                Verdict::Told(_) => &mut sum.received,
                Verdict::Truncated | Verdict::Empty => &mut sum.partial,
                Verdict::Ran(_) => &mut sum.twice,
                Verdict::Hang => &mut sum.hang,
            } += 1;
        }
        sum
    }
}

/// The system's date: 2026-11-26.
pub(crate) fn today() -> String {
    let date = std::process::Command::new("date").arg("+%F").output();
    String::from_utf8_lossy(&date.unwrap().stdout)
        .trim()
        .to_owned()
}

/// One run in one line, with the result for the client's user.
pub(crate) fn line(result: &Result) -> String {
    let Cell {
        client,
        trouble,
        way,
    } = &result.cell;
    let text = result.ended.as_ref().map_or_else(String::new, |ended| {
        let text = ended.error.as_ref().unwrap_or(&ended.text);
        text.chars()
            .take(160)
            .collect::<String>()
            .replace('\n', " ")
    });
    format!(
        "{client} · {} · {way}: {} «{text}»",
        trouble.name(),
        shown(result)
    )
}
