//! Plans what to check, and how often, from the catalogue and the targets. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog::{Catalog, ProviderId, StatusPage, Surface};
use reqwest::Url;
use tracing::debug;

use crate::rhythm::{Look, Plan};
use crate::targets::{ProbeTarget, Targets};

pub(crate) fn plans(catalog: &Catalog, targets: &Targets) -> BTreeMap<Look, Plan> {
    let mut plans = BTreeMap::new();
    for (provider, target) in &targets.pages {
        let Some((page, _)) = page_of(catalog, targets, provider) else {
            debug!(%provider, "has no status page");
            continue;
        };
        let host = page.sources.first().map_or("", |source| &source.url);
        let plan = Plan {
            provider: provider.clone(),
            host: host_of(host),
            every: target
                .every
                .unwrap_or(Duration::from_secs(page.every_s.into())),
        };
        plans.insert(Look::Page(provider.clone()), plan);
    }
    for target in &targets.probes {
        let plan = Plan {
            provider: target.endpoint.provider.clone(),
            host: host_of(&target.endpoint.base),
            every: target.every,
        };
        plans.insert(look_of(target), plan);
    }
    plans
}

/// Checks whose target is new or differs from the old one.
pub(crate) fn changed<'a>(old: &'a Targets, new: &'a Targets) -> impl Iterator<Item = Look> + 'a {
    let pages = new
        .pages
        .iter()
        .filter(|(provider, target)| old.pages.get(*provider) != Some(*target))
        .map(|(provider, _)| Look::Page(provider.clone()));
    let probes = new
        .probes
        .iter()
        .filter(|target| !old.probes.contains(target))
        .map(look_of);
    pages.chain(probes)
}

/// The page to read, with the owner's sources instead of the catalogue's if there are any.
pub(crate) fn page_of(
    catalog: &Catalog,
    targets: &Targets,
    provider: &ProviderId,
) -> Option<(StatusPage, Vec<Surface>)> {
    let target = targets.pages.get(provider)?;
    let known = catalog.provider(provider)?;
    let mut page = known.status.clone()?;
    if let Some(sources) = &target.sources {
        page.sources.clone_from(sources);
    }
    Some((page, known.surfaces.clone()))
}

pub(crate) fn look_of(target: &ProbeTarget) -> Look {
    Look::Probe(target.endpoint.id.clone(), target.model.clone())
}

/// `host:port` of an address; text that is not an address stands for its own host.
fn host_of(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) => format!(
            "{}:{}",
            url.host_str().unwrap_or_default(),
            url.port_or_known_default().unwrap_or_default()
        ),
        Err(_) => address.to_owned(),
    }
}
