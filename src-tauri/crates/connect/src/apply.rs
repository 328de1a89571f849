//! Makes a planned change.

use api::KeyChange;
use chrono::{DateTime, Utc};

use crate::address::Address;
use crate::client::Client;
use crate::plan::{Plan, plan, receipt};
use crate::receipt::Store;
use crate::refusal::{Refusal, RefusalKind};
use crate::surroundings::Surroundings;

/// The moments of a change, for tests of what happens between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    ReceiptWritten,
    BeforeRename,
}

/// Makes the change if the files are as they were when it was shown.
///
/// # Errors A file changed or cannot be written. The files are as before.
pub fn connect(
    client: Client,
    surroundings: &Surroundings,
    store: &Store,
    address: &Address,
    revision: &str,
    now: DateTime<Utc>,
) -> Result<Vec<KeyChange>, Refusal> {
    connect_observed(
        client,
        surroundings,
        store,
        address,
        (revision, now),
        &mut |_| true,
    )
}

/// `observe`: false ends the change at that moment, as a crash does.
pub(crate) fn connect_observed(
    client: Client,
    surroundings: &Surroundings,
    store: &Store,
    address: &Address,
    (revision, now): (&str, DateTime<Utc>),
    observe: &mut dyn FnMut(Moment) -> bool,
) -> Result<Vec<KeyChange>, Refusal> {
    let _turn = store.turn()?;
    let shown = plan(client, surroundings, store, address)?;
    if shown.change.revision != revision {
        return Err(outdated(client));
    }
    let mut current = shown.clone();
    // A program that writes at this moment is not overwritten: the change is computed again, once.
    for _ in 0..2 {
        match write(client, store, &current, now, observe)? {
            Written::All => return Ok(shown.change.keys),
            Written::Stopped => return Err(outdated(client)),
            Written::FileChanged => current = plan(client, surroundings, store, address)?,
        }
        // Files that are written already have no change left.
        let known = |key: &KeyChange| shown.change.keys.contains(key);
        if !current.change.keys.iter().all(known) {
            break;
        }
    }
    Err(outdated(client))
}

fn outdated(client: Client) -> Refusal {
    let what = format!(
        "the settings of {} changed after this change was shown",
        client.name()
    );
    Refusal::new(RefusalKind::Outdated, what, "look at the change again")
}

enum Written {
    All,
    FileChanged,
    Stopped,
}

fn write(
    client: Client,
    store: &Store,
    plan: &Plan,
    now: DateTime<Utc>,
    observe: &mut dyn FnMut(Moment) -> bool,
) -> Result<Written, Refusal> {
    let former = store.load(client.id())?;
    let mut receipt = receipt(client, plan, former, now);
    store.save(&receipt)?;
    if !observe(Moment::ReceiptWritten) {
        return Ok(Written::Stopped);
    }
    for file in &plan.files {
        let source = &file.source;
        if file.new_text == source.text() && source.bytes.is_some() {
            continue;
        }
        if let Some(bytes) = &source.bytes {
            store.back_up(client.id(), &source.path, bytes, now)?;
        }
        let mut created = Vec::new();
        let bytes = source.encode(&file.new_text);
        let done = source.replace(&bytes, &mut created, &mut || {
            observe(Moment::BeforeRename);
        })?;
        if !created.is_empty() {
            let mut files = receipt.files.iter_mut();
            if let Some(noted) = files.find(|noted| noted.path == source.path) {
                noted.created_folders.extend(created);
            }
            store.save(&receipt)?;
        }
        if !done {
            return Ok(Written::FileChanged);
        }
    }
    Ok(Written::All)
}
