//! The state of a client on this computer.

use std::path::PathBuf;

use api::{ClientFile, ClientFileScope};
use catalog::SettingsFile;
use chrono::{DateTime, Utc};

use crate::address::Address;
use crate::client::{Client, path_of};
use crate::file::Source;
use crate::format;
use crate::hide::hide;
use crate::layers::{self, Override};
use crate::notes::notes;
use crate::path::KeyPath;
use crate::plan::broken_file;
use crate::receipt::{ReceiptFile, ReceiptKey, Store};
use crate::refusal::Refusal;
use crate::shell;
use crate::surroundings::Surroundings;

#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    Absent,
    NotConnected,
    /// Its settings have no place for a base URL.
    NoPlace,
    /// Some of its keys point here.
    Partly,
    Connected,
    /// Our token with another port.
    Moved,
    Elsewhere {
        address: String,
    },
    Overridden {
        /// "/etc/client/managed.json sets KEY = VALUE"
        by: String,
    },
    Unusable(Refusal),
    /// Only lines to copy.
    Lines,
}

#[derive(Clone, Debug)]
pub struct Survey {
    pub client: Client,
    pub standing: Standing,
    pub files: Vec<ClientFile>,
    pub connected_at: Option<DateTime<Utc>>,
    /// What may send some of its requests elsewhere.
    pub notes: Vec<String>,
    /// Its program, for a test turn.
    pub program: Option<PathBuf>,
}

/// Reads the client's files.
pub fn survey(
    client: Client,
    surroundings: &Surroundings,
    store: &Store,
    address: &Address,
) -> Survey {
    let receipt = store.load(client.id()).ok().flatten();
    let mut survey = Survey {
        client,
        standing: Standing::Absent,
        files: Vec::new(),
        connected_at: receipt.as_ref().map(|receipt| receipt.connected_at),
        notes: Vec::new(),
        program: surroundings.program(&client.connection.programs),
    };
    let mut states = States::default();
    let mut refusal = None;
    for file in &client.connection.files {
        let Some(path) = path_of(file, surroundings) else {
            continue;
        };
        match Source::read(&path, surroundings) {
            Ok(source) => {
                survey.files.push(ClientFile {
                    path: source.shown.clone(),
                    scope: ClientFileScope::User,
                    exists: source.bytes.is_some(),
                });
                let read = states.read(file, &source, address);
                refusal = refusal.or(read.err());
            }
            Err(unreadable) => refusal = refusal.or(Some(unreadable)),
        }
    }
    let paths: Vec<PathBuf> = client
        .connection
        .files
        .iter()
        .filter_map(|file| path_of(file, surroundings))
        .collect();
    let noted = receipt.iter().flat_map(|receipt| &receipt.files);
    let moved = noted
        .filter(|noted| !paths.contains(&noted.path))
        .filter_map(|noted| moved_file(noted, surroundings, address));
    let moved: Vec<ClientFile> = moved.collect();
    let is_connected_there = !moved.is_empty();
    survey.files.extend(moved);
    survey.files.extend(layers::files(client, surroundings));
    survey.standing = if !client.is_edited() {
        Standing::Lines
    } else if let Some(refusal) = refusal {
        Standing::Unusable(refusal)
    } else {
        let shells = shell::read(surroundings);
        let mut overrides = layers::overrides(client, surroundings, address, &shells);
        let profiles = overrides.extract_if(.., |one| !one.is_active());
        survey.notes = profiles.map(|one| layers::sentence(&one)).collect();
        survey.notes.extend(notes(
            client,
            surroundings,
            address,
            &shells,
            receipt.as_ref(),
        ));
        states.standing(overrides.first())
    };
    if is_connected_there && survey.standing == Standing::NotConnected {
        survey.standing = Standing::Connected;
    }
    if !client.is_installed(surroundings) && !matches!(survey.standing, Standing::Connected) {
        survey.standing = Standing::Absent;
    }
    survey
}

/// A file that was connected where a variable of a terminal moved the client's folder, if it still points here.
fn moved_file(
    noted: &ReceiptFile,
    surroundings: &Surroundings,
    address: &Address,
) -> Option<ClientFile> {
    let source = Source::read(&noted.path, surroundings).ok()?;
    let is_own = |key: &ReceiptKey| {
        let value = format::get(noted.format, source.text(), &key.path);
        matches!(value, Ok(Some(value)) if address.is_own(&value.text))
    };
    noted.keys.iter().any(is_own).then(|| ClientFile {
        path: source.shown.clone(),
        scope: ClientFileScope::User,
        exists: true,
    })
}

#[derive(Default)]
struct States {
    own: usize,
    absent: usize,
    moved: bool,
    other: Option<String>,
    guard: Option<String>,
}

impl States {
    fn read(
        &mut self,
        file: &SettingsFile,
        source: &Source,
        address: &Address,
    ) -> Result<(), Refusal> {
        let broken = |broken| broken_file(source, &broken);
        let text = source.text();
        for key in file
            .keys
            .iter()
            .filter(|key| !key.only_if_absent && key.only_over.is_empty())
        {
            let wanted = address.fill(&key.value);
            let path = KeyPath::parse(&key.path);
            if let Some(needs) = &key.needs {
                let needs = KeyPath::parse(needs);
                if format::get(file.format, text, &needs)
                    .map_err(broken)?
                    .is_none()
                {
                    continue;
                }
            }
            for path in format::expand(file.format, text, &path).map_err(broken)? {
                match format::get(file.format, text, &path).map_err(broken)? {
                    None => self.absent += 1,
                    Some(value) if value.text == wanted => self.own += 1,
                    Some(value) if address.is_own(&value.text) => self.moved = true,
                    Some(value) => self.other = Some(hide(&value.text)),
                }
            }
        }
        for guard in &file.guards {
            let path = KeyPath::parse(&guard.path);
            let value = format::get(file.format, text, &path).map_err(broken)?;
            if let Some(value) = value.filter(|value| !guard.harmless.contains(&value.text)) {
                let (path, shown) = (&guard.path, &source.shown);
                self.guard = Some(format!("{path} = {} in {shown}", hide(&value.text)));
            }
        }
        Ok(())
    }

    /// `over`: what overrides these files.
    fn standing(self, over: Option<&Override>) -> Standing {
        if self.moved {
            return Standing::Moved;
        }
        if let Some(address) = self.other {
            return Standing::Elsewhere { address };
        }
        match (self.own, self.absent) {
            (0, 0) => Standing::NoPlace,
            (0, _) => match self.guard {
                Some(address) => Standing::Elsewhere { address },
                None => Standing::NotConnected,
            },
            (_, 1..) => Standing::Partly,
            (_, 0) => {
                let by = self.guard.or_else(|| {
                    let Override {
                        place, key, value, ..
                    } = over?;
                    Some(format!("{place} sets {key} = {value}"))
                });
                by.map_or(Standing::Connected, |by| Standing::Overridden { by })
            }
        }
    }
}
