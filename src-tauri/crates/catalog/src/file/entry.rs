use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::Sections;
use super::check::{self, Problems};
use super::model::model;
use crate::provider::{
    self, Auth, KeyCheckMethod, Provider, StatusDialect, StatusPage, normalise_base,
};
use crate::{CallIds, ChatLimit, Dialect, EndpointId, ModelId, ProviderId, SurfaceId};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Status {
    page: Spanned<String>,
    identity: Option<Spanned<String>>,
    every_s: Option<Spanned<u32>>,
    sources: Spanned<Vec<Source>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    url: Spanned<String>,
    dialect: StatusDialect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Surface {
    id: Spanned<String>,
    name: Spanned<String>,
    #[serde(default)]
    components: Vec<Spanned<String>>,
    host: Option<Spanned<String>>,
    #[serde(default)]
    watched: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Endpoint {
    id: Spanned<String>,
    base: Spanned<String>,
    /// The first is the one in which it is asked what a client says in another.
    dialects: Spanned<Vec<Dialect>>,
    /// Only where a dialect's path differs from the usual one.
    #[serde(default)]
    paths: BTreeMap<Dialect, Spanned<String>>,
    #[serde(default)]
    chat_limit: ChatLimit,
    #[serde(default)]
    call_ids: CallIds,
    auth: Auth,
    key_env: Option<Spanned<String>>,
    #[serde(default)]
    accepts_client_login: bool,
    surface: Option<Spanned<String>>,
    serves: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    metered_logins: Vec<String>,
    #[serde(default)]
    refused_logins: Vec<provider::RefusedLogin>,
    probe_model: Option<Spanned<String>>,
    /// Only where listing the models proves no key.
    key_check: Option<Spanned<KeyCheck>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyCheck {
    #[serde(default)]
    method: KeyCheckMethod,
    path: Spanned<String>,
}

/// The provider, and its endpoints' ids as they were written.
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
            "`every_s` must lie between 10 and 86400 seconds; 120 is polite",
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
    id(problems, &read.id);
    problems.filled("name", &read.name);
    if let Some(name) = &read.host
        && check::host(name.get_ref(), "") != Some(name.get_ref())
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

fn endpoint(
    provider: &ProviderId,
    read: Endpoint,
    problems: &mut Problems<'_>,
) -> provider::Endpoint {
    id(problems, &read.id);
    base(&read, problems);
    if read.dialects.get_ref().is_empty() {
        problems.add(
            read.dialects.span().start,
            "`dialects` is empty: name at least one of anthropic, openai-chat, openai-responses",
        );
    }
    let mut paths: BTreeMap<Dialect, String> = read
        .dialects
        .get_ref()
        .iter()
        .map(|&dialect| (dialect, dialect.default_path().to_owned()))
        .collect();
    for (dialect, path) in read.paths {
        let at = path.span().start;
        rooted(problems, &path);
        if paths.insert(dialect, path.into_inner()).is_none() {
            problems.add(
                at,
                format!("`{dialect}` has a path but is not among `dialects`"),
            );
        }
    }
    match (read.auth, &read.key_env) {
        (Auth::None, Some(env)) => problems.add(
            env.span().start,
            "`key_env` with auth = \"none\": say how the key is sent (\"x-api-key\" or \"bearer\")",
        ),
        (Auth::XApiKey | Auth::Bearer, None) => problems.add(
            read.id.span().start,
            "`key_env` is missing: the environment variable that may hold the key; or auth = \"none\"",
        ),
        (Auth::XApiKey | Auth::Bearer, Some(env)) => problems.filled("key_env", env),
        (Auth::None, None) => {}
    }
    if read.serves.get_ref().is_empty() {
        problems.add(
            read.serves.span().start,
            "`serves` is empty: name model ids or patterns, as in serves = [\"claude-*\"]",
        );
    }
    problems.unique("pattern", read.serves.get_ref());
    provider::Endpoint {
        id: EndpointId::new(read.id.get_ref()),
        provider: provider.clone(),
        base: normalise_base(read.base.get_ref()),
        paths,
        preferred: read.dialects.get_ref().first().copied(),
        chat_limit: read.chat_limit,
        call_ids: read.call_ids,
        auth: read.auth,
        key_env: read.key_env.map(Spanned::into_inner),
        accepts_client_login: read.accepts_client_login,
        surface: read.surface.map(|s| SurfaceId::new(s.get_ref())),
        serves: read
            .serves
            .into_inner()
            .into_iter()
            .map(Spanned::into_inner)
            .collect(),
        probe_model: read.probe_model.map(|m| ModelId::new(m.get_ref())),
        key_check: key_check(read.auth, read.key_check, problems),
        logins: provider::Logins {
            metered: read.metered_logins,
            refused: read.refused_logins,
        },
    }
}

fn key_check(
    auth: Auth,
    read: Option<Spanned<KeyCheck>>,
    problems: &mut Problems<'_>,
) -> provider::KeyCheck {
    let Some(read) = read else {
        return provider::KeyCheck::default();
    };
    if auth == Auth::None {
        problems.add(
            read.span().start,
            "`key_check` with auth = \"none\": there is no key to check",
        );
    }
    let KeyCheck { method, path } = read.into_inner();
    rooted(problems, &path);
    provider::KeyCheck {
        method,
        path: path.into_inner(),
    }
}

fn rooted(problems: &mut Problems<'_>, path: &Spanned<String>) {
    if !path.get_ref().starts_with('/') {
        problems.add(path.span().start, "a path begins with `/`");
    }
}

/// A key never travels in the clear, except to this machine.
fn base(read: &Endpoint, problems: &mut Problems<'_>) {
    let (url, at) = (read.base.get_ref(), read.base.span().start);
    if check::host(url, "https://").is_some() {
        return;
    }
    match check::host(url, "http://") {
        None => problems.add(
            at,
            format!("`base` must be an http or https address, not `{url}`"),
        ),
        Some(host) if read.auth == Auth::None || check::is_loopback(host) => {}
        Some(_) => problems.add(
            at,
            format!("`{url}` would send the key in the clear; use https"),
        ),
    }
}

fn id(problems: &mut Problems<'_>, id: &Spanned<String>) {
    if !check::is_id(id.get_ref()) {
        problems.add(
            id.span().start,
            format!(
                "`{}` is no id: lower-case letters, digits and dashes",
                id.get_ref()
            ),
        );
    }
}
