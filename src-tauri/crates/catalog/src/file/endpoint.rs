//! An endpoint in a catalogue file.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::check::Problems;
use crate::address;
use crate::provider::{self, Auth, KeyCheckMethod, normalise_base};
use crate::{
    Address, Allow, CallIds, ChatLimit, Dialect, EndpointId, Families, IDENTITY, ModelId,
    NoPassage, NotBilled, Passage, Passages, ProviderId, ReasoningContent, StreamUsage, SurfaceId,
    ThoughtSignatures,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Endpoint {
    pub(super) id: Spanned<String>,
    base: Spanned<String>,
    /// The first dialect is the one into which requests of other dialects are translated.
    dialects: Spanned<Vec<Dialect>>,
    /// Only for a path that differs from the dialect's default.
    #[serde(default)]
    paths: BTreeMap<Dialect, Spanned<String>>,
    #[serde(default)]
    chat_limit: ChatLimit,
    #[serde(default)]
    call_ids: CallIds,
    #[serde(default)]
    stream_usage: StreamUsage,
    /// Names of the provider's own billing rules.
    #[serde(default)]
    not_billed: Vec<NotBilled>,
    #[serde(default)]
    reasoning_content: ReasoningContent,
    #[serde(default)]
    thought_signatures: ThoughtSignatures,
    #[serde(default)]
    file_addresses: bool,
    /// Absent: the provider's id.
    family: Option<Spanned<String>>,
    /// Families of other vendors' models, by pattern: the first match applies.
    #[serde(default)]
    families: Vec<FamilyOf>,
    allow: Option<Spanned<Allow>>,
    auth: Auth,
    key_env: Option<Spanned<String>>,
    #[serde(default)]
    accepts_client_login: bool,
    pub(super) surface: Option<Spanned<String>>,
    serves: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    logins: Vec<String>,
    #[serde(default)]
    metered_logins: Vec<String>,
    #[serde(default)]
    login_addresses: Vec<provider::LoginAddress>,
    #[serde(default)]
    passes: Vec<Spanned<String>>,
    #[serde(default)]
    passes_with_key: Vec<Spanned<String>>,
    pub(super) probe_model: Option<Spanned<String>>,
    /// Only if the list of models is available without a valid key.
    key_check: Option<Spanned<KeyCheck>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyOf {
    models: Spanned<String>,
    family: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyCheck {
    #[serde(default)]
    method: KeyCheckMethod,
    path: Spanned<String>,
}

pub(super) fn endpoint(
    provider: &ProviderId,
    read: Endpoint,
    problems: &mut Problems<'_>,
) -> provider::Endpoint {
    problems.id(&read.id);
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
            "`key_env` with auth = \"none\": state how the key is sent (\"x-api-key\" or \"bearer\")",
        ),
        (Auth::XApiKey | Auth::Bearer, None) => problems.add(
            read.id.span().start,
            "`key_env` is missing: the environment variable that may hold the key; or auth = \"none\"",
        ),
        (Auth::XApiKey | Auth::Bearer, Some(env)) => problems.filled("key_env", env),
        (Auth::None, None) => {}
    }
    // A server on this machine may serve models that only its owner knows: it serves only models that a route names.
    let local = address::is_local(read.base.get_ref());
    if read.serves.get_ref().is_empty() && !local {
        problems.add(
            read.serves.span().start,
            "`serves` is empty: name model ids or patterns, as in serves = [\"claude-*\"]",
        );
    }
    problems.unique("pattern", read.serves.get_ref());
    let families = families(provider, read.family, read.families, problems);
    let allow = allow(read.allow, problems);
    provider::Endpoint {
        id: EndpointId::new(read.id.get_ref()),
        provider: provider.clone(),
        base: normalise_base(read.base.get_ref()),
        paths,
        preferred: read.dialects.get_ref().first().copied(),
        chat_limit: read.chat_limit,
        call_ids: read.call_ids,
        stream_usage: read.stream_usage,
        not_billed: read.not_billed,
        reasoning_content: read.reasoning_content,
        thought_signatures: read.thought_signatures,
        file_addresses: read.file_addresses,
        families,
        allow,
        // A catalogue file states both values for each model.
        context: None,
        max_output: None,
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
            begins: read.logins,
            metered: read.metered_logins,
            addresses: read.login_addresses,
        },
        passages: Passages {
            with_login: passages(read.passes, problems),
            with_key: passages(read.passes_with_key, problems),
        },
        may_loop: local,
    }
}

fn families(
    provider: &ProviderId,
    family: Option<Spanned<String>>,
    by_model: Vec<FamilyOf>,
    problems: &mut Problems<'_>,
) -> Families {
    let usual = match &family {
        Some(family) => {
            problems.id(family);
            family.get_ref().as_str()
        }
        None => provider.as_str(),
    };
    let by_model = by_model.into_iter().map(|FamilyOf { models, family }| {
        problems.filled("models", &models);
        problems.id(&family);
        (models.into_inner(), family.into_inner())
    });
    Families::new(usual).with_models(by_model.collect())
}

/// A header or field that identifies the client is never allowed.
fn allow(read: Option<Spanned<Allow>>, problems: &mut Problems<'_>) -> Allow {
    let Some(read) = read else {
        return Allow::default();
    };
    let at = read.span().start;
    let allow = read.into_inner();
    for field in &allow.fields {
        if IDENTITY.contains(&field.as_str()) {
            problems.add(
                at,
                format!("`{field}` identifies the client, and is sent only to its own vendor"),
            );
        }
    }
    for header in &allow.headers {
        if header.bytes().any(|byte| byte.is_ascii_uppercase()) {
            problems.add(at, format!("write the header `{header}` in lower case"));
        }
    }
    allow
}

fn passages(read: Vec<Spanned<String>>, problems: &mut Problems<'_>) -> Vec<Passage> {
    let mut passages = Vec::new();
    for text in read {
        match text.get_ref().parse() {
            Ok(passage) => passages.push(passage),
            Err(error) => problems.add(text.span().start, NoPassage::to_string(&error)),
        }
    }
    passages
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

/// A key is never sent unencrypted, except to this machine.
fn base(read: &Endpoint, problems: &mut Problems<'_>) {
    let at = read.base.span().start;
    match Address::of(read.base.get_ref()) {
        Err(why) => problems.add(at, why.to_string()),
        Ok(address) if read.auth != Auth::None && address.is_in_the_clear() => {
            problems.add(at, "this base would send the key unencrypted; use https");
        }
        Ok(_) => {}
    }
}
