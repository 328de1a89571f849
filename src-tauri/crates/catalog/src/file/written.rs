//! The status page, the surfaces and the tiers in a catalogue file.

use serde::Deserialize;
use toml::Spanned;

use crate::provider::StatusDialect;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Status {
    pub(super) page: Spanned<String>,
    pub(super) identity: Option<Spanned<String>>,
    pub(super) every_s: Option<Spanned<u32>>,
    pub(super) sources: Spanned<Vec<Source>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) url: Spanned<String>,
    pub(super) dialect: StatusDialect,
    #[serde(default = "yes")]
    pub(super) verified: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Surface {
    pub(super) id: Spanned<String>,
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) components: Vec<Spanned<String>>,
    pub(super) host: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) watched: bool,
}

/// A tier of the provider: `[tier.large]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rank {
    #[serde(default)]
    pub(super) models: Vec<Spanned<String>>,
    #[serde(alias = "stand_in")]
    pub(super) fallback_model: Option<Spanned<String>>,
}
