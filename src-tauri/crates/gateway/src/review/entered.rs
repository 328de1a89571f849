//! Open requests by their id in the review queue: an item never runs beside a request of its client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone, Debug, Default)]
pub(crate) struct Entries(Arc<Mutex<HashMap<String, Open>>>);

#[derive(Clone, Copy, Debug, Default)]
struct Open {
    requests: usize,
    drained: bool,
}

/// An open request, until this is dropped.
#[derive(Debug)]
pub(crate) struct Entered {
    entries: Entries,
    id: String,
    drains: bool,
}

/// A request of this item is open.
#[derive(Debug)]
pub(crate) struct Busy;

impl Entries {
    /// A request of a client. True: the item runs without its client at this time.
    pub(crate) fn enter(&self, id: &str) -> (Entered, bool) {
        let mut all = self.lock();
        let open = all.entry(id.to_owned()).or_default();
        open.requests += 1;
        (self.entered(id, false), open.drained)
    }

    /// A run without the client.
    ///
    /// # Errors A request of this item is open.
    pub(crate) fn drain(&self, id: &str) -> Result<Entered, Busy> {
        let mut all = self.lock();
        let open = all.entry(id.to_owned()).or_default();
        if open.drained || open.requests > 0 {
            return Err(Busy);
        }
        open.drained = true;
        Ok(self.entered(id, true))
    }

    fn entered(&self, id: &str, drains: bool) -> Entered {
        Entered {
            entries: self.clone(),
            id: id.to_owned(),
            drains,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut all = self.entries.lock();
        let Some(open) = all.get_mut(&self.id) else {
            return;
        };
        match self.drains {
            true => open.drained = false,
            false => open.requests = open.requests.saturating_sub(1),
        }
        if open.requests == 0 && !open.drained {
            all.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_runs_only_while_no_request_of_it_is_open() {
        let entries = Entries::default();
        let (first, drained) = entries.enter("a");
        assert!(!drained);
        assert!(entries.drain("a").is_err());
        drop(first);
        let run = entries.drain("a").unwrap();
        assert!(entries.drain("a").is_err(), "one run at a time");
        assert!(entries.drain("b").is_ok());
        let (joins, drained) = entries.enter("a");
        assert!(drained);
        drop(run);
        assert!(entries.drain("a").is_err());
        drop(joins);
        assert!(entries.drain("a").is_ok());
        assert!(entries.lock().is_empty());
    }
}
