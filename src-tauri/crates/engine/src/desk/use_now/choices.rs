//! The owner's choices of a provider, by client, and each client's last request.

use std::collections::BTreeMap;

use catalog::ProviderId;
use chrono::{DateTime, Utc};

use super::last_request::{LastRequest, Planned};

/// Clients whose last request is remembered.
const CLIENTS_KNOWN: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) provider: ProviderId,
    /// None: pinned.
    pub(crate) until: Option<DateTime<Utc>>,
}

#[derive(Debug, Default)]
pub(crate) struct Choices {
    by_client: BTreeMap<String, Choice>,
    last: BTreeMap<String, LastRequest>,
    /// The client of the newest request.
    latest: Option<String>,
}

impl Choices {
    pub(crate) fn of(&self, client: &str) -> Option<&Choice> {
        self.by_client.get(client)
    }

    /// Clients with requests or with a choice.
    pub(crate) fn clients(&self) -> Vec<&String> {
        let mut names: Vec<&String> = self.by_client.keys().chain(self.last.keys()).collect();
        names.sort();
        names.dedup();
        names
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Choice)> {
        self.by_client.iter()
    }

    /// None: no request was seen.
    pub(crate) fn last_request(&self, client: &str) -> Option<&LastRequest> {
        self.last.get(client)
    }

    /// The newest request of all clients.
    pub(in crate::desk) fn latest(&self) -> Option<(&String, &LastRequest)> {
        self.last.get_key_value(self.latest.as_ref()?)
    }

    pub(in crate::desk) fn last_requests(&self) -> impl Iterator<Item = (&String, &LastRequest)> {
        self.last.iter()
    }

    pub(in crate::desk) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.by_client
            .values()
            .filter_map(|choice| choice.until)
            .min()
    }

    /// Parses choices from the ledger's form, one line each.
    pub(crate) fn parse(kept: &str) -> BTreeMap<String, Choice> {
        let line = |line: &str| {
            let mut parts = line.split('\t');
            let (client, provider) = (parts.next()?, parts.next()?);
            let until = match parts.next()? {
                "pinned" => None,
                at => Some(DateTime::parse_from_rfc3339(at).ok()?.to_utc()),
            };
            let provider = ProviderId::new(provider);
            Some((client.to_owned(), Choice { provider, until }))
        };
        kept.lines().filter_map(line).collect()
    }

    /// The form for the ledger.
    pub(super) fn kept(&self) -> String {
        let line = |(client, choice): (&String, &Choice)| {
            let until = choice.until.map(|at| at.to_rfc3339());
            let until = until.as_deref().unwrap_or("pinned");
            format!("{client}\t{}\t{until}\n", choice.provider)
        };
        self.by_client.iter().map(line).collect()
    }

    pub(super) fn restore(&mut self, choices: BTreeMap<String, Choice>) {
        self.by_client = choices;
    }

    pub(super) fn set(&mut self, client: String, choice: Choice) {
        self.by_client.insert(client, choice);
    }

    /// True: the client had a choice.
    pub(super) fn lift(&mut self, client: &str) -> bool {
        self.by_client.remove(client).is_some()
    }

    /// Removes and returns the choices whose day has ended.
    pub(super) fn remove_ended(&mut self, now: DateTime<Utc>) -> BTreeMap<String, Choice> {
        let ended =
            |_: &String, choice: &mut Choice| choice.until.is_some_and(|until| until <= now);
        self.by_client.extract_if(.., ended).collect()
    }

    pub(in crate::desk) fn set_planned(&mut self, planned: Vec<(String, Planned)>) {
        for (client, planned) in planned {
            if let Some(request) = self.last.get_mut(&client) {
                request.planned = Some(planned);
            }
        }
    }

    /// Stores the last request of a client. True: a new client or model.
    pub(super) fn record(&mut self, client: &str, request: LastRequest) -> bool {
        if client.is_empty() || client.contains(['\t', '\n']) {
            return false;
        }
        if self.last.len() < CLIENTS_KNOWN || self.last.contains_key(client) {
            self.latest = Some(client.to_owned());
        }
        if let Some(known) = self.last.get_mut(client) {
            if known.is_like(&request) {
                known.input = request.input.or(known.input);
                known.answered_by = request.answered_by;
                return false;
            }
        } else if self.last.len() >= CLIENTS_KNOWN {
            return false;
        }
        self.last.insert(client.to_owned(), request);
        true
    }
}
