//! Spans in the ledger: stored without formatting, so that a later reader formats the instants in its zone.

use api::{Span, Spans};

pub fn to_stored(spans: &Spans) -> String {
    match &spans.0[..] {
        // Text that could be parsed as spans is stored as spans.
        [Span::Text { text }] if !text.starts_with('[') => text.clone(),
        _ => serde_json::to_string(spans).unwrap_or_default(),
    }
}

/// Text that an earlier version stored becomes one span.
pub fn from_stored(stored: &str) -> Spans {
    serde_json::from_str(stored).unwrap_or_else(|_| {
        Spans(vec![Span::Text {
            text: stored.to_owned(),
        }])
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn stored_spans_are_restored() {
        let text = |text: &str| Span::Text { text: text.into() };
        let instant = Span::Instant {
            at: DateTime::from_timestamp(1_777_000_000, 0).unwrap(),
        };
        for spans in [
            vec![text("Since "), instant, text(".")],
            vec![text("Status page: we are looking.")],
            vec![text("[]")],
            vec![],
        ] {
            let spans = Spans(spans);
            assert_eq!(from_stored(&to_stored(&spans)), spans);
        }
    }

    #[test]
    fn text_of_an_earlier_version_is_unchanged() {
        let old = "Claude: it is them. 3 of 3 probes failed since 20:05 UTC.";
        let spans = Spans(vec![Span::Text { text: old.into() }]);
        assert_eq!(from_stored(old), spans);
    }
}
