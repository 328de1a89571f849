mod evidence;
mod fading;
mod laws;
mod refused;
mod scenarios;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catalog::Catalog;
use chrono::{DateTime, TimeZone, Utc};

use super::*;
use crate::{
    Basis, Blame, FailureKind, Level, OurFault, PageIncident, ProviderVerdict, Unknown, Verdict,
};

/// A time on the day of the tests: "20:04" or "20:04:30"; "+1 20:04" is a day later.
fn at(time: &str) -> DateTime<Utc> {
    let (day, time) = match time.strip_prefix("+1 ") {
        Some(time) => (29, time),
        None => (28, time),
    };
    let mut parts = time.split(':').map(|part| part.parse::<u32>().unwrap());
    let (h, m, s) = (parts.next(), parts.next(), parts.next());
    Utc.with_ymd_and_hms(2026, 4, day, h.unwrap(), m.unwrap(), s.unwrap_or(0))
        .unwrap()
}

/// The owner watches Claude (API and Claude Code), OpenAI's default surfaces and OpenRouter.
fn mine() -> Watched {
    let surfaces = |ids: &[&str]| ids.iter().map(|&id| id.into()).collect::<BTreeSet<_>>();
    Watched(BTreeMap::from([
        ("anthropic".into(), surfaces(&["api", "claude-code"])),
        (
            "openai".into(),
            surfaces(&["responses", "chat-completions", "codex"]),
        ),
        ("openrouter".into(), surfaces(&["api"])),
    ]))
}

fn book() -> Book {
    restored(Vec::new())
}

fn restored(open: Vec<OpenIncident>) -> Book {
    let catalog = Arc::new(Catalog::bundled());
    Book::new(catalog, Thresholds::default(), mine(), open, at("12:00"))
}

/// One reading, written as `source` and `input`:
///
/// | source | input |
/// |---|---|
/// | `page` | `api=partial code=ok` and incidents `+i1(api)`, `-i1(api)` (resolved), `feed` for a feed; or `unreadable`, `blocked`, `offline` |
/// | `probe`, `call` | an outcome, of haiku unless written `sonnet:cut`; a `limit` lasts until 22:00 |
/// | `network` | `up`, `down` |
///
/// A provider other than Claude is written before the source: `openai page`.
fn observation(now: DateTime<Utc>, source: &str, input: &str) -> Observation {
    let (provider, source) = source.split_once(' ').unwrap_or(("anthropic", source));
    match source {
        "network" => Observation::Network {
            at: now,
            controls: if input == "up" {
                Controls::Up
            } else {
                Controls::Down
            },
        },
        "page" => Observation::Page {
            at: now,
            provider: provider.into(),
            reading: reading(input),
        },
        _ => {
            let (model, outcome) = input.split_once(':').unwrap_or(("haiku", input));
            Observation::Call {
                at: now,
                provider: provider.into(),
                endpoint: provider.into(),
                model: model.into(),
                source: if source == "probe" {
                    CallSource::Probe
                } else {
                    CallSource::Traffic
                },
                outcome: outcome_of(outcome),
            }
        }
    }
}

fn outcome_of(input: &str) -> CallOutcome {
    let failed = |kind| CallOutcome::Failed {
        kind,
        detail: String::new(),
    };
    match input {
        "ok" => CallOutcome::Ok {
            ttft_ms: Some(300),
            total_ms: 900,
        },
        "key" => CallOutcome::Ours(OurFault::Credential),
        "quota" => CallOutcome::Ours(OurFault::Quota),
        "limit" => CallOutcome::Ours(OurFault::Limit {
            until: Some(at("22:00")),
        }),
        "left" => CallOutcome::Neutral,
        "cut" => failed(FailureKind::Cut),
        "silent" => failed(FailureKind::Timeout),
        "refused" => failed(FailureKind::Connect),
        code => failed(FailureKind::Status(code.parse().unwrap())),
    }
}

fn reading(input: &str) -> Result<Page, Unreadable> {
    match input {
        "unreadable" => return Err(Unreadable::Unreachable("502".to_owned())),
        "blocked" => return Err(Unreadable::Blocked("403".to_owned())),
        "offline" => return Err(Unreadable::Offline),
        _ => {}
    }
    let mut page = Page::default();
    for word in input.split_whitespace() {
        if let Some((surface, level)) = word.split_once('=') {
            let level = match level {
                "ok" => Level::Operational,
                "maintenance" => Level::Maintenance,
                "degraded" => Level::Degraded,
                "partial" => Level::PartialOutage,
                "major" => Level::MajorOutage,
                _ => panic!("{level}"),
            };
            let surface = if surface == "code" {
                "claude-code"
            } else {
                surface
            };
            page.surfaces.insert(surface.into(), level);
        } else if word == "feed" {
            page.incidents_only = true;
        } else {
            page.incidents.push(incident(word));
        }
    }
    Ok(page)
}

/// `+i1(api)` is open since 19:50, `-i1(api)` was resolved at 20:30, `+i1()` names no surface.
fn incident(word: &str) -> PageIncident {
    let (id, surface) = word[1..].trim_end_matches(')').split_once('(').unwrap();
    PageIncident {
        id: id.to_owned(),
        title: format!("Trouble {id}"),
        url: None,
        surfaces: [surface]
            .iter()
            .filter(|s| !s.is_empty())
            .map(|&s| s.into())
            .collect(),
        started: at("19:50"),
        resolved: word.starts_with('-').then(|| at("20:30")),
        updates: Vec::new(),
    }
}

/// "partial them", "unknown stale", "ok -".
fn verdict_text(verdict: &ProviderVerdict) -> String {
    let level = match verdict.verdict {
        Verdict::Known(Level::Operational) => "ok",
        Verdict::Known(Level::Maintenance) => "maintenance",
        Verdict::Known(Level::Degraded) => "degraded",
        Verdict::Known(Level::PartialOutage) => "partial",
        Verdict::Known(Level::MajorOutage) => "major",
        Verdict::Unknown(Unknown::NotYetRead) => "unlooked",
        Verdict::Unknown(Unknown::Offline) => "offline",
        Verdict::Unknown(Unknown::PageUnreadable) => "unreadable",
        Verdict::Unknown(Unknown::Stale) => "stale",
        Verdict::Unknown(Unknown::Faded { .. }) => "faded",
    };
    let blame = match verdict.blame {
        Blame::Them => "them",
        Blame::Us => "us",
        Blame::SharedInfrastructure => "shared",
        Blame::Undetermined => "-",
    };
    format!("{level} {blame}")
}

/// "Opened!" is announced, "noted" and others are only logged. Updates of the evidence are left out.
fn transitions_text(transitions: &[Transition]) -> String {
    let words: Vec<_> = transitions
        .iter()
        .filter(|t| t.change != Change::Updated)
        .map(|t| {
            let word = match t.change {
                Change::Opened { .. } => "opened",
                Change::Rose { .. } => "rose",
                Change::Eased { .. } => "eased",
                Change::Noted(_) => "noted",
                Change::Recovered { .. } => "recovered",
                Change::Faded { .. } => "faded",
                Change::Past(_) => "past",
                Change::Updated => "updated",
            };
            format!("{word}{}", if t.announce { "!" } else { "" })
        })
        .collect();
    words.join(" ")
}

/// Time, source, input → Claude's verdict and blame, the transitions of all providers.
type Row<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// Feeds in the rows and compares after each.
fn check(book: &mut Book, rows: &[Row<'_>]) -> Vec<Transition> {
    let mut all = Vec::new();
    for &(time, source, input, verdict, expected_changes) in rows {
        let now = at(time);
        let transitions = match source {
            "clock" => book.due(now),
            "woke" => book.woke(now),
            _ => book.observe(now, observation(now, source, input)),
        };
        let verdicts = book.verdicts();
        let got = (
            verdict_text(&verdicts.providers["anthropic"]),
            transitions_text(&transitions),
        );
        assert_eq!(
            (got.0.as_str(), got.1.as_str()),
            (verdict, expected_changes),
            "{time} {source} {input}: {:?}",
            verdicts.providers["anthropic"].evidence
        );
        all.extend(transitions);
    }
    all
}
