//! Counts bytes that are held in memory, over all exchanges.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of held bytes of all exchanges.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Arc<AtomicUsize>);

impl Held {
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn share(&self) -> Share {
        Share {
            held: self.clone(),
            bytes: 0,
        }
    }
}

/// More bytes are held than the limit, which is the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full(pub(crate) usize);

/// One holder's part of [`Held`], released when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    held: Held,
    bytes: usize,
}

impl Share {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds this many held bytes.
    ///
    /// # Errors [`Full`] if all exchanges together hold more than `most` bytes; the bytes are counted until this share is
    /// dropped.
    pub(crate) fn grow(&mut self, bytes: usize, most: usize) -> Result<(), Full> {
        let before = self.held.0.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before + bytes > most {
            return Err(Full(most));
        }
        Ok(())
    }

    /// Removes this many held bytes.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.held.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}
