//! Clients, changes and results as text.

use api::{ConnectChange, ConnectClient, ConnectDone, ConnectPage, ConnectState, ConnectTest};
use connect::Client;

use crate::cli::print_line::{print_document, print_line};
use crate::connections::losses;

pub(super) fn table(page: &ConnectPage, listening: bool) {
    if !listening {
        print_line!("No engine is running: connected clients cannot send requests.");
    }
    let width = page.clients.iter().map(|client| client.id.len()).max();
    let width = width.unwrap_or_default();
    for client in &page.clients {
        print_line!(
            "{}  {:<width$}  {}: {}",
            mark(client.state),
            client.id,
            client.name,
            client.message
        );
        if let Some(fix) = client.fix.as_ref().filter(|_| is_trouble(client.state)) {
            print_line!("      To fix it: {fix}");
        }
        if client.state != ConnectState::Absent {
            for note in &client.notes {
                print_line!("      {note}");
            }
        }
    }
    print_line!("");
    print_line!("Cannot be connected:");
    for client in &page.unsupported {
        print_line!("      {}: {}", client.name, client.reason);
    }
    print_line!("");
    print_line!("`understudyd connect CLIENT --dry-run` shows a change, or the lines to copy.");
}

fn mark(state: ConnectState) -> &'static str {
    match state {
        ConnectState::Confirmed => "ok  ",
        ConnectState::Connected => "set ",
        ConnectState::Elsewhere | ConnectState::Overridden => "else",
        ConnectState::Unusable => "BAD ",
        ConnectState::Absent | ConnectState::NotConnected | ConnectState::Unknown => "-   ",
    }
}

fn is_trouble(state: ConnectState) -> bool {
    match state {
        ConnectState::Connected
        | ConnectState::Elsewhere
        | ConnectState::Overridden
        | ConnectState::Unusable => true,
        ConnectState::Absent
        | ConnectState::NotConnected
        | ConnectState::Confirmed
        | ConnectState::Unknown => false,
    }
}

/// The diff, the keys with their purpose, what is lost, and warnings.
pub(super) fn change(client: Client, change: &ConnectChange) {
    if change.keys.is_empty() {
        print_line!("{} is connected already.", client.name());
    }
    for file in &change.files {
        let new = if file.new { " (new)" } else { "" };
        print_line!("{}{new}", file.path);
        print_document(&file.diff);
        print_line!("");
    }
    for key in &change.keys {
        match &key.before {
            Some(before) => print_line!("{} {}; before: {before}", key.key, key.why),
            None => print_line!("{} {}", key.key, key.why),
        }
    }
    let losses = losses(client);
    let lost: Vec<_> = losses
        .iter()
        .filter(|loss| loss.kept_by.is_none())
        .collect();
    if !lost.is_empty() {
        print_line!("");
        print_line!("What {} loses while it is connected:", client.name());
        for loss in lost {
            print_line!("    {}", loss.what);
        }
    }
    for warning in &change.warnings {
        print_line!("WARNING: {warning}");
    }
    if change.restart {
        print_line!("Sessions that run now keep their address until you restart them.");
    }
    print_line!("");
}

pub(super) fn done(done: &ConnectDone) {
    print_line!("{}", done.message);
    for left in &done.left {
        print_line!("    {left}");
    }
    if done.open_sessions > 0 && !done.changed.is_empty() {
        let sessions = match done.open_sessions {
            1 => "One session".to_owned(),
            count => format!("{count} sessions"),
        };
        print_line!("{sessions} of the last hour may still send requests here.");
    }
}

pub(super) fn to_copy(client: &ConnectClient) {
    print_line!("{}: {}", client.name, client.message);
    for lines in &client.lines {
        print_line!("");
        print_line!("{}:", lines.label);
        print_document(&lines.text);
    }
}

pub(super) fn test(tested: &ConnectTest) {
    let mark = if tested.passed { "ok" } else { "NOT CONFIRMED" };
    print_line!("{mark}: {}", tested.message);
    if let Some(fix) = tested.fix.as_ref() {
        print_line!("    To fix it: {fix}: {}", tested.command);
    }
}
