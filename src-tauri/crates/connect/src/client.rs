//! A client of the catalogue, by its id.

use std::path::PathBuf;

use catalog::{Connection, KnownClient, Method, SettingsFile};

use crate::refusal::{Refusal, RefusalKind};
use crate::surroundings::Surroundings;

/// A client that can be connected.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    pub known: &'static KnownClient,
    pub connection: &'static Connection,
}

impl Client {
    pub fn all() -> impl Iterator<Item = Client> {
        let with = |known: &'static KnownClient| {
            let connection = known.connect.as_ref()?;
            Some(Client { known, connection })
        };
        KnownClient::all().iter().filter_map(with)
    }

    /// # Errors The id names no client; the refusal lists them.
    pub fn named(id: &str) -> Result<Client, Refusal> {
        Client::all()
            .find(|client| client.connection.id == id)
            .ok_or_else(|| {
                let ids: Vec<&str> = Client::all().map(|it| it.connection.id.as_str()).collect();
                let what = format!("there is no client \"{id}\"");
                Refusal::new(
                    RefusalKind::Nothing,
                    what,
                    format!("name one of {}", ids.join(", ")),
                )
            })
    }

    pub fn name(&self) -> &'static str {
        &self.known.name
    }

    pub fn id(&self) -> &'static str {
        &self.connection.id
    }

    pub fn is_edited(&self) -> bool {
        self.connection.method == Method::Edit
    }

    /// Its program or one of its folders exists.
    pub fn is_installed(&self, surroundings: &Surroundings) -> bool {
        let mut folders = self.connection.folders.iter();
        surroundings.program(&self.connection.programs).is_some()
            || folders.any(|folder| {
                let folder = surroundings.expand(folder);
                folder.is_some_and(|folder| folder.is_dir())
            })
    }
}

/// The path of a settings file: the first that exists, or the last.
pub(crate) fn path_of(file: &SettingsFile, surroundings: &Surroundings) -> Option<PathBuf> {
    let paths = surroundings.choose(&file.paths, &file.macos, &file.windows);
    let mut known: Vec<PathBuf> = paths
        .iter()
        .filter_map(|path| surroundings.expand(path))
        .collect();
    let existing = known
        .iter()
        .position(|path| path.exists() || path.is_symlink());
    match existing {
        Some(at) => Some(known.swap_remove(at)),
        None => known.pop(),
    }
}
