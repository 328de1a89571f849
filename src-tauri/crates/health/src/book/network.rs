use chrono::{DateTime, Utc};

use crate::Controls;

/// State of the local network.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Network {
    latest: Option<(Controls, DateTime<Utc>)>,
    /// When it was last known to be up.
    up: Option<DateTime<Utc>>,
}

impl Network {
    pub(super) fn record(&mut self, at: DateTime<Utc>, controls: Controls) {
        self.latest = Some((controls, at));
        if controls == Controls::Up {
            self.up = Some(at);
        }
    }

    /// A host outside responded although the checks had failed: the network is up.
    pub(super) fn answered(&mut self, at: DateTime<Utc>) {
        if self.is_down() {
            self.record(at, Controls::Up);
        }
    }

    pub(super) fn is_down(&self) -> bool {
        self.controls() == Some(Controls::Down)
    }

    pub(super) fn is_up(&self) -> bool {
        self.controls() == Some(Controls::Up)
    }

    pub(super) fn last_up(&self) -> Option<DateTime<Utc>> {
        self.up
    }

    /// The checks are in use, and none has finished since `then`.
    pub(super) fn unchecked_since(&self, then: DateTime<Utc>) -> bool {
        self.latest.is_some_and(|(_, at)| at < then)
    }

    fn controls(&self) -> Option<Controls> {
        self.latest.map(|(controls, _)| controls)
    }
}
