//! The results as a Markdown table a family.

use std::fmt::Write;
use std::path::Path;

use super::cell::{Result, Way};
use super::roster::{Client, Family};

pub(crate) fn markdown(results: &[Result]) -> String {
    let mut text = String::new();
    for family in Family::ALL {
        let own: Vec<&Result> = results
            .iter()
            .filter(|result| result.cell.family == family)
            .collect();
        if !own.is_empty() {
            part(&mut text, family, &own);
        }
    }
    text
}

fn part(text: &mut String, family: Family, results: &[&Result]) {
    let mut clients: Vec<Client> = family.clients();
    clients.retain(|client| results.iter().any(|result| result.cell.client == *client));
    let names: Vec<String> = clients.iter().map(Client::to_string).collect();
    let _ = writeln!(text, "\n## {}\n", family.title());
    let _ = writeln!(text, "| fault | way | {} |", names.join(" | "));
    let _ = writeln!(text, "|---|---|{}", "---|".repeat(clients.len()));
    let mut rows: Vec<(String, Way)> = Vec::new();
    for result in results {
        let row = (result.cell.trouble.name(), result.cell.way);
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
                    .find(|r| {
                        r.cell.client == *client
                            && r.cell.way == way
                            && r.cell.trouble.name() == name
                    })
                    .map_or_else(|| "-".to_owned(), |result| shown(result))
            })
            .collect();
        let _ = writeln!(text, "| {name} | {way} | {} |", cells.join(" | "));
    }
}

/// `whole 1/2+1 3.2 s`
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
    format!(
        "{} {requests}{posts} {:.1} s",
        result.verdict,
        result.took.as_secs_f64()
    )
}

/// How often each verdict came, by way.
pub(crate) fn sums(results: &[Result]) -> String {
    let mut text = "| way | runs | whole | error | told | partial taken for whole | tool run twice | hang |\n|---|---|---|---|---|---|---|---|\n".to_owned();
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
            whole,
            error,
            told,
            partial,
            twice,
            hang,
        } = sum;
        let _ = writeln!(
            text,
            "| {way} | {runs} | {whole} | {error} | {told} | {partial} | {twice} | {hang} |"
        );
    }
    text
}

/// What the whole run is about.
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
        "{runs} runs through Understudy: partial answers taken for success: {partial}; tools run twice: {twice}; hangs: {hang}"
    )
}

#[derive(Default)]
struct Sum {
    runs: usize,
    whole: usize,
    error: usize,
    told: usize,
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
                Verdict::Whole => &mut sum.whole,
                Verdict::Error => &mut sum.error,
                Verdict::Told(_) => &mut sum.told,
                Verdict::Half | Verdict::Empty => &mut sum.partial,
                Verdict::Ran(_) => &mut sum.twice,
                Verdict::Hang => &mut sum.hang,
            } += 1;
        }
        sum
    }
}

/// The versions that are installed, not those that were asked for.
pub(crate) fn versions(clients: &Path) -> Vec<String> {
    let node = [
        "@anthropic-ai/claude-code",
        "@openai/codex",
        "@anthropic-ai/sdk",
        "openai",
    ]
    .map(|package| {
        let manifest = clients
            .join("node_modules")
            .join(package)
            .join("package.json");
        let manifest = std::fs::read(manifest).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        format!(
            "npm {package} {}",
            manifest["version"].as_str().unwrap_or("?")
        )
    });
    let python = std::process::Command::new(clients.join("venv/bin/python"))
        .args(["-m", "pip", "list", "--format=freeze"])
        .output()
        .unwrap();
    let python = String::from_utf8_lossy(&python.stdout)
        .lines()
        .filter_map(|line| line.split_once("=="))
        .filter(|(name, _)| ["anthropic", "openai"].contains(name))
        .map(|(name, version)| format!("PyPI {name} {version}"))
        .collect::<Vec<_>>();
    node.into_iter().chain(python).collect()
}

/// As the system tells it: 2026-11-26.
pub(crate) fn today() -> String {
    let date = std::process::Command::new("date").arg("+%F").output();
    String::from_utf8_lossy(&date.unwrap().stdout)
        .trim()
        .to_owned()
}
