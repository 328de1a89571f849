//! What is left after the last kill: nothing lost, and nothing twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::client::Learned;
use super::drain::{Drain, Drained};
use super::rows::all;
use crate::desk::Desk;
use crate::effects::receiver::Receiver;

#[derive(Debug, Default)]
pub(super) struct Figures {
    effects: usize,
    accepted_lost: usize,
    parked: usize,
    /// Of the receiver that does not honour keys.
    seen_twice: usize,
    /// Of the receiver that honours keys: repeated requests, and keys without a result.
    repeated: usize,
    honoured_open: usize,
    reviews: usize,
    reviews_lost: usize,
    completions: usize,
    differing: usize,
    drained: Drained,
    integrity: String,
}

impl Figures {
    pub(super) async fn of(
        desk: &Desk,
        learned: &Arc<Mutex<Learned>>,
        parks: &Receiver,
        repeats: &Receiver,
        drain: &Drain,
    ) -> Figures {
        let rows = all(desk, "/effects").await;
        let stored: BTreeMap<(String, String), Value> = rows
            .into_iter()
            .map(|row| {
                let text = |name: &str| row[name].as_str().unwrap().to_owned();
                ((text("name"), text("key")), row["state"].clone())
            })
            .collect();
        let parked = all(desk, "/review").await;
        let reviews: BTreeSet<String> = parked
            .iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect();
        let ledger = rusqlite::Connection::open(desk.file("ledger.sqlite")).unwrap();
        let integrity = ledger.query_row("PRAGMA integrity_check", (), |row| row.get(0));
        let learned = learned.lock().unwrap();
        let is = |(name, key): &(&str, String), state: &str| {
            let found = stored.get(&((*name).to_owned(), key.clone()));
            found.is_some_and(|found| found == state)
        };
        let accepted = learned.effects.keys();
        let lost = |effect: &&(&str, String)| {
            !stored.contains_key(&(effect.0.to_owned(), effect.1.clone()))
        };
        let honoured = accepted.clone().filter(|(name, _)| *name == "e-mail");
        Figures {
            effects: learned.effects.len(),
            accepted_lost: accepted.clone().filter(lost).count(),
            parked: accepted
                .clone()
                .filter(|effect| is(effect, "unknown"))
                .count(),
            seen_twice: parks.keys().values().filter(|count| **count > 1).count(),
            repeated: repeats.keys().values().map(|count| count - 1).sum(),
            honoured_open: honoured.filter(|effect| !is(effect, "done")).count(),
            reviews: learned.reviews.len(),
            reviews_lost: learned.reviews.difference(&reviews).count(),
            completions: learned.completions.len(),
            differing: learned.differing,
            drained: drain.figures(&learned, &parked),
            integrity: integrity.unwrap(),
        }
    }

    pub(super) fn check(&self) {
        assert_eq!(self.accepted_lost, 0, "{self}");
        assert_eq!(self.seen_twice, 0, "{self}");
        assert_eq!(self.honoured_open, 0, "{self}");
        assert_eq!(self.reviews_lost, 0, "{self}");
        assert_eq!(self.differing, 0, "{self}");
        self.drained.check();
        assert_eq!(self.integrity, "ok", "{self}");
        assert!(self.effects > 0 && self.completions > 0, "{self}");
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Figures {
            effects,
            accepted_lost,
            parked,
            seen_twice,
            repeated,
            honoured_open,
            reviews,
            reviews_lost,
            completions,
            differing,
            drained,
            integrity,
        } = self;
        writeln!(
            f,
            "effects accepted        {effects:>6}, lost {accepted_lost}"
        )?;
        writeln!(
            f,
            "receiver without keys   {parked:>6} parked, seen twice {seen_twice}"
        )?;
        writeln!(
            f,
            "receiver with keys      {repeated:>6} repeated, without a result {honoured_open}"
        )?;
        writeln!(
            f,
            "parked requests         {reviews:>6}, lost {reviews_lost}"
        )?;
        writeln!(
            f,
            "responses under a key   {completions:>6}, replayed with other bytes {differing}"
        )?;
        write!(f, "{drained}")?;
        write!(f, "ledger                  {integrity:>6}")
    }
}
