//! Building spans.

use api::{Span, Spans};
use chrono::{DateTime, TimeDelta, Utc};

/// Builder of spans.
#[derive(Clone, Default)]
pub(crate) struct Sentence(Vec<Span>);

impl Sentence {
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self::default().text(text)
    }

    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        match self.0.last_mut() {
            Some(Span::Text { text: last }) => last.push_str(&text),
            _ if text.is_empty() => {}
            _ => self.0.push(Span::Text { text }),
        }
        self
    }

    pub(crate) fn at(mut self, at: DateTime<Utc>) -> Self {
        self.0.push(Span::Instant { at });
        self
    }

    pub(crate) fn lasting(mut self, time: TimeDelta) -> Self {
        self.0.push(Span::Duration {
            seconds: time.num_seconds(),
        });
        self
    }

    pub(crate) fn spans(self) -> Spans {
        Spans(self.0)
    }
}

/// One sentence with an instant.
pub fn with_instant(before: impl Into<String>, at: DateTime<Utc>, after: &str) -> Spans {
    Sentence::of(before).at(at).text(after).spans()
}

/// A sentence without an instant.
pub fn text(text: impl Into<String>) -> Spans {
    Sentence::of(text).spans()
}

/// Joins sentences.
pub(crate) fn joined(sentences: impl IntoIterator<Item = Sentence>) -> Sentence {
    sentences
        .into_iter()
        .filter(|sentence| !sentence.0.is_empty())
        .fold(Sentence::default(), |mut all, next| {
            if !all.0.is_empty() {
                all = all.text(" ");
            }
            next.0.into_iter().fold(all, |all, span| match span {
                Span::Text { text } => all.text(text),
                Span::Instant { .. } | Span::Duration { .. } | Span::Money { .. } => {
                    let mut all = all;
                    all.0.push(span);
                    all
                }
            })
        })
}
