use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::check::Problems;
use super::endpoint::Endpoint;
use super::model::Entry;
use super::written::{Rank, Status, Surface};
use crate::{Tier, shown_name};

/// The sections of a file before they are checked.
#[derive(Default)]
pub(super) struct Sections {
    pub(super) name: Option<Spanned<String>>,
    pub(super) product: Option<Spanned<String>>,
    pub(super) keys_page: Option<Spanned<String>>,
    pub(super) status: Option<Status>,
    pub(super) surfaces: Vec<Surface>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) models: Vec<Entry>,
    pub(super) tiers: BTreeMap<Tier, Rank>,
}

impl Sections {
    pub(super) fn take(table: DeTable<'_>, problems: &mut Problems<'_>) -> Self {
        let mut sections = Self::default();
        if !table.contains_key("name") {
            problems.add(
                0,
                "`name` is missing: the company's name, as in name = \"Anthropic\"",
            );
        }
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => sections.name = one(value, problems),
                "product" => sections.product = one(value, problems),
                "keys_page" => sections.keys_page = one(value, problems),
                "status" => sections.status = one(value, problems),
                "surface" => sections.surfaces = many(value, problems),
                "endpoint" => sections.endpoints = many(value, problems),
                "model" => sections.models = many(value, problems),
                "tier" => sections.tiers = one(value, problems).unwrap_or_default(),
                unknown => problems.add(
                    key.span().start,
                    format!(
                        "unknown key `{}`; a provider has name, product, keys_page, [status], \
                         [[surface]], [[endpoint]], [[model]] and [tier]",
                        shown_name(unknown)
                    ),
                ),
            }
        }
        sections
    }
}

fn one<T: DeserializeOwned>(value: Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<T> {
    let start = value.span().start;
    T::deserialize(ValueDeserializer::from(value))
        .map_err(|error| problems.toml_near(&error, start))
        .ok()
}

fn many<T: DeserializeOwned>(value: Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Vec<T> {
    let start = value.span().start;
    let found = value.get_ref().type_str();
    let DeValue::Array(entries) = value.into_inner() else {
        problems.add(
            start,
            format!("expected a list, written with double brackets, found {found}"),
        );
        return Vec::new();
    };
    entries
        .into_iter()
        .filter_map(|entry| one(entry, problems))
        .collect()
}
