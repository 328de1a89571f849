//! Reasons that exclude a candidate from a plan. Pure.

use catalog::{Dialect, MicroDollars, ProviderId};
use translate::Untranslatable;

/// Why a candidate is ineligible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ineligible {
    #[error("no endpoint of this name is configured")]
    Unknown,
    #[error("it supports neither the {0} dialect nor one that the request can be translated to")]
    Dialect(Dialect),
    #[error(transparent)]
    Untranslatable(#[from] Untranslatable),
    #[error("there is no key for {name}")]
    NoKey { name: String, provider: ProviderId },
    #[error("it would lead back to this port")]
    Loop,
    #[error("its base address is not a valid URL: {0}")]
    BadAddress(String),
    #[error("the rehearsal is never a fallback for a real model")]
    Rehearsal,
    #[error(
        "it is not known to serve this model by this id: name the model to use instead, {{ endpoint = \"…\", model = \"…\" }} in the route, or under [equivalents] in the settings"
    )]
    OtherModels,
    #[error("fallback only: no endpoint that serves this model is available")]
    NoneBefore,
    #[error(
        "it would be billed to your key instead of the client's subscription, which needs your consent: `understudyd paid-fallbacks yes`, or Settings → General"
    )]
    NeedsYes,
    #[error("you have refused paid fallbacks for a client's subscription")]
    Declined,
    #[error(
        "another model of the same login may answer if only one fails: allow it once with `understudyd siblings on`, or in Settings → General"
    )]
    SiblingNeedsYes,
    #[error(
        "another model on a key that is billed per token needs `sibling = \"on\"` in the route"
    )]
    SiblingOnKey,
    #[error("{whose} may not go to {name}: see `may_go_to` in the settings")]
    OutOfScope { whose: String, name: String },
    #[error("the daily cap of {cap} for fallbacks is used up ({spent})")]
    UsedUp {
        cap: MicroDollars,
        spent: MicroDollars,
    },
    #[error("Understudy is paused or stopping, so only the primary is used")]
    Paused,
    #[error("the test is of another candidate")]
    NotTested,
    #[error("it needs the client's login, which Understudy never uses for its own requests")]
    NeedsItsClient,
}

/// What would make a candidate eligible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy<'a> {
    Key {
        name: &'a str,
        provider: &'a ProviderId,
    },
    OtherRequest(&'a Untranslatable),
    /// Time: it is ineligible for now.
    Time,
    /// A change of the owner's settings, or a consent.
    Owner,
}

impl Ineligible {
    pub(crate) fn remedy(&self) -> Remedy<'_> {
        match self {
            Ineligible::NoKey { name, provider } => Remedy::Key { name, provider },
            Ineligible::Untranslatable(why) => Remedy::OtherRequest(why),
            Ineligible::UsedUp { .. } | Ineligible::Paused => Remedy::Time,
            Ineligible::Unknown
            | Ineligible::Dialect(_)
            | Ineligible::Loop
            | Ineligible::BadAddress(_)
            | Ineligible::Rehearsal
            | Ineligible::OtherModels
            | Ineligible::NoneBefore
            | Ineligible::NeedsYes
            | Ineligible::Declined
            | Ineligible::SiblingNeedsYes
            | Ineligible::SiblingOnKey
            | Ineligible::OutOfScope { .. }
            | Ineligible::NotTested
            | Ineligible::NeedsItsClient => Remedy::Owner,
        }
    }
}
