use toml::Spanned;

use super::check::Problems;
use super::endpoint::endpoint;
use super::model::model;
use super::sections::Sections;
use super::written::{Rank, Status, Surface};
use crate::address;
use crate::provider::{self, Provider, StatusPage};
use crate::{ModelId, ProviderId, SurfaceId};

/// The provider, and its endpoints' ids with their positions.
pub(super) fn provider(
    id: ProviderId,
    sections: Sections,
    problems: &mut Problems<'_>,
) -> Option<(Provider, Vec<Spanned<String>>)> {
    let name = sections.name?;
    problems.filled("name", &name);
    if let Some(product) = &sections.product {
        problems.filled("product", product);
    }
    if let Some(page) = &sections.keys_page {
        problems.https("keys_page", page);
    }
    problems.unique("surface id", sections.surfaces.iter().map(|s| &s.id));
    let components = sections.surfaces.iter().flat_map(|s| &s.components);
    problems.unique("component", components);
    problems.unique("endpoint id", sections.endpoints.iter().map(|e| &e.id));
    problems.unique("model id", sections.models.iter().map(|m| &m.id));
    for endpoint in &sections.endpoints {
        known(
            problems,
            endpoint.surface.as_ref(),
            sections.surfaces.iter().map(|s| &s.id),
            "[[surface]]",
        );
        known(
            problems,
            endpoint.probe_model.as_ref(),
            sections.models.iter().map(|m| &m.id),
            "[[model]]",
        );
    }
    for rank in sections.tiers.values() {
        problems.unique("pattern", &rank.models);
        known(
            problems,
            rank.fallback_model.as_ref(),
            sections.models.iter().map(|m| &m.id),
            "[[model]]",
        );
    }
    let ids = sections.endpoints.iter().map(|e| e.id.clone()).collect();
    let provider = Provider {
        product: sections.product.as_ref().unwrap_or(&name).get_ref().clone(),
        name: name.into_inner(),
        keys_page: sections.keys_page.map(Spanned::into_inner),
        status: sections.status.map(|s| status(s, problems)),
        surfaces: sections
            .surfaces
            .into_iter()
            .map(|s| surface(s, problems))
            .collect(),
        endpoints: sections
            .endpoints
            .into_iter()
            .map(|e| endpoint(&id, e, problems))
            .collect(),
        models: sections
            .models
            .into_iter()
            .map(|m| model(m, problems))
            .collect(),
        tiers: sections
            .tiers
            .into_iter()
            .map(|(tier, read)| (tier, rank(read)))
            .collect(),
        id,
    };
    Some((provider, ids))
}

fn known<'s>(
    problems: &mut Problems<'_>,
    name: Option<&Spanned<String>>,
    mut among: impl Iterator<Item = &'s Spanned<String>>,
    section: &str,
) {
    if let Some(name) = name
        && !among.any(|one| one.get_ref() == name.get_ref())
    {
        problems.add(
            name.span().start,
            format!("`{}` has no {section} entry in this file", name.get_ref()),
        );
    }
}

fn status(read: Status, problems: &mut Problems<'_>) -> StatusPage {
    problems.https("page", &read.page);
    if let Some(identity) = &read.identity {
        problems.filled("identity", identity);
    }
    let every_s = read.every_s.as_ref().map_or(120, |s| *s.get_ref());
    if !(10..=86_400).contains(&every_s) {
        let at = read.every_s.map_or(0, |s| s.span().start);
        problems.add(
            at,
            "`every_s` must be between 10 and 86400 seconds; 120 is recommended",
        );
    }
    if read.sources.get_ref().is_empty() {
        problems.add(
            read.sources.span().start,
            "`sources` is empty: name at least one machine-readable address, or leave [status] out",
        );
    }
    let sources = read.sources.into_inner().into_iter().map(|source| {
        problems.https("url", &source.url);
        provider::Source {
            url: source.url.into_inner(),
            dialect: source.dialect,
            verified: source.verified,
        }
    });
    StatusPage {
        sources: sources.collect(),
        page: read.page.into_inner(),
        identity: read.identity.map(Spanned::into_inner),
        every_s,
    }
}

fn surface(read: Surface, problems: &mut Problems<'_>) -> provider::Surface {
    problems.id(&read.id);
    problems.filled("name", &read.name);
    if let Some(name) = &read.host
        && !address::is_host(name.get_ref())
    {
        problems.add(
            name.span().start,
            "`host` is a host name alone, as in host = \"api.anthropic.com\"",
        );
    }
    provider::Surface {
        id: SurfaceId::new(read.id.get_ref()),
        name: read.name.into_inner(),
        components: read
            .components
            .into_iter()
            .map(Spanned::into_inner)
            .collect(),
        host: read.host.map(Spanned::into_inner),
        watched: read.watched,
    }
}

fn rank(read: Rank) -> crate::Rank {
    crate::Rank {
        models: read.models.into_iter().map(Spanned::into_inner).collect(),
        fallback_model: read.fallback_model.map(|id| ModelId::new(id.get_ref())),
    }
}
