use chrono::TimeDelta;

/// How many readings, of which age, change a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Consecutive failed calls before an endpoint counts as failing.
    pub failures: u32,
    /// Consecutive successful calls before it counts as recovered.
    pub successes: u32,
    /// Seconds after which a page reading is stale.
    pub page_stale_s: u32,
    /// Seconds after which probes and requests are stale.
    pub calls_stale_s: u32,
    /// Seconds after the last failure in which failures of requests alone fade.
    pub fade_s: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            failures: 3,
            successes: 2,
            page_stale_s: 1800,
            calls_stale_s: 1800,
            fade_s: 600,
        }
    }
}

impl Thresholds {
    pub(crate) fn page_stale(&self) -> TimeDelta {
        TimeDelta::seconds(self.page_stale_s.into())
    }

    pub(crate) fn fade(&self) -> TimeDelta {
        TimeDelta::seconds(self.fade_s.into())
    }

    pub(crate) fn calls_stale(&self) -> TimeDelta {
        TimeDelta::seconds(self.calls_stale_s.into())
    }
}
