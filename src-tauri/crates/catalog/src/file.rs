//! The schema of one catalogue file, and the way from its text to a complete [`Provider`].

mod check;
mod endpoint;
mod entry;
mod model;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::{EndpointId, Invalid, Provider, ProviderId, Tier, shown_name};
use check::Problems;

/// A file that was read without a problem.
pub(crate) struct Read {
    pub(crate) provider: Provider,
    pub(crate) file: String,
    /// Where each endpoint got its id: ids must also be unique between files.
    pub(crate) endpoint_lines: Vec<(EndpointId, usize)>,
}

/// Reads one complete file. Each section is read separately, so that one bad section does not hide the others' problems.
pub(crate) fn read(file: &str, text: &str) -> Result<Read, Vec<Invalid>> {
    let mut problems = Problems::new(file, text);
    let (table, broken) = DeTable::parse_recoverable(text);
    if !broken.is_empty() {
        for error in &broken {
            problems.toml(error);
        }
        return Err(problems.all());
    }
    let sections = Sections::take(table.into_inner(), &mut problems);
    let id = provider_id(file, &mut problems);
    let built = id.and_then(|id| entry::provider(id, sections, &mut problems));
    match built {
        Some((provider, endpoints)) if problems.is_empty() => Ok(Read {
            provider,
            file: file.to_owned(),
            endpoint_lines: endpoints
                .into_iter()
                .map(|id| {
                    (
                        EndpointId::new(id.get_ref()),
                        problems.line(id.span().start),
                    )
                })
                .collect(),
        }),
        _ => Err(problems.all()),
    }
}

/// The parts of a file as they were written.
#[derive(Default)]
struct Sections {
    name: Option<Spanned<String>>,
    product: Option<Spanned<String>>,
    keys_page: Option<Spanned<String>>,
    status: Option<entry::Status>,
    surfaces: Vec<entry::Surface>,
    endpoints: Vec<endpoint::Endpoint>,
    models: Vec<model::Entry>,
    tiers: BTreeMap<Tier, entry::Rank>,
}

impl Sections {
    fn take(table: DeTable<'_>, problems: &mut Problems<'_>) -> Self {
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
    match value.into_inner() {
        DeValue::Array(entries) => entries
            .into_iter()
            .filter_map(|entry| one(entry, problems))
            .collect(),
        other => {
            problems.add(
                start,
                format!(
                    "expected a list, written with double brackets, found {}",
                    other.type_str()
                ),
            );
            Vec::new()
        }
    }
}

/// The file name is the provider's id.
fn provider_id(file: &str, problems: &mut Problems<'_>) -> Option<ProviderId> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let id = name.strip_suffix(".toml").filter(|id| check::is_id(id));
    if id.is_none() {
        problems.add(
            0,
            format!(
                "the file name `{name}` is the provider's id: lower-case letters, digits and dashes, then `.toml`"
            ),
        );
    }
    id.map(ProviderId::new)
}

#[cfg(test)]
mod tests;
