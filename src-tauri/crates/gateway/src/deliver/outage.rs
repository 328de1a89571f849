//! Sentence about the provider's outage, for the end of an error's message.

use health::{Level, Verdict, Verdicts};
use words::{Outlook, Spans};

use crate::Candidate;

/// The other candidates that could have answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// Each fallback was tried.
    Failed,
    /// This product has a key, and the owner has not decided whether it may answer.
    WaitsForConsent(String),
    /// Those that exist are not for this request; the error names each with its reason.
    NotForThis,
    NotSetUp,
}

/// One sentence about the provider's state; `None` if no problem is known.
pub(crate) fn verdict(
    verdicts: &Verdicts,
    primary: &Candidate,
    product: &str,
    elsewhere: &Elsewhere,
) -> Option<Spans> {
    if verdicts.offline {
        return Some(words::offline_error());
    }
    let known = verdicts.providers.get(&primary.provider)?;
    let level = match known.verdict {
        Verdict::Known(Level::Operational) | Verdict::Unknown(_) => return None,
        Verdict::Known(level) => level,
    };
    let rest = match elsewhere {
        Elsewhere::Failed => "no fallback was left".to_owned(),
        Elsewhere::WaitsForConsent(fallback) => format!(
            "{fallback} can answer once you allow it: `understudyd allow yes`, or in Understudy's window"
        ),
        Elsewhere::NotForThis => "no fallback was used".to_owned(),
        Elsewhere::NotSetUp => "no fallback is set up".to_owned(),
    };
    let outlook = Outlook {
        product,
        level,
        blame: known.blame,
        since: known.since,
    };
    Some(words::outage_error(outlook, &rest))
}
