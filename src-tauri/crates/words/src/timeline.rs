//! An incident's record: its evidence, and the entries of its timeline.

use api::Spans;
use catalog::Catalog;
use health::{Change, Level, Note, Transition};

use crate::level;
use crate::sentence::{Sentence, joined};
use crate::verdict::{sentences, unconfirmed};

/// The reasons for an incident's state after this change.
pub fn incident(catalog: &Catalog, transition: &Transition) -> Spans {
    match &transition.change {
        Change::Past(page) => {
            Sentence::of(format!("Only the status page reported it: {}", page.title)).spans()
        }
        Change::Opened { .. }
        | Change::Rose { .. }
        | Change::Eased { .. }
        | Change::Noted(_)
        | Change::Updated
        | Change::Recovered { .. }
        | Change::Faded { .. } => known(catalog, transition).spans(),
    }
}

/// The timeline entry of a change.
pub fn entry(catalog: &Catalog, transition: &Transition) -> Spans {
    match &transition.change {
        Change::Rose { from, to } | Change::Eased { from, to } => {
            joined([from_to(*from, *to), known(catalog, transition)])
        }
        Change::Noted(note) => match note {
            Note::Page(text) => Sentence::of(format!("Status page: {text}")),
            Note::PageResolved(title) => Sentence::of(format!("Status page: {title}: resolved")),
            Note::Verdict => known(catalog, transition),
            Note::FailingAgain => Sentence::of("Failing again."),
            Note::RecoveryNotCounted => Sentence::of(
                "It works again. It was unstable, so it counts as recovered after 60 minutes without a failure.",
            ),
            Note::NoLongerWatched => {
                Sentence::of("No longer watched: the record of this incident ends here.")
            }
        },
        Change::Faded { .. } => unconfirmed(transition.at, &transition.verdict.evidence),
        Change::Opened { .. }
        | Change::Updated
        | Change::Recovered { .. }
        | Change::Past(_) => known(catalog, transition),
    }
    .spans()
}

fn known(catalog: &Catalog, transition: &Transition) -> Sentence {
    sentences(catalog, &transition.provider, &transition.verdict)
}

fn from_to(from: Level, to: Level) -> Sentence {
    Sentence::of(format!("From {} to {}.", level(from), level(to)))
}
