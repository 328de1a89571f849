//! What clients show for a failure: the words that a user copies into a search.

use serde::Deserialize;

/// One text, as measured with the client or read in its source.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    text: String,
    failure: ShownFailure,
}

/// A failure as a client shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShownFailure {
    /// The response was truncated.
    Cut,
    /// 503 or 529.
    Overloaded,
    /// 500 to 599.
    ServerError,
    /// 429.
    RateLimit,
    /// No connection, or one that ended before a response.
    Unreachable,
    TimedOut,
}

/// Shorter texts are in too many messages.
const SHORTEST: usize = 6;

/// The failures whose message is this text or a part of it, or which contains it.
pub(super) fn meant_by<'m>(
    text: &str,
    messages: impl Iterator<Item = &'m Message>,
) -> Vec<ShownFailure> {
    let text = plain(text);
    let mut meant: Vec<_> = messages
        .filter(|message| {
            let shown = plain(&message.text);
            text.contains(&shown) || (text.len() >= SHORTEST && shown.contains(&text))
        })
        .map(|message| message.failure)
        .collect();
    meant.sort();
    meant.dedup();
    meant
}

/// In lower case, with single spaces and straight quotes.
fn plain(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").to_lowercase().replace('’', "'")
}

#[cfg(test)]
mod tests {
    use crate::KnownClient;
    use crate::ShownFailure::*;

    #[test]
    fn the_words_of_a_client_lead_to_its_failure() {
        for (text, meant) in [
            ("response incomplete", &[Cut] as &[_]),
            ("Response  INCOMPLETE", &[Cut]),
            (
                "API Error: Connection to the API was lost (ECONNRESET). This is usually temporary",
                &[Cut],
            ),
            ("stream disconnected before completion", &[Cut]),
            (
                "ERROR: stream disconnected before completion: stream closed before response.completed",
                &[Cut],
            ),
            ("currently experiencing high demand", &[ServerError]),
            ("API Error: 529 Overloaded", &[Overloaded]),
            (
                "The service is receiving too many requests from you",
                &[RateLimit],
            ),
            ("Leads", &[]),
            ("the", &[]),
            ("", &[]),
        ] {
            assert_eq!(KnownClient::failures_shown_as(text), meant, "{text}");
        }
    }
}
