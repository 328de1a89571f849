mod base64;
mod id;
mod packed;
mod plain;
mod signature;

use std::collections::{BTreeMap, BTreeSet};

use catalog::Dialect;
use sha2::{Digest, Sha256};

pub use signature::{NoSignature, Signature};

/// The pattern for tool names that every vendor accepts: `^[a-zA-Z0-9_-]{1,64}$` (OpenAI's function tools; Anthropic allows 128
/// on its own API, and 64 on resellers' clouds).
const LONGEST_NAME: usize = 64;
/// Hexadecimal digits of the digest at the end of a shortened name.
const NAME_DIGEST: usize = 16;

/// A tool with the client's name for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientTool {
    pub name: String,
    /// Responses: the `namespace` of its declaration, which its `function_call` repeats.
    pub namespace: Option<String>,
    pub kind: ToolKind,
}

/// The form of tool call that the client expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ToolKind {
    /// With arguments that are a JSON object.
    Function,
    /// With free text (`custom` of Responses and Chat). The provider gets a function with one string, `input`: a returned
    /// `{"input":"…"}` is a call with that text.
    Custom,
}

/// Maps the ids and names of one exchange in both directions.
///
/// Nothing is stored between turns. An id that the client's dialect does not allow is encoded without loss, and decoded when
/// the client returns it. Tools are declared with every request, and their shortened names are derived from their full names.
#[derive(Clone, Debug)]
pub struct Names {
    client: Dialect,
    provider: Dialect,
    /// The client's id → the provider's, for every call of the conversation.
    ids: BTreeMap<String, String>,
    /// The provider's name → the client's tool.
    tools: BTreeMap<String, ClientTool>,
    /// The client's own vendor accepts only ids of nine letters and digits.
    client_nine: bool,
    /// Signatures that did not fit into an id and that the caller stored, by the client's id.
    signatures: BTreeMap<String, Signature>,
}

impl Names {
    /// `tools` and `ids`: all tools and ids in the client's request; repetitions are allowed.
    pub fn new<'a>(
        client: Dialect,
        provider: Dialect,
        tools: impl IntoIterator<Item = ClientTool>,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Names {
        Names {
            client,
            provider,
            ids: provider_ids(provider, ids.into_iter().collect()),
            tools: provider_names(tools.into_iter().collect()),
            signatures: BTreeMap::new(),
            client_nine: false,
        }
    }

    /// For a client whose own vendor accepts only ids of nine letters and digits: the vendor gets these ids in later requests.
    pub fn with_nine_letters_for_the_client(mut self) -> Names {
        self.client_nine = true;
        self
    }

    /// Adds signatures that the caller stored, by the client's ids ([`crate::AnswerTranslator::signatures`]): ids of OpenAI's
    /// dialects are too short for one.
    pub fn with_signatures(mut self, kept: BTreeMap<String, Signature>) -> Names {
        self.signatures = kept;
        self
    }

    /// The provider's signature of a call, from the id or from the stored signatures.
    pub(crate) fn signature(&self, client_id: &str) -> Option<Signature> {
        id::signature(client_id).or_else(|| self.signatures.get(client_id).cloned())
    }

    /// The stored thinking of the response with these calls; empty if none was stored.
    pub(crate) fn reasoning<'a>(&self, mut client_ids: impl Iterator<Item = &'a str>) -> String {
        let kept = client_ids.find_map(|id| match self.signatures.get(id) {
            Some(Signature::Reasoning(text)) => Some(text.clone()),
            Some(Signature::Thought(_) | Signature::Detail(_)) | None => None,
        });
        kept.unwrap_or_default()
    }

    /// As [`Names::client_id`], with the signature in the id if the client's ids are long enough. The second value is true if
    /// the id contains it.
    pub(crate) fn signed_id(&self, provider_id: &str, signature: &Signature) -> (String, bool) {
        match id::carried_signed(self.client, provider_id, signature) {
            Some(signed) if !self.ids.contains_key(&signed) => (signed, true),
            Some(_) | None => (self.client_id(provider_id), false),
        }
    }

    /// For a provider that accepts only ids of nine letters and digits, as Mistral does ("must be a-z, A-Z, 0-9, with a length
    /// of 9"): other ids become a digest.
    pub fn with_nine_letter_ids(mut self) -> Names {
        let ids = std::mem::take(&mut self.ids);
        let (own, others): (Vec<_>, Vec<_>) = ids.into_iter().partition(|(_, to)| is_nine(to));
        let mut taken: BTreeSet<String> = own.iter().map(|(_, to)| to.clone()).collect();
        self.ids.extend(own);
        for (id, to) in others {
            if let Some(short) = nine_of(&to, &|short| taken.contains(short)) {
                taken.insert(short.clone());
                self.ids.insert(id, short);
            }
        }
        self
    }

    /// For a provider with the length limit of its dialect's own vendor: OpenAI refuses longer ids with "string too long".
    /// Longer ids come from other servers.
    pub fn with_bounded_ids(mut self) -> Names {
        let ids = std::mem::take(&mut self.ids);
        let provider = self.provider;
        let (fitting, longer): (Vec<_>, Vec<_>) =
            ids.into_iter().partition(|(_, to)| id::fits(provider, to));
        let taken: BTreeSet<String> = fitting.iter().map(|(_, to)| to.clone()).collect();
        self.ids.extend(fitting);
        for (id, to) in longer {
            let short = id::carried(provider, &to);
            let short = match taken.contains(&short) {
                true => id::digest(&id),
                false => short,
            };
            self.ids.insert(id, short);
        }
        self
    }

    /// The client's id for an id of the provider. Different ids of one exchange stay different, also from the ids of the
    /// conversation. An empty id becomes an id that the dialect allows.
    pub fn client_id(&self, provider_id: &str) -> String {
        if self.client_nine {
            let known = |id: &str| self.ids.contains_key(id);
            let own = Some(provider_id).filter(|id| is_nine(id) && !known(id));
            let id = own.map(str::to_owned);
            return id
                .or_else(|| nine_of(provider_id, &known))
                .unwrap_or_default();
        }
        let plain = id::carried(self.client, provider_id);
        if !self.ids.contains_key(&plain) {
            return plain;
        }
        (2..)
            .map(|serial| id::carried_again(self.client, provider_id, serial))
            .find(|again| !self.ids.contains_key(again))
            .unwrap_or(plain)
    }

    /// The provider's id for an id of the client: the original id if it came from such a provider.
    pub fn provider_id(&self, client_id: &str) -> String {
        match self.ids.get(client_id) {
            Some(id) => id.clone(),
            None => id::restored(self.provider, client_id),
        }
    }

    /// The client's name of a tool that the provider calls. An unknown name is returned unchanged: the agent reports it.
    pub fn client_name(&self, provider_name: &str) -> String {
        self.client_tool(provider_name).name
    }

    /// As [`Names::client_name`], with the namespace and the kind of call that the client expects.
    pub fn client_tool(&self, provider_name: &str) -> ClientTool {
        match self.tools.get(provider_name) {
            Some(tool) => tool.clone(),
            None => ClientTool {
                name: provider_name.to_owned(),
                namespace: None,
                kind: ToolKind::Function,
            },
        }
    }

    /// The provider's name for a tool of the client.
    pub fn provider_name(&self, namespace: Option<&str>, name: &str) -> String {
        let same = |tool: &ClientTool| tool.name == name && tool.namespace.as_deref() == namespace;
        let found = self.tools.iter().find(|(_, tool)| same(tool));
        match found {
            Some((known, _)) => known.clone(),
            None => shortened(&full_name(namespace, name), 0),
        }
    }
}

fn is_nine(id: &str) -> bool {
    id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A digest of an id that is not in use.
fn nine_of(id: &str, taken: &dyn Fn(&str) -> bool) -> Option<String> {
    let mut digests = (0..).map(|salt| plain::hex(&digest(id, salt))[..9].to_owned());
    digests.find(|short| !taken(short))
}

/// Another form of an id, for a call that would otherwise have the same id as an earlier call.
pub(super) fn next_free_id(id: &str, serial: u32) -> String {
    id::carried_again(Dialect::Anthropic, id, serial)
}

/// Ids that stay unchanged are assigned first, so that no restored id takes their place.
fn provider_ids(provider: Dialect, client_ids: BTreeSet<&str>) -> BTreeMap<String, String> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut ids = BTreeMap::new();
    let (as_they_are, changed): (Vec<&str>, Vec<&str>) = client_ids
        .into_iter()
        .partition(|id| id::restored(provider, id) == *id);
    for id in as_they_are.into_iter().chain(changed) {
        let candidates = [
            id::restored(provider, id),
            id.to_owned(),
            id::carried(provider, id),
        ];
        let free = candidates
            .into_iter()
            .enumerate()
            .find(|(at, to)| (*at != 1 || id::fits(provider, to)) && !taken.contains(to));
        // The last resort is a digest of the id.
        let to = free.map_or_else(|| id::digest(id), |(_, to)| to);
        taken.insert(to.clone());
        ids.insert(id.to_owned(), to);
    }
    ids
}

fn provider_names(tools: BTreeSet<ClientTool>) -> BTreeMap<String, ClientTool> {
    let mut names: BTreeMap<String, ClientTool> = BTreeMap::new();
    let full = |tool: &ClientTool| full_name(tool.namespace.as_deref(), &tool.name);
    let (as_they_are, changed): (Vec<ClientTool>, Vec<ClientTool>) = tools
        .into_iter()
        .partition(|tool| tool.namespace.is_none() && is_name(&tool.name));
    for tool in as_they_are.into_iter().chain(changed) {
        let full = full(&tool);
        let name = if is_name(&full) && !names.contains_key(&full) {
            Some(full)
        } else {
            (0..)
                .map(|salt| shortened(&full, salt))
                .find(|name| !names.contains_key(name))
        };
        names.extend(name.map(|name| (name, tool)));
    }
    names
}

fn full_name(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{namespace}__{name}"),
        None => name.to_owned(),
    }
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(plain::is_plain)
}

/// An allowed name: the name itself, or its beginning with a digest of the full name.
fn shortened(full: &str, salt: u32) -> String {
    if salt == 0 && is_name(full) {
        return full.to_owned();
    }
    let plain = full.bytes().map(|byte| match plain::is_plain(byte) {
        true => char::from(byte),
        false => '_',
    });
    let start: String = plain.take(LONGEST_NAME - NAME_DIGEST - 1).collect();
    format!(
        "{start}_{}",
        &plain::hex(&digest(full, salt))[..NAME_DIGEST]
    )
}

/// `salt`: gives another digest of the same text if the first is in use.
fn digest(text: &str, salt: u32) -> [u8; 32] {
    let digest = Sha256::new().chain_update(salt.to_be_bytes());
    digest.chain_update(text).finalize().into()
}

#[cfg(test)]
mod tests;
