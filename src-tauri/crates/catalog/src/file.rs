//! The schema of one catalogue file, and the conversion of its text into a [`Provider`].

mod check;
mod endpoint;
mod entry;
mod model;
mod sections;
mod written;

use toml::de::DeTable;

use crate::{EndpointId, Invalid, Provider, ProviderId};
use check::Problems;
use sections::Sections;

/// A file without problems.
pub(crate) struct Read {
    pub(crate) provider: Provider,
    pub(crate) file: String,
    /// The line of each endpoint id: ids must also be unique across files.
    pub(crate) endpoint_lines: Vec<(EndpointId, usize)>,
}

/// Reads one complete file. Each section is parsed separately, so that an error in one does not hide problems in the others.
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
