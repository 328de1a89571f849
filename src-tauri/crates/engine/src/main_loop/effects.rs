//! The ledger's work for side effects, and how many need the owner.

use super::MainLoop;
use crate::desk;
use crate::effects::LedgerWork;

impl MainLoop {
    pub(super) fn effects(&mut self, work: LedgerWork) {
        let now = self.now();
        // What is accepted must survive the engine's end.
        let is_file = self.ledger.file().is_some();
        let done = work.run(is_file.then_some(&mut self.ledger), now);
        self.trouble("write a side effect down", done);
        self.count_effects();
    }

    /// A newly parked one is reported to the owner.
    pub(super) fn count_effects(&mut self) {
        let open = match self.ledger.open_effects() {
            Ok(open) => open,
            Err(error) => return self.ledger_trouble("count the side effects", &error),
        };
        if open == self.state().effects.open() {
            return;
        }
        let newest = self.ledger.effects(false, 1, None);
        let newest = newest.ok().and_then(|page| page.rows.into_iter().next());
        let newest = newest.map(|(_, row)| Box::new(row));
        self.decide(desk::Event::EffectsOpen { open, newest });
    }
}
