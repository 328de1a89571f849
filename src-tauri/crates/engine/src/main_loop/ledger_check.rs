//! Keeps the ledger at its path and writable: detects a deleted or replaced file, and the end of a trouble.

use std::path::Path;

use chrono::{DateTime, Utc};
use ledger::{Ledger, Presence};

use super::MainLoop;
use crate::desk::{Event, LedgerTrouble};
use crate::opening;

impl MainLoop {
    /// Before each event, so that nothing is written to a file that is lost at the end.
    pub(super) fn check_ledger(&mut self) {
        let now = self.now();
        let due = self.check_timer.is_due(now);
        let presence = self.ledger.presence();
        match (presence, &self.state().ledger_trouble) {
            (Presence::Here, None | Some(LedgerTrouble::NotUsable(_))) => {}
            (Presence::Here, Some(_)) if !due => {}
            (Presence::Here, Some(LedgerTrouble::NotOpened(_))) => self.open_again(now),
            (Presence::Here, Some(LedgerTrouble::Astray(_) | LedgerTrouble::Failing { .. })) => {
                if self.ledger.check_writes().is_ok() {
                    self.decide(Event::LedgerWorks(None));
                }
            }
            (Presence::Deleted | Presence::Replaced, Some(LedgerTrouble::Astray(_))) if !due => {}
            (Presence::Deleted | Presence::Replaced, _) => self.put_back(presence, now),
        }
    }

    fn put_back(&mut self, presence: Presence, now: DateTime<Utc>) {
        let file = self.state().places.ledger.display().to_string();
        let done = match presence {
            Presence::Here | Presence::Deleted => "deleted",
            Presence::Replaced => "replaced by another file",
        };
        let what = format!("The ledger {file} was {done} while the engine was running");
        match self.ledger.put_back(now) {
            Ok(kept) => {
                let text = put_back_text(&what, kept.as_deref());
                tracing::error!("{text}");
                self.decide(Event::LedgerWorks(Some(text)));
            }
            Err(error) => {
                let text = format!("{what}, and cannot be written there again: {error}");
                tracing::error!("{text}");
                self.decide(Event::LedgerAstray(text));
            }
        }
    }

    /// The file could not be opened before. Its disk may hang, so the loop does not wait.
    fn open_again(&mut self, now: DateTime<Utc>) {
        if self.opening.is_none() {
            self.opening = Some(opening::begin(&self.state().places.ledger, now));
        }
    }

    /// The file is open. What was kept in memory is added to it.
    pub(super) fn use_file(&mut self, opened: Option<Ledger>) {
        self.dirty = true;
        let Some(mut file) = opened else {
            return;
        };
        if let Err(error) = file.carry_over(&self.ledger) {
            tracing::warn!(%error, "the ledger can be opened, but not written");
            return;
        }
        self.ledger = file;
        self.beside.opened(&self.state().places.ledger);
        let path = self.state().places.ledger.display();
        let text =
            format!("The ledger {path} can be written again. It has the requests of this run too.");
        tracing::info!("{text}");
        self.decide(Event::LedgerWorks(None));
        // The file has the earlier requests of the day, which count against the cap, and the owner's answers.
        self.restore_desk();
    }
}

fn put_back_text(what: &str, kept: Option<&Path>) -> String {
    let other = kept.map_or_else(String::new, |kept| {
        format!(" The other file is now {}.", kept.display())
    });
    format!("{what}. The engine wrote its complete history there again.{other}")
}
