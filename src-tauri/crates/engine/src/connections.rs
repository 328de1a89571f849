//! Connected clients: where their settings are, their state, and a test turn.

mod page;
mod test_turn;

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use api::{ConnectChange, ConnectDone, ConnectPage, ControlError};
use catalog::Secret;
use chrono::{DateTime, Utc};
use connect::{Address, Client, Refusal, RefusalKind, Store, Surroundings, System};

use crate::places::Places;

pub(crate) use page::{LastRequests, checks, elsewhere, is_seen_as, losses, unsupported};
pub(crate) use test_turn::begin_test;

/// Folders of programs below the home folder. A program that the desktop started does not have a shell's PATH.
const PROGRAMS_AT_HOME: [&str; 8] = [
    ".local/bin",
    ".claude/local",
    ".opencode/bin",
    ".npm-global/bin",
    ".bun/bin",
    ".volta/bin",
    ".cargo/bin",
    "bin",
];
const PROGRAMS: [&str; 3] = ["/opt/homebrew/bin", "/usr/local/bin", "/usr/bin"];

/// Settings files of clients, as one user and one environment sees them.
#[derive(Clone)]
pub(crate) struct Connections {
    pub store: Store,
    pub surroundings: Surroundings,
    pub address: Address,
    /// False: no engine listens at this address.
    pub listening: bool,
}

impl Connections {
    /// `project`: the folder of a project whose settings may override the user's.
    pub(crate) fn new(
        places: &Places,
        address: Address,
        project: Option<PathBuf>,
        listening: bool,
    ) -> Connections {
        let home = env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
        let home = home.map(PathBuf::from).unwrap_or_default();
        Connections {
            store: Store::new(&places.clients),
            surroundings: Surroundings {
                system: System::this(),
                programs: program_folders(env::var_os("PATH"), &home),
                home,
                variables: env::vars_os()
                    .filter_map(|(name, value)| {
                        Some((name.into_string().ok()?, value.into_string().ok()?))
                    })
                    .collect(),
                project,
            },
            address,
            listening,
        }
    }

    pub(crate) fn page(&self, last: &LastRequests) -> ConnectPage {
        let mut clients: Vec<_> = Client::all()
            .map(|client| {
                let survey =
                    connect::survey(client, &self.surroundings, &self.store, &self.address);
                page::client(survey, &self.address, self.listening, last)
            })
            .collect();
        let absent = |state| state == api::ConnectState::Absent;
        let copied = |method| method == api::ConnectMethod::Copy;
        clients.sort_by_key(|client| {
            let name = client.name.to_lowercase();
            (absent(client.state), copied(client.method), name)
        });
        ConnectPage {
            base_url: self.address.url(),
            clients,
            unsupported: unsupported(),
            elsewhere: elsewhere(&self.address),
        }
    }

    pub(crate) fn change(&self, client: Client) -> Result<ConnectChange, Refusal> {
        let planned = connect::plan(client, &self.surroundings, &self.store, &self.address);
        Ok(planned?.change)
    }

    pub(crate) fn connect(
        &self,
        client: Client,
        revision: &str,
        open_sessions: u32,
        now: DateTime<Utc>,
    ) -> Result<ConnectDone, Refusal> {
        let changed = connect::connect(
            client,
            &self.surroundings,
            &self.store,
            &self.address,
            revision,
            now,
        )?;
        Ok(ConnectDone {
            message: page::connected(client, changed.is_empty()),
            changed,
            left: Vec::new(),
            open_sessions,
        })
    }

    pub(crate) fn disconnect(
        &self,
        client: Client,
        open_sessions: u32,
    ) -> Result<ConnectDone, Refusal> {
        let address = Some(&self.address);
        let undone = connect::disconnect(client, &self.surroundings, &self.store, address)?;
        let shadowed = connect::shadowed(client, &self.surroundings, &self.address);
        Ok(ConnectDone {
            message: page::disconnected(client, &undone, &shadowed),
            changed: undone.changed,
            left: undone.left,
            open_sessions,
        })
    }

    /// A file that cannot be changed does not stop the others; it is in `left`. True: everything was undone.
    pub(crate) fn disconnect_all(&self, open_sessions: u32) -> (ConnectDone, bool) {
        let address = Some(&self.address);
        let mut done = ConnectDone {
            message: String::new(),
            changed: Vec::new(),
            left: Vec::new(),
            open_sessions,
        };
        let mut names = Vec::new();
        let mut complete = true;
        for (client, undone) in connect::disconnect_all(&self.surroundings, &self.store, address) {
            match undone {
                Ok(undone) => {
                    names.push(client.name().to_owned());
                    done.changed.extend(undone.changed);
                    done.left.extend(undone.left);
                }
                Err(refusal) => {
                    complete = false;
                    done.left.push(format!("{}: {refusal}.", client.name()));
                }
            }
        }
        done.message = page::all_disconnected(&names);
        (done, complete)
    }
}

/// The address in a form that no log shows.
pub(crate) fn address(origin: &str, token: &Secret) -> Address {
    Address::new(origin.trim_end_matches('/'), token.clone())
}

pub(crate) fn control_error(refusal: Refusal) -> ControlError {
    ControlError {
        error: refusal.what,
        fix: refusal.fix,
    }
}

/// The exit code of a refusal: 2 where nothing is there to connect.
pub(crate) fn exit_code(kind: RefusalKind) -> u8 {
    match kind {
        RefusalKind::Nothing => 2,
        RefusalKind::Unusable | RefusalKind::Outdated | RefusalKind::Own => 1,
    }
}

fn program_folders(path: Option<OsString>, home: &Path) -> Vec<PathBuf> {
    let path = path.unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect();
    folders.extend(PROGRAMS_AT_HOME.map(|below| home.join(below)));
    // Each version of Node has its own folder.
    let versions = std::fs::read_dir(home.join(".nvm/versions/node"));
    let mut versions: Vec<PathBuf> = versions
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    folders.extend(PROGRAMS.map(PathBuf::from));
    let mut seen = BTreeSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    folders
}
