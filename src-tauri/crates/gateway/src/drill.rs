//! A drill: the primary of a route fails on purpose, and its owner sees what a client gets. Pure.

use catalog::Dialect;
use chrono::{DateTime, Utc};

/// How the primary fails. It gets no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeFailure {
    /// Its stream begins, and stops in the middle.
    Cut,
    /// It refuses with status 529.
    Overloaded,
}

/// Live requests of one route meet a made failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveDrill {
    /// The route's name.
    pub route: String,
    pub dialect: Dialect,
    pub failure: MadeFailure,
    /// From then on requests are sent as usual, even if nothing has ended the drill.
    pub until: DateTime<Utc>,
}

/// The drill that a request belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Drill<'a> {
    Test(MadeFailure),
    Live(&'a LiveDrill),
}

impl<'a> Drill<'a> {
    /// `test`: the failure of a request of the drill's own session.
    pub(crate) fn of(
        test: Option<MadeFailure>,
        live: Option<&'a LiveDrill>,
        now: DateTime<Utc>,
    ) -> Option<Drill<'a>> {
        match test {
            Some(failure) => Some(Drill::Test(failure)),
            None => live.filter(|live| now < live.until).map(Drill::Live),
        }
    }

    /// The failure of the primary of this route.
    pub(crate) fn failure(self, route: &str, dialect: Dialect) -> Option<MadeFailure> {
        match self {
            Drill::Test(failure) => Some(failure),
            Drill::Live(live) => {
                (live.route == route && live.dialect == dialect).then_some(live.failure)
            }
        }
    }
}
