//! Where requests may go, in the settings file.

use serde::Deserialize;

/// Where requests may go besides their primary.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "may_go_to is \"named\", \"same-vendor\", \"any\", or a list of endpoints such as [\"openai\"]"
)]
pub(crate) enum MayGoTo {
    Word(MayGoToWord),
    /// Without spans, because an untagged enum cannot read them.
    Endpoints(Vec<String>),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MayGoToWord {
    Named,
    SameVendor,
    Any,
}
