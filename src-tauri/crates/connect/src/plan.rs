//! The change that connecting a client would make now. It reads files and writes none.

use std::fmt;

use api::{ConnectChange, FileDiff, KeyChange};
use catalog::{SettingsFile, SettingsKey};
use sha2::{Digest, Sha256};

use crate::address::Address;
use crate::client::{Client, path_of};
use crate::diff::unified;
use crate::file::Source;
use crate::format::{self, Broken, Container, Value};
use crate::hide::hide;
use crate::layers;
use crate::notes::notes;
use crate::path::{KeyPath, Step};
use crate::receipt::{Receipt, ReceiptFile, ReceiptKey, Store};
use crate::refusal::{Refusal, RefusalKind};
use crate::shell;
use crate::surroundings::Surroundings;

/// A change, and the state of the files from which it was computed.
#[derive(Clone)]
pub struct Plan {
    pub(crate) files: Vec<FilePlan>,
    pub change: ConnectChange,
}

/// Its texts contain the token.
#[derive(Clone)]
pub(crate) struct FilePlan {
    pub source: Source,
    pub new_text: String,
    pub receipt: ReceiptFile,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.change.fmt(f)
    }
}

/// # Errors A file cannot be changed, or the client has no place for the base URL.
pub fn plan(
    client: Client,
    surroundings: &Surroundings,
    store: &Store,
    address: &Address,
) -> Result<Plan, Refusal> {
    if !client.is_edited() {
        let what = format!("{} has no settings file that can be edited", client.name());
        let fix = "copy its lines: `understudyd connect` with --dry-run shows them";
        return Err(Refusal::new(RefusalKind::Nothing, what, fix));
    }
    if !client.is_installed(surroundings) {
        let what = format!("{} was not found on this computer", client.name());
        let fix = "install it and start it once, then connect it";
        return Err(Refusal::new(RefusalKind::Nothing, what, fix));
    }
    let receipt = store.load(client.id())?;
    let shells = shell::read(surroundings);
    let overrides = layers::overrides(client, surroundings, address, &shells);
    let mut warnings: Vec<String> = overrides.iter().map(layers::sentence).collect();
    warnings.extend(notes(
        client,
        surroundings,
        address,
        &shells,
        receipt.as_ref(),
    ));
    let mut plan = Plan {
        files: Vec::new(),
        change: ConnectChange {
            files: Vec::new(),
            keys: Vec::new(),
            warnings,
            restart: !client.connection.live,
            revision: String::new(),
        },
    };
    let mut places = 0;
    for file in &client.connection.files {
        let Some(path) = path_of(file, surroundings) else {
            continue;
        };
        let source = Source::read(&path, surroundings)?;
        let former = receipt.as_ref().and_then(|receipt| receipt.file(&path));
        let mut edit = Edit::new(file, source, former);
        for key in &file.keys {
            places += edit.key(key, surroundings, address)?;
        }
        edit.remove_obsolete()?;
        edit.warn(client, &mut plan.change.warnings);
        edit.finish(address, &mut plan)?;
    }
    if places == 0 {
        let what = format!(
            "{} has no entry for a base URL in its settings",
            client.name()
        );
        let needs = client.connection.needs.as_deref();
        let fix = needs.unwrap_or("add a model of Anthropic or OpenAI to its settings");
        return Err(Refusal::new(RefusalKind::Nothing, what, fix));
    }
    plan.change.revision = revision(&plan.files);
    Ok(plan)
}

/// A file while its change is computed.
struct Edit<'a> {
    file: &'a SettingsFile,
    source: Source,
    text: String,
    receipt: ReceiptFile,
    changes: Vec<KeyChange>,
}

impl<'a> Edit<'a> {
    fn new(file: &'a SettingsFile, source: Source, former: Option<&ReceiptFile>) -> Edit<'a> {
        let receipt = former.cloned().unwrap_or_else(|| ReceiptFile {
            path: source.path.clone(),
            format: file.format,
            created: source.bytes.is_none(),
            created_folders: Vec::new(),
            containers: Vec::new(),
            keys: Vec::new(),
        });
        Edit {
            file,
            text: source.text().to_owned(),
            source,
            receipt,
            changes: Vec::new(),
        }
    }

    fn broken(&self, broken: &Broken) -> Refusal {
        broken_file(&self.source, broken)
    }

    fn get(&self, path: &KeyPath) -> Result<Option<Value>, Refusal> {
        format::get(self.file.format, &self.text, path).map_err(|broken| self.broken(&broken))
    }

    /// Writes a key, and returns the number of its places in the file.
    fn key(
        &mut self,
        key: &SettingsKey,
        surroundings: &Surroundings,
        address: &Address,
    ) -> Result<usize, Refusal> {
        let path = KeyPath::parse(&key.path);
        let found = format::expand(self.file.format, &self.text, &path);
        let places = found.map_err(|broken| self.broken(&broken))?;
        let is_base = !key.only_if_absent && key.only_over.is_empty();
        let count = if is_base { places.len() } else { 0 };
        let value = address.fill(&key.value);
        if let Some(needs) = &key.needs
            && self.get(&KeyPath::parse(needs))?.is_none()
        {
            return Ok(0);
        }
        for path in places {
            let current = self.get(&path)?;
            let own = self.receipt.key(&path).cloned();
            let in_variable = match path.0.last() {
                Some(Step::Key(name)) => surroundings.variables.contains_key(name),
                Some(Step::Where { .. } | Step::Item(_)) | None => false,
            };
            if key.only_if_absent && own.is_none() && (current.is_some() || in_variable) {
                continue;
            }
            let is_ours = current.as_ref().is_some_and(|current| {
                address.is_own(&current.text)
                    || own.as_ref().is_some_and(|own| own.written == current.raw)
            });
            if key.only_if_absent && current.is_some() && !is_ours {
                continue;
            }
            let over = |it: &Value| key.only_over.contains(&it.text);
            if !key.only_over.is_empty() && !is_ours && !current.as_ref().is_some_and(over) {
                continue;
            }
            let is_written = current.as_ref().is_some_and(|it| it.text == value);
            let raw = match &current {
                Some(current) if is_written => current.raw.clone(),
                Some(_) | None => format::literal(self.file.format, &value),
            };
            let before = match (&own, &current) {
                (Some(own), _) if is_ours => own.before.clone(),
                (None, Some(_)) if is_ours => None,
                (_, current) => current.as_ref().map(|current| current.raw.clone()),
            };
            if !is_written {
                self.write(&path, &raw)?;
                self.note(&path, current.as_ref(), Some(&value), &key.why, address);
            }
            self.remember(ReceiptKey {
                path,
                before,
                written: raw,
            });
        }
        Ok(count)
    }

    fn write(&mut self, path: &KeyPath, raw: &str) -> Result<(), Refusal> {
        let edited = format::set(self.file.format, &self.text, path, raw)
            .map_err(|broken| self.broken(&broken))?;
        self.text = edited.text;
        if self.source.bytes.is_none() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        for container in edited.containers {
            let known = |it: &Container| it.path == container.path;
            if !self.receipt.containers.iter().any(known) {
                self.receipt.containers.push(container);
            }
        }
        Ok(())
    }

    fn note(
        &mut self,
        path: &KeyPath,
        before: Option<&Value>,
        after: Option<&str>,
        why: &str,
        address: &Address,
    ) {
        let shown = |text: &str| hide(&address.hide(text));
        self.changes.push(KeyChange {
            file: self.source.shown.clone(),
            key: path.to_string(),
            before: before.map(|value| shown(&value.text)),
            after: after.map(shown),
            why: why.to_owned(),
        });
    }

    fn remember(&mut self, key: ReceiptKey) {
        self.receipt.keys.retain(|known| known.path != key.path);
        self.receipt.keys.push(key);
    }

    fn remove_obsolete(&mut self) -> Result<(), Refusal> {
        for obsolete in &self.file.obsolete {
            let path = KeyPath::parse(&obsolete.path);
            let current = self.get(&path)?;
            let Some(current) = current.filter(|it| it.text == obsolete.value) else {
                continue;
            };
            self.text = format::remove(self.file.format, &self.text, &path)
                .map_err(|broken| self.broken(&broken))?;
            self.changes.push(KeyChange {
                file: self.source.shown.clone(),
                key: path.to_string(),
                before: Some(current.text),
                after: None,
                why: "is what an earlier version needed".to_owned(),
            });
        }
        Ok(())
    }

    fn warn(&self, client: Client, warnings: &mut Vec<String>) {
        let value = |path: &str| self.get(&KeyPath::parse(path)).ok().flatten();
        for guard in &self.file.guards {
            let Some(value) = value(&guard.path) else {
                continue;
            };
            if !guard.harmless.contains(&value.text) {
                let shown = &self.source.shown;
                warnings.push(format!(
                    "{} = {} in {shown} sends requests elsewhere; the base URL has no effect while it is set.",
                    guard.path, hide(&value.text)
                ));
            }
        }
        let leaves = format::leaves(self.file.format, &self.text).unwrap_or_default();
        for note in &client.connection.notes {
            let begins = |name: &String| {
                let rest = name.strip_prefix(&note.path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
            };
            let set = |(name, value): (&String, &String)| begins(name) && value != "\"\"";
            if leaves.iter().any(set) {
                warnings.push(format!("{}.", note.text));
            }
        }
    }

    fn finish(self, address: &Address, plan: &mut Plan) -> Result<(), Refusal> {
        if self.text != self.source.text() {
            self.source.check_writable()?;
            plan.change.files.push(FileDiff {
                path: self.source.shown.clone(),
                new: self.source.bytes.is_none(),
                diff: unified(&address.hide(self.source.text()), &address.hide(&self.text)),
            });
        }
        plan.change.keys.extend(self.changes);
        plan.files.push(FilePlan {
            source: self.source,
            new_text: self.text,
            receipt: self.receipt,
        });
        Ok(())
    }
}

pub(crate) fn broken_file(source: &Source, broken: &Broken) -> Refusal {
    let line = broken
        .line
        .map_or_else(String::new, |line| format!(", line {line}"));
    let what = format!("{}{line}: {}", source.shown, broken.what);
    let fix = "correct the file, or add the lines by hand; nothing was changed";
    Refusal::new(RefusalKind::Unusable, what, fix)
}

/// A digest of the files, their links, and the new texts.
fn revision(files: &[FilePlan]) -> String {
    let mut digest = Sha256::new();
    for file in files {
        for part in [
            file.source.path.as_os_str().as_encoded_bytes(),
            file.source.target.as_os_str().as_encoded_bytes(),
            file.source.bytes.as_deref().unwrap_or(b"absent"),
            file.new_text.as_bytes(),
        ] {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
    }
    let bytes = digest.finalize();
    bytes.iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// The receipt of a plan, with the files of an earlier one that this plan does not have.
pub(crate) fn receipt(
    client: Client,
    plan: &Plan,
    former: Option<Receipt>,
    now: chrono::DateTime<chrono::Utc>,
) -> Receipt {
    let mut files: Vec<ReceiptFile> = plan.files.iter().map(|file| file.receipt.clone()).collect();
    let moved = !plan.change.keys.is_empty();
    let connected_at = former.as_ref().map(|former| former.connected_at);
    let others = former.into_iter().flat_map(|former| former.files);
    for other in others {
        if files.iter().all(|file| file.path != other.path) {
            files.push(other);
        }
    }
    files.retain(|file| !file.keys.is_empty());
    Receipt {
        client: client.id().to_owned(),
        connected_at: connected_at.filter(|_| !moved).unwrap_or(now),
        files,
    }
}
