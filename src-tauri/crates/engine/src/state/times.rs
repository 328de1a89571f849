//! Times in the owner's zone.

use chrono::{DateTime, Utc};

use super::State;

impl State {
    /// Converts sentences to text, with times in the owner's zone.
    pub(crate) fn clock(&self, now: DateTime<Utc>) -> words::Clock {
        words::Clock::local(self.zone.offsets(), now)
    }

    /// Sentences as text with times in the owner's zone, without a date.
    pub(crate) fn plain(&self, spans: &words::Spans) -> String {
        let time = |span: &words::Span| match span {
            words::Span::Instant { at } => words::Span::Text {
                text: self.clock_time(*at),
            },
            words::Span::Text { .. } | words::Span::Duration { .. } | words::Span::Money { .. } => {
                span.clone()
            }
        };
        let spans = words::Spans(spans.0.iter().map(time).collect());
        self.clock(self.started).plain(&spans)
    }

    /// "20:04", in the owner's zone.
    pub(crate) fn clock_time(&self, at: DateTime<Utc>) -> String {
        self.zone.clock_time(at)
    }

    pub(crate) fn in_quiet_hours(&self, now: DateTime<Utc>) -> bool {
        let Some((from, to)) = self.settings.quiet else {
            return false;
        };
        let time = self.zone.local(now).time();
        if from <= to {
            from <= time && time < to
        } else {
            from <= time || time < to
        }
    }
}
