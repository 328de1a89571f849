//! Bytes that are held in memory, counted over all exchanges.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is held now by all together.
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

/// More is held than may be: the number of bytes that is allowed.
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

    /// Hold so many bytes more.
    ///
    /// # Errors
    /// [`Full`] where all together hold more than `most` bytes; they are counted nevertheless until this share is dropped.
    pub(crate) fn grow(&mut self, bytes: usize, most: usize) -> Result<(), Full> {
        let before = self.held.0.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before + bytes > most {
            return Err(Full(most));
        }
        Ok(())
    }

    /// Hold so many bytes less.
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
