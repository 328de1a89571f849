//! Every sentence of every UI, in one file each, for review. `BLESS=1 cargo test -p words` rewrites the files.

#![expect(clippy::unwrap_used, reason = "what cannot be read fails its test")]

#[path = "scenes.rs"]
mod scenes;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use catalog::Catalog;
use chrono::FixedOffset;
use health::{
    Change, Finding, Level, Note, PageIncident, ProviderVerdict, Transition, Unknown, Verdict,
};
use scenes::{at, claude, scenes};
use words::{Clock, Outlook, Zone};

/// Berlin in winter.
fn berlin() -> Zone {
    Arc::new(|_| FixedOffset::east_opt(3600).unwrap())
}

fn local() -> Clock {
    Clock::local(berlin(), at(17, 25))
}

fn named() -> Clock {
    Clock::named(berlin(), at(17, 25))
}

fn outlook(verdict: &ProviderVerdict) -> Option<Outlook<'static>> {
    match verdict.verdict {
        Verdict::Known(level) if level > Level::Maintenance => Some(Outlook {
            product: "Claude",
            level,
            blame: verdict.blame,
            since: verdict.since,
        }),
        Verdict::Known(_) | Verdict::Unknown(_) => None,
    }
}

/// Asserts that the UI's file has exactly this text.
fn holds(face: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{face}.txt"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, text).unwrap();
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    for (shown, kept) in text.lines().zip(golden.lines()) {
        assert_eq!(shown, kept, "{face}");
    }
    assert_eq!(text.lines().count(), golden.lines().count(), "{face}");
}

/// Each scene by name, with the UI's text.
fn listed(show: impl Fn(&ProviderVerdict) -> Option<String>) -> String {
    let mut text = String::new();
    for (name, verdict) in scenes() {
        if let Some(shown) = show(&verdict) {
            writeln!(text, "{name}:\n  {}", shown.replace('\n', "\n  ")).unwrap();
        }
    }
    text
}

#[test]
fn the_window_shows_the_verdict_with_its_evidence() {
    let catalog = Catalog::bundled();
    let shown = |v: &ProviderVerdict| local().plain(&words::verdict(&catalog, &claude(), v));
    holds("window", &listed(|v| Some(shown(v))));
}

#[test]
fn the_command_line_names_the_zone() {
    let catalog = Catalog::bundled();
    let shown = |v: &ProviderVerdict| named().plain(&words::verdict(&catalog, &claude(), v));
    holds("cli", &listed(|v| Some(shown(v))));
}

#[test]
fn the_tray_has_one_line() {
    let mut text = listed(|v| Some(local().plain(&words::headline(outlook(v)?))));
    let offline = local().plain(&words::offline());
    let consequence = local().plain(&words::offline_consequence());
    writeln!(text, "offline:\n  {offline}\n  {consequence}").unwrap();
    let faded = local().plain(&words::unconfirmed(&[
        ("Claude".into(), at(17, 19)),
        ("OpenAI".into(), at(17, 21)),
    ]));
    writeln!(text, "faded:\n  {faded}").unwrap();
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (claude, both) = (names(&["Claude"]), names(&["Claude", "OpenAI"]));
    let openai = names(&["OpenAI"]);
    for (name, spans) in [
        ("operational", words::well(&claude, &[])),
        ("both operational", words::well(&both, &[])),
        ("page only", words::well(&[], &claude)),
        ("one by its page only", words::well(&claude, &openai)),
        ("not known yet", words::unknown(&both)),
        ("none watched", words::none_watched()),
        (
            "none watched, what to do",
            words::none_watched_consequence(),
        ),
    ] {
        writeln!(text, "{name}:\n  {}", local().plain(&spans)).unwrap();
    }
    holds("tray", &text);
}

#[test]
fn a_notification_has_a_title_and_a_body() {
    let catalog = Catalog::bundled();
    let mut text = listed(|v| {
        let title = local().plain(&words::title(outlook(v)?));
        let carried = "Claude Code continues on GPT.";
        let body = words::body(&catalog, &claude(), v, carried);
        Some(format!("{title}\n{}", local().plain(&body)))
    });
    let (_, faded) = scenes().into_iter().find(|s| s.0 == "faded").unwrap();
    let faded = local().plain(&words::faded(&faded, at(17, 19)));
    writeln!(text, "faded:\n  {faded}").unwrap();
    for (name, verdict) in [
        ("recovered", Verdict::Known(Level::Operational)),
        (
            "answers again after failures to connect",
            Verdict::Unknown(Unknown::NotYetRead),
        ),
    ] {
        let body = words::recovery(verdict, at(16, 57), at(17, 19));
        writeln!(text, "{name}:\n  {}", local().plain(&body)).unwrap();
    }
    holds("notification", &text);
}

#[test]
fn an_error_text_is_one_sentence() {
    let rest = "no fallback was left";
    let mut text = listed(|v| Some(named().plain(&words::outage_error(outlook(v)?, rest))));
    let offline = named().plain(&words::offline_error());
    writeln!(text, "offline:\n  {offline}").unwrap();
    holds("error", &text);
}

#[test]
fn surfaces_and_models_have_lines_beside_their_names() {
    let catalog = Catalog::bundled();
    let text = listed(|v| {
        let finding = Finding {
            verdict: v.verdict,
            since: v.since,
            basis: v.basis,
            evidence: v.evidence.clone(),
        };
        let surface = local().plain(&words::surface(&finding));
        let model = local().plain(&words::model(&catalog, &claude(), &finding));
        Some(format!("surface: {surface}\nmodel: {model}"))
    });
    holds("parts", &text);
}

#[test]
fn a_timeline_has_an_entry_for_each_change() {
    let catalog = Catalog::bundled();
    let unconfirmed = "down, and the page does not confirm it";
    let mut scenes = scenes().into_iter();
    let (_, red) = scenes.find(|(name, _)| *name == unconfirmed).unwrap();
    let page = PageIncident {
        id: "q1w2".into(),
        title: "Elevated errors".into(),
        url: None,
        surfaces: Vec::new(),
        started: at(16, 41),
        resolved: Some(at(17, 0)),
        updates: Vec::new(),
    };
    let (from, to) = (Level::PartialOutage, Level::MajorOutage);
    let changes = [
        Change::Opened {
            level: to,
            since: at(16, 57),
        },
        Change::Rose { from, to },
        Change::Eased { from: to, to: from },
        Change::Noted(Note::Page("We are investigating.".into())),
        Change::Noted(Note::PageResolved("Elevated errors".into())),
        Change::Noted(Note::Verdict),
        Change::Noted(Note::FailingAgain),
        Change::Noted(Note::RecoveryNotCounted),
        Change::Noted(Note::NoLongerWatched),
        Change::Faded {
            since: at(16, 57),
            peak: to,
        },
        Change::Past(page),
    ];
    let mut text = String::new();
    for change in changes {
        let transition = Transition {
            at: at(17, 19),
            provider: claude(),
            change,
            verdict: red.clone(),
            announce: true,
        };
        let entry = local().plain(&words::entry(&catalog, &transition));
        let incident = local().plain(&words::incident(&catalog, &transition));
        let change = format!("{:?}", transition.change);
        let name = change.split('{').next().unwrap().trim();
        writeln!(text, "{name}:\n  {entry}").unwrap();
        if !entry.ends_with(&incident) && matches!(transition.change, Change::Past(_)) {
            writeln!(text, "  rests on: {incident}").unwrap();
        }
    }
    holds("timeline", &text);
}
