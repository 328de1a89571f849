//! The owner's endpoints in the settings: new ones, and changes to those of the catalogue.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use catalog::{
    Address, Auth, Dialect, Endpoint, EndpointId, Families, ModelId, Provider, ProviderId,
    REHEARSAL,
};
use toml::Spanned;

use super::file;
use super::reading::Reading;

impl Reading<'_> {
    /// A provider for each new endpoint, and each provider of the catalogue that an entry changes.
    pub(super) fn own_endpoints(&mut self, written: Vec<file::Endpoint>) -> Vec<Provider> {
        let mut own: Vec<Provider> = Vec::new();
        let mut ids = BTreeSet::new();
        for entry in written {
            let id = entry.id.get_ref().trim().to_owned();
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            if id.is_empty() || !id.bytes().all(plain) {
                self.err(
                    &entry.id,
                    "an endpoint's id is made of letters, digits, - and _".into(),
                );
                continue;
            }
            if !ids.insert(id.clone()) || id == REHEARSAL {
                self.err(
                    &entry.id,
                    format!("the id \"{id}\" is already used; choose another"),
                );
                continue;
            }
            let id = EndpointId::new(&id);
            let catalog = self.catalog;
            match catalog.endpoint(&id) {
                Some(known) => {
                    let name = entry.name.clone();
                    let changed = self.changed(known, entry);
                    put(&mut own, catalog.provider_of(&id), changed, name);
                }
                None => own.extend(self.new_endpoint(id, entry)),
            }
        }
        own
    }

    fn new_endpoint(&mut self, id: EndpointId, entry: file::Endpoint) -> Option<Provider> {
        let provider = ProviderId::new(id.as_str());
        let known = self.catalog.provider(&provider);
        // A provider of which only the status page is known gives its id to the owner's endpoint.
        if known.is_some_and(|known| !known.endpoints.is_empty()) {
            self.err(
                &entry.id,
                format!("the id \"{id}\" is already used; choose another"),
            );
            return None;
        }
        let missing = |key: &str, example: &str| {
            format!(
                "endpoint \"{id}\" has no `{key}`, and the catalogue has no endpoint of this id to take it from: write {key} = {example}"
            )
        };
        if entry.base.is_none() {
            self.err(&entry.id, missing("base", "\"http://127.0.0.1:11434\""));
        }
        if entry.dialects.is_none() {
            self.err(&entry.id, missing("dialects", "[\"openai-chat\"]"));
        }
        let name = entry.name.clone().unwrap_or_else(|| id.to_string());
        let mut blank = Endpoint::new(id, provider.clone(), "", []);
        blank.serves = Vec::new();
        Some(Provider {
            id: provider,
            product: name.clone(),
            name,
            keys_page: None,
            status: None,
            surfaces: Vec::new(),
            endpoints: vec![self.changed(&blank, entry)],
            models: Vec::new(),
            tiers: BTreeMap::new(),
        })
    }

    /// The endpoint with the entry's values; other values are unchanged.
    fn changed(&mut self, known: &Endpoint, entry: file::Endpoint) -> Endpoint {
        let mut endpoint = known.clone();
        if let Some(base) = &entry.base {
            endpoint.base = catalog::normalise_base(base.get_ref());
            match (Address::of(&endpoint.base), Address::of(&known.base)) {
                (Err(why), _) => self.err(base, why.to_string()),
                // Another server than the vendor's own.
                (Ok(to), from) if !from.is_ok_and(|from| from.is_same_server(&to)) => {
                    endpoint.may_loop = true;
                    // It gets every login: none goes past the owner's server.
                    endpoint.logins.addresses.clear();
                }
                (Ok(_), _) => {}
            }
        }
        if let Some(dialects) = &entry.dialects {
            self.dialects(dialects, known, &mut endpoint);
        }
        if let Some(family) = &entry.family {
            match family.get_ref().trim() {
                "" => self.err(
                    family,
                    "a family is a vendor's id such as \"anthropic\"; without this line, your endpoint belongs to no vendor's family".into(),
                ),
                family => endpoint.families = Families::new(family),
            }
        }
        set(&mut endpoint.chat_limit, entry.chat_limit);
        set(&mut endpoint.call_ids, entry.call_ids);
        set(&mut endpoint.stream_usage, entry.stream_usage);
        set(&mut endpoint.reasoning_content, entry.reasoning_content);
        set(&mut endpoint.thought_signatures, entry.thought_signatures);
        set(&mut endpoint.file_addresses, entry.file_addresses);
        set(&mut endpoint.allow, entry.allow.clone());
        set(&mut endpoint.serves, entry.serves.clone());
        let tokens = |written: Option<NonZeroU64>| written.map(|tokens| Some(tokens.get()));
        set(&mut endpoint.context, tokens(entry.context));
        set(&mut endpoint.max_output, tokens(entry.max_output));
        if let Some(model) = &entry.probe_model {
            let model = model.trim();
            endpoint.probe_model = (!model.is_empty()).then(|| ModelId::new(model));
        }
        self.credential(known, &mut endpoint, &entry);
        if let Some(base) = &entry.account_base {
            self.account_base(base, known, &mut endpoint);
        }
        endpoint
    }

    /// The address of logins that are valid only at an address of their own.
    fn account_base(
        &mut self,
        written: &Spanned<String>,
        known: &Endpoint,
        endpoint: &mut Endpoint,
    ) {
        let base = written.get_ref().trim().trim_end_matches('/');
        if known.logins.addresses.is_empty() {
            self.err(
                written,
                format!(
                    "the logins of \"{}\" have no address of their own: remove account_base",
                    known.id
                ),
            );
        }
        match Address::of(base) {
            Err(why) => self.err(written, why.to_string()),
            Ok(to) if to.is_in_the_clear() => self.err(
                written,
                "this account_base would send clients' logins unencrypted; use https".into(),
            ),
            Ok(_) => {}
        }
        endpoint
            .logins
            .addresses
            .clone_from(&known.logins.addresses);
        for address in &mut endpoint.logins.addresses {
            base.clone_into(&mut address.base);
        }
    }

    fn dialects(
        &mut self,
        written: &Spanned<Vec<Dialect>>,
        known: &Endpoint,
        endpoint: &mut Endpoint,
    ) {
        if written.get_ref().is_empty() {
            self.err(
                written,
                "name at least one dialect: \"anthropic\", \"openai-chat\" or \"openai-responses\""
                    .into(),
            );
        }
        let path = |dialect: Dialect| match known.paths.get(&dialect) {
            Some(path) => path.clone(),
            None => dialect.default_path().to_owned(),
        };
        let dialects = written.get_ref().iter().copied();
        endpoint.paths = dialects.map(|dialect| (dialect, path(dialect))).collect();
        endpoint.preferred = written.get_ref().first().copied();
    }

    /// The stored key and the client's login. A login is a client's secret for one vendor: it is sent to another machine only
    /// if the settings state it.
    fn credential(&mut self, known: &Endpoint, endpoint: &mut Endpoint, entry: &file::Endpoint) {
        if let Some(name) = &entry.key_env {
            let name = name.trim();
            endpoint.key_env = (!name.is_empty()).then(|| name.to_owned());
            if endpoint.key_env.is_some() && endpoint.auth == Auth::None {
                endpoint.auth = Auth::Bearer;
            }
        }
        set(&mut endpoint.auth, entry.auth);
        let (Ok(to), from) = (Address::of(&endpoint.base), Address::of(&known.base)) else {
            return;
        };
        let moved = !from.is_ok_and(|from| from.is_same_server(&to));
        let inherited = known.accepts_client_login && (!moved || to.is_loopback());
        endpoint.accepts_client_login = match &entry.accepts_client_login {
            Some(written) => *written.get_ref(),
            None => inherited,
        };
        if !to.is_in_the_clear() {
            return;
        }
        let foreign = catalog::is_beyond_this_network(&endpoint.base);
        match (&entry.accepts_client_login, &entry.base) {
            (Some(written), _) if *written.get_ref() => self.err(
                written,
                "this base would send clients' logins unencrypted; use https, or remove accepts_client_login".into(),
            ),
            // The key belongs to the vendor, and the entry does not allow another address for it.
            (_, Some(base))
                if moved && endpoint.auth != Auth::None && entry.key_env.is_none() && known.key_env.is_some() =>
            {
                self.err(
                    base,
                    format!(
                        "this base would send the key of \"{}\" unencrypted; use https, or write auth = \"none\"",
                        known.id
                    ),
                );
            }
            (_, Some(base))
                if foreign && endpoint.auth != Auth::None && endpoint.key_env.is_some() =>
            {
                self.err(
                    base,
                    format!(
                        "this base would send the key of \"{}\" unencrypted over the internet; use https, or write auth = \"none\"",
                        known.id
                    ),
                );
            }
            _ => {}
        }
    }
}

/// Several entries may change endpoints of one provider.
fn put(own: &mut Vec<Provider>, known: Option<&Provider>, changed: Endpoint, name: Option<String>) {
    let at = own.iter().position(|one| one.id == changed.provider);
    let at = match (at, known) {
        (Some(at), _) => at,
        (None, Some(known)) => {
            own.push(known.clone());
            own.len() - 1
        }
        (None, None) => return,
    };
    let provider = &mut own[at];
    if let Some(name) = name {
        provider.product.clone_from(&name);
        provider.name = name;
    }
    for endpoint in &mut provider.endpoints {
        if endpoint.id == changed.id {
            *endpoint = changed.clone();
        }
    }
}

fn set<T>(value: &mut T, written: Option<T>) {
    if let Some(written) = written {
        *value = written;
    }
}

#[cfg(test)]
mod tests;
