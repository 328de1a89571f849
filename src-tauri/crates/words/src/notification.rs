//! Desktop notifications and alerts.

use api::Spans;
use catalog::{Catalog, ProviderId};
use chrono::{DateTime, Utc};
use health::{ProviderVerdict, Verdict};

use crate::headline::{Outlook, line};
use crate::sentence::{Sentence, joined};
use crate::verdict::{sentences, unconfirmed};

/// "Claude is down: it is them, not you (since 20:04)"
pub fn title(outlook: Outlook<'_>) -> Spans {
    line(outlook).spans()
}

/// The effect on the work, then the evidence.
pub fn body(
    catalog: &Catalog,
    id: &ProviderId,
    verdict: &ProviderVerdict,
    consequence: &str,
) -> Spans {
    joined([Sentence::of(consequence), sentences(catalog, id, verdict)]).spans()
}

/// Text below "Claude may be back".
pub fn faded(verdict: &ProviderVerdict, last_failure: DateTime<Utc>) -> Spans {
    unconfirmed(last_failure, &verdict.evidence).spans()
}

/// An outage in which every connection failed ends with any response, even if that proves only the connection.
pub fn recovery(verdict: Verdict, since: DateTime<Utc>, at: DateTime<Utc>) -> Spans {
    let (begin, end) = match verdict {
        Verdict::Known(_) => ("Operational again at ", "."),
        Verdict::Unknown(_) => (
            "It responds again at ",
            "; the content of its responses is not confirmed yet.",
        ),
    };
    Sentence::of(begin)
        .at(at)
        .text(", after ")
        .lasting(at - since)
        .text(end)
        .spans()
}
