//! Undoes a connection key by key: what is still ours gets its former value, everything else stays.

use std::path::Path;

use api::KeyChange;
use catalog::SettingsFormat;

use crate::address::Address;
use crate::client::{Client, path_of};
use crate::file::Source;
use crate::format::{self, Value};
use crate::hide::hide;
use crate::path::KeyPath;
use crate::plan::broken_file;
use crate::receipt::{ReceiptFile, Store};
use crate::refusal::{Refusal, RefusalKind};
use crate::surroundings::Surroundings;

/// Result of an undo.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Undone {
    pub changed: Vec<KeyChange>,
    /// What was left, each a sentence.
    pub left: Vec<String>,
}

/// # Errors A file cannot be changed; the other files of this client are undone, and the receipt stays.
pub fn disconnect(
    client: Client,
    surroundings: &Surroundings,
    store: &Store,
    address: Option<&Address>,
) -> Result<Undone, Refusal> {
    let _turn = store.turn()?;
    let receipt = store.load(client.id())?;
    let mut undo = Undo {
        surroundings,
        address,
        done: Undone::default(),
    };
    let noted: &[ReceiptFile] = receipt.as_ref().map_or(&[], |receipt| &receipt.files);
    let mut refused = None;
    for file in noted {
        refused = undo.file(client, file).err().or(refused);
    }
    for file in &client.connection.files {
        let path = path_of(file, surroundings);
        let Some(path) = path.filter(|path| noted.iter().all(|noted| noted.path != *path)) else {
            continue;
        };
        // Lines that the owner wrote by hand, or whose receipt is lost.
        let unnoted = ReceiptFile {
            path,
            format: file.format,
            created: false,
            created_folders: Vec::new(),
            containers: Vec::new(),
            keys: Vec::new(),
        };
        if unnoted.path.exists() {
            refused = undo.file(client, &unnoted).err().or(refused);
        }
    }
    if let Some(refusal) = refused {
        return Err(refusal);
    }
    store.forget(client.id())?;
    Ok(undo.done)
}

/// Undoes every client; a file that cannot be changed does not stop the others.
pub fn disconnect_all(
    surroundings: &Surroundings,
    store: &Store,
    address: Option<&Address>,
) -> Vec<(Client, Result<Undone, Refusal>)> {
    let clients = Client::all().filter(Client::is_edited);
    let undone = clients.map(|client| {
        let done = disconnect(client, surroundings, store, address);
        (client, done)
    });
    undone
        .filter(|(_, done)| !matches!(done, Ok(done) if *done == Undone::default()))
        .collect()
}

struct Undo<'a> {
    surroundings: &'a Surroundings,
    address: Option<&'a Address>,
    done: Undone,
}

impl Undo<'_> {
    fn file(&mut self, client: Client, noted: &ReceiptFile) -> Result<(), Refusal> {
        // A client that writes at this moment is not overwritten.
        for _ in 0..2 {
            let source = Source::read(&noted.path, self.surroundings)?;
            if source.bytes.is_none() {
                return Ok(());
            }
            let mut part = Undone::default();
            let text = self
                .text(client, noted, &source, &mut part)
                .map_err(|broken| broken_file(&source, &broken))?;
            let written = if text == source.text() {
                true
            } else {
                source.check_writable()?;
                if noted.created && text.trim().is_empty() {
                    source.delete()?
                } else {
                    source.replace(&source.encode(&text), &mut Vec::new(), &mut || ())?
                }
            };
            if written {
                remove_empty(&noted.created_folders);
                self.done.changed.extend(part.changed);
                self.done.left.extend(part.left);
                return Ok(());
            }
        }
        let what = format!(
            "{} is being written by another program",
            noted.path.display()
        );
        Err(Refusal::new(RefusalKind::Outdated, what, "try again"))
    }

    /// The text without our keys.
    fn text(
        &self,
        client: Client,
        noted: &ReceiptFile,
        source: &Source,
        done: &mut Undone,
    ) -> Result<String, format::Broken> {
        let mut text = source.text().to_owned();
        let format = noted.format;
        for key in noted.keys.iter().rev() {
            let Some(current) = format::get(format, &text, &key.path)? else {
                continue;
            };
            let is_ours = current.raw == key.written || self.is_own(&current);
            if !is_ours {
                if Some(&current.raw) != key.before.as_ref() {
                    done.left.push(format!(
                        "{} in {} was changed after the connection, and was left.",
                        key.path, source.shown
                    ));
                }
                continue;
            }
            text = self.put(format, &text, &key.path, key.before.as_deref())?;
            let before = key.before.as_deref().map(|raw| plain(format, raw));
            self.note(source, &key.path, &current, before.as_deref(), done);
        }
        let data = client.connection.files.iter();
        for file in data.filter(|file| self.is_at(file, &noted.path)) {
            for key in &file.keys {
                for path in format::expand(format, &text, &KeyPath::parse(&key.path))? {
                    let current = format::get(format, &text, &path)?;
                    let Some(current) = current.filter(|current| self.is_own(current)) else {
                        continue;
                    };
                    text = self.put(format, &text, &path, None)?;
                    self.note(source, &path, &current, None, done);
                }
            }
            for obsolete in &file.obsolete {
                let path = KeyPath::parse(&obsolete.path);
                let current = format::get(format, &text, &path)?;
                if let Some(current) = current.filter(|it| it.text == obsolete.value) {
                    text = format::remove(format, &text, &path)?;
                    self.note(source, &path, &current, None, done);
                    let stays = obsolete.stays.iter();
                    done.left
                        .extend(stays.map(|stays| format!("{}: {stays}.", source.shown)));
                }
            }
        }
        format::restore(format, &text, &noted.containers)
    }

    fn is_at(&self, file: &catalog::SettingsFile, path: &Path) -> bool {
        path_of(file, self.surroundings).as_deref() == Some(path)
    }

    fn is_own(&self, value: &Value) -> bool {
        self.address
            .is_some_and(|address| address.is_own(&value.text))
    }

    fn put(
        &self,
        format: SettingsFormat,
        text: &str,
        path: &KeyPath,
        before: Option<&str>,
    ) -> Result<String, format::Broken> {
        match before {
            Some(raw) => Ok(format::set(format, text, path, raw)?.text),
            None => format::remove(format, text, path),
        }
    }

    fn note(
        &self,
        source: &Source,
        path: &KeyPath,
        current: &Value,
        before: Option<&str>,
        done: &mut Undone,
    ) {
        let shown = |text: &str| {
            let own = self.address.map(|address| address.hide(text));
            hide(own.as_deref().unwrap_or(text))
        };
        done.changed.push(KeyChange {
            file: source.shown.clone(),
            key: path.to_string(),
            before: Some(shown(&current.text)),
            after: before.map(shown),
            why: match before {
                Some(_) => "has its former value again".to_owned(),
                None => "was added by Understudy".to_owned(),
            },
        });
    }
}

/// For the page: without the quotes of the document.
fn plain(format: SettingsFormat, raw: &str) -> String {
    match format {
        SettingsFormat::Json
        | SettingsFormat::Jsonc
        | SettingsFormat::Toml
        | SettingsFormat::Yaml
        | SettingsFormat::Dotenv => raw.trim_matches(['"', '\'']).to_owned(),
    }
}

fn remove_empty(folders: &[std::path::PathBuf]) {
    for folder in folders.iter().rev() {
        // It fails if the client has put files into it.
        let _ = std::fs::remove_dir(folder);
    }
}
