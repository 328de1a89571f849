//! Sentences about verdicts, evidence and incidents, for all UIs. Data in, [`Spans`] out; a [`Clock`] converts them to text in
//! its viewer's zone.
//!
//! Pure: time and zone are arguments.

mod clock;
mod failure;
mod headline;
mod interrupted;
mod level;
mod names;
mod notification;
mod page;
mod sentence;
mod stored;
mod timeline;
mod verdict;

pub use api::{Span, Spans, escape, escape_json, escape_lines, must_escape};
pub use clock::{Clock, Zone};
pub use headline::{
    Outlook, headline, none_watched, none_watched_consequence, offline, offline_consequence,
    offline_error, outage_error, unconfirmed, unknown, used_up, well,
};
pub use interrupted::interrupted;
pub use level::{level, state_of};
pub use names::list;
pub use notification::{body, faded, recovery, title};
pub use sentence::{text, with_instant};
pub use stored::{from_stored, to_stored};
pub use timeline::{entry, incident};
pub use verdict::{model, surface, verdict};
