//! Clients and their states, as the faces show them.

use std::collections::BTreeMap;

use api::{
    Check, CheckState, ConnectClient, ConnectMethod, ConnectPage, ConnectState, CopyLines, Loss,
    UnsupportedClient,
};
use catalog::{KnownClient, KnownLines};
use chrono::{DateTime, Utc};
use connect::{Address, Client, Standing, Survey, Undone};

/// The last request of each client, by its name in the traffic log.
pub(crate) type LastRequests = BTreeMap<String, DateTime<Utc>>;

/// A request with this client's name in the log may be of this client.
pub(crate) fn is_seen_as(client: Client, name: &str) -> bool {
    let names = &client.connection.seen_as;
    match names.is_empty() {
        true => client.name() == name,
        false => names.iter().any(|seen| seen == name),
    }
}

/// `listening`: an engine listens at this address.
pub(super) fn client(
    survey: Survey,
    address: &Address,
    listening: bool,
    last: &LastRequests,
) -> ConnectClient {
    let client = survey.client;
    let last_request = last
        .iter()
        .filter(|(name, _)| is_seen_as(client, name))
        .map(|(_, at)| *at)
        .max();
    let confirmed = match survey.connected_at {
        Some(since) => last_request.is_some_and(|at| at >= since),
        None => last_request.is_some(),
    };
    let vendor = &client.connection.vendor;
    let id = client.id();
    let command = || Some(format!("understudyd connect {id}"));
    let (state, message, fix) = match survey.standing {
        Standing::Absent => (
            ConnectState::Absent,
            "Not found on this computer.".to_owned(),
            None,
        ),
        Standing::NotConnected => (
            ConnectState::NotConnected,
            format!("Not connected: its requests go straight to {vendor}."),
            command(),
        ),
        Standing::NoPlace => (
            ConnectState::NotConnected,
            format!(
                "Not connected: its settings have no place for a base URL, and its requests go straight to {vendor}."
            ),
            client.connection.needs.clone(),
        ),
        Standing::Partly => (
            ConnectState::NotConnected,
            format!("Only a part is connected: other requests go straight to {vendor}."),
            command(),
        ),
        // The address of the next start is not known for certain.
        Standing::Connected | Standing::Moved if !listening => (
            ConnectState::Connected,
            "Connected, but nothing listens: its requests fail.".to_owned(),
            Some(format!(
                "start the engine with `understudyd`, or `understudyd connect {id} --undo`"
            )),
        ),
        Standing::Connected if confirmed => (
            ConnectState::Confirmed,
            "Connected: its requests arrive here.".to_owned(),
            None,
        ),
        Standing::Connected => (
            ConnectState::Connected,
            "Its settings point here; no request has arrived since.".to_owned(),
            Some(match survey.program {
                Some(_) => format!("understudyd connect {id} --test"),
                None => "restart its open sessions, and send a request".to_owned(),
            }),
        ),
        Standing::Moved => (
            ConnectState::Elsewhere,
            "Its settings point to an earlier address of Understudy.".to_owned(),
            command(),
        ),
        Standing::Elsewhere { address: other } => (
            ConnectState::Elsewhere,
            format!("Its settings point to another address: {other}."),
            Some(format!(
                "`understudyd connect {id}` replaces it; --undo restores it"
            )),
        ),
        Standing::Overridden { by } => (
            ConnectState::Overridden,
            format!("Its settings point here, but are overridden: {by}."),
            Some("remove that setting, or write the base URL there too".to_owned()),
        ),
        Standing::Unusable(refusal) => (
            ConnectState::Unusable,
            format!("{}.", refusal.what),
            refusal.fix,
        ),
        Standing::Lines if last_request.is_some() => (
            ConnectState::Confirmed,
            "Its requests arrive here.".to_owned(),
            None,
        ),
        Standing::Lines => (
            ConnectState::Unknown,
            "Copy its lines; no request has arrived yet.".to_owned(),
            command(),
        ),
    };
    ConnectClient {
        id: id.to_owned(),
        name: client.name().to_owned(),
        method: match client.is_edited() {
            true => ConnectMethod::Edit,
            false => ConnectMethod::Copy,
        },
        state,
        message,
        fix,
        files: survey.files,
        notes: survey.notes,
        losses: losses(client),
        lines: lines(&client.connection.lines, address),
        last_request,
        testable: survey.program.is_some() && !client.connection.test.is_empty(),
    }
}

pub(crate) fn losses(client: Client) -> Vec<Loss> {
    let losses = client.connection.losses.iter();
    let loss = |loss: &catalog::KnownLoss| Loss {
        what: loss.what.clone(),
        kept_by: loss.kept_by.clone(),
    };
    losses.map(loss).collect()
}

pub(crate) fn lines(known: &[KnownLines], address: &Address) -> Vec<CopyLines> {
    let line = |lines: &KnownLines| CopyLines {
        label: lines.label.clone(),
        text: address.fill(&lines.text),
    };
    known.iter().map(line).collect()
}

pub(crate) fn elsewhere(address: &Address) -> Vec<CopyLines> {
    lines(catalog::elsewhere(), address)
}

pub(crate) fn unsupported() -> Vec<UnsupportedClient> {
    let clients = KnownClient::all().iter();
    let unsupported = clients.filter_map(|known| {
        Some(UnsupportedClient {
            name: known.name.clone(),
            reason: known.unsupported.clone()?,
        })
    });
    unsupported.collect()
}

pub(super) fn connected(client: Client, already: bool) -> String {
    let name = client.name();
    match (already, client.connection.live) {
        (true, _) => format!("{name} was connected already. Nothing was changed."),
        (false, true) => {
            format!("{name} is connected. Open sessions use it with their next request.")
        }
        (false, false) => format!("{name} is connected. Restart its open sessions."),
    }
}

/// `shadowed`: what decides its address from now on, where a variable does.
pub(super) fn disconnected(client: Client, undone: &Undone, shadowed: &[String]) -> String {
    let name = client.name();
    match (undone.changed.is_empty(), shadowed.first()) {
        (true, _) => format!("{name} was not connected. Nothing was changed."),
        (false, Some(line)) => {
            format!("{name} is disconnected. {line} Restart its open sessions.")
        }
        (false, None) => format!(
            "{name} is disconnected: its next start goes straight to {}. Restart its open sessions.",
            client.connection.vendor
        ),
    }
}

pub(super) fn all_disconnected(names: &[String]) -> String {
    match names {
        [] => "No client was connected. Nothing was changed.".to_owned(),
        names => format!(
            "Disconnected: {}. Restart their open sessions.",
            names.join(", ")
        ),
    }
}

/// Lines of the doctor for the clients that were found.
pub(crate) fn checks(page: &ConnectPage) -> Vec<Check> {
    let found = page.clients.iter().filter(|client| {
        let is_copied = client.method == ConnectMethod::Copy;
        client.state != ConnectState::Absent && !(is_copied && client.last_request.is_none())
    });
    let check = |client: &ConnectClient| Check {
        name: format!("client {}", client.id),
        state: match client.state {
            ConnectState::Overridden | ConnectState::Unusable => CheckState::Bad,
            // Without an engine its requests fail.
            ConnectState::Connected if client.message.contains("nothing listens") => {
                CheckState::Bad
            }
            ConnectState::Confirmed => CheckState::Good,
            ConnectState::Absent
            | ConnectState::NotConnected
            | ConnectState::Connected
            | ConnectState::Elsewhere
            | ConnectState::Unknown => CheckState::Note,
        },
        message: client.message.clone(),
        fix: client.fix.clone(),
    };
    let note = |client: &ConnectClient, text: &String| Check {
        name: format!("client {}", client.id),
        state: CheckState::Note,
        message: text.clone(),
        fix: Some("if that is not intended, change or remove it there".to_owned()),
    };
    let with_notes = found.flat_map(|client| {
        let notes = client.notes.iter().map(|text| note(client, text));
        std::iter::once(check(client)).chain(notes.collect::<Vec<_>>())
    });
    with_notes.collect()
}
