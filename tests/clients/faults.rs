//! Which faults are tested for which clients, and in which modes.

use catalog::Dialect;

use super::cell::{Trouble, Way};
use super::play::{Play, Turn};
use super::roster::Family;

/// Every fault of the stage.
const TEXT: [&str; 43] = [
    "400",
    "400-context",
    "400-policy",
    "401",
    "403",
    "404",
    "413",
    "429",
    "429-quota",
    "429:retry-after=1",
    "500",
    "500-empty",
    "502-html",
    "503",
    "529",
    "refuse",
    "reset",
    "silent",
    "late-first-token:2s",
    "stall",
    "stall-after-stop",
    "pings-only",
    "cut-after-opening",
    "cut-in-text",
    "cut-before-final",
    "reset-in-text",
    "clean-close-in-text",
    "clean-close-before-final",
    "missing-terminal",
    "error-event",
    "error-event-first",
    "error-event-before-final",
    "malformed-event",
    "truncated-body",
    "empty-ok",
    "html-ok",
    "json-error-ok",
    "context-window",
    "pause-turn",
    "stop-sequence",
    "stop-null",
    "nothing-to-act-on",
    "drip:50ms",
];
/// Stop reasons that end a response early: the client must report them.
const ENDED_EARLY: [&str; 2] = ["max-tokens", "refusal"];
/// Faults after a finished thinking block.
const THINKING: [&str; 6] = [
    "cut-in-text",
    "reset-in-text",
    "clean-close-in-text",
    "error-event",
    "stall",
    "cut-before-final",
];
const TOOL: [&str; 14] = [
    "529",
    "stall-in-tool",
    "stall-after-stop",
    "cut-in-text",
    "cut-in-tool",
    "cut-before-final",
    "clean-close-in-tool",
    "clean-close-before-final",
    "missing-terminal",
    "error-event-before-final",
    "malformed-event",
    "stop-null",
    "invalid-tool-input",
    "drip:50ms",
];
/// Faults that the second provider has too.
const HARD: [&str; 16] = [
    "503",
    "529",
    "refuse",
    "silent",
    "stall",
    "pings-only",
    "cut-after-opening",
    "cut-in-text",
    "clean-close-in-text",
    "error-event",
    "truncated-body",
    "empty-ok",
    "html-ok",
    "cut-in-tool",
    "cut-before-final",
    "clean-close-in-tool",
];

pub(crate) fn of(family: Family) -> Vec<(Trouble, Vec<Way>)> {
    let mut all = Vec::new();
    for turn in [Turn::Text, Turn::Tool] {
        all.push((
            Trouble::Plays(Play::complete(turn)),
            vec![Way::Direct, Way::Through],
        ));
    }
    let others = Dialect::ALL.into_iter();
    let across = others.filter(|dialect| *dialect != family.dialect());
    let across: Vec<Way> = across.map(Way::Across).collect();
    let closed = Trouble::PortClosed(Play::complete(Turn::Text));
    all.push((closed, vec![Way::Direct, Way::Through, Way::BothFail]));
    let mut add = |turn: Turn, names: &[&str]| {
        for name in names {
            let fault = Some(name.parse().unwrap());
            let mut ways = vec![Way::Direct, Way::Through];
            if HARD.contains(name) {
                ways.push(Way::BothFail);
            }
            // Modes in which a second provider gets a request, or could get one by mistake.
            if turn != Turn::Text || HARD.contains(name) {
                ways.extend(&across);
            }
            all.push((Trouble::Plays(Play::failing(turn, fault)), ways));
        }
    };
    add(Turn::Text, &TEXT);
    add(Turn::Text, &ENDED_EARLY);
    if family.thinks() {
        add(Turn::Thinking, &THINKING);
    }
    add(Turn::Tool, &TOOL);
    all
}
