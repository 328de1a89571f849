//! A response that is recorded while it is sent, so that it can be replayed from its first byte. One side records, at most one
//! client reads; the record lasts as long as either.

mod reader;
mod recorder;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::held::Share;
pub(crate) use reader::Next;

/// Maximum number of bytes that are kept of one response.
const MOST: usize = 16 << 20;
/// How far the recording may be ahead of a reading client: a slow client slows the provider.
const AHEAD: usize = 256 << 10;

/// Status and headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

/// How a response ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TapeEnd {
    Complete,
    /// It failed, and why.
    Broken(String),
}

/// The state of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attendance {
    Reading,
    /// It took the last byte, or the end of all bytes.
    Served,
    /// It disconnected before the end.
    Left,
}

/// The recording side. If it is dropped without an end, the response is broken.
#[derive(Debug)]
pub(crate) struct Recorder(Tape);

/// The client's side. If it is dropped before it was served, the client has disconnected.
#[derive(Debug)]
pub(crate) struct Reader(Tape);

/// What was recorded.
#[derive(Clone, Debug)]
pub(crate) struct Tape(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    recorded: Mutex<Recorded>,
    /// Woken when there is more to read.
    more: Notify,
    /// Woken when the reader took something, connected or disconnected.
    taken: Notify,
    most_in_all: usize,
}

#[derive(Debug)]
struct Recorded {
    head: Option<Head>,
    pieces: VecDeque<Bytes>,
    /// Pieces that were read and not kept.
    forgotten: usize,
    /// Pieces that may be read, including the forgotten ones.
    shown: usize,
    /// Pieces that were read, including the forgotten ones.
    read: usize,
    /// Bytes that were recorded and not read.
    unread: usize,
    /// All bytes are still kept, from the first one on.
    kept: bool,
    share: Share,
    end: Option<TapeEnd>,
    attendance: Attendance,
}

/// `most_in_all`: maximum number of bytes of all tapes together; above it a tape keeps only unread bytes.
pub(crate) fn tape(share: Share, most_in_all: usize) -> (Recorder, Reader) {
    let tape = Tape(Arc::new(Shared {
        recorded: Mutex::new(Recorded {
            head: None,
            pieces: VecDeque::new(),
            forgotten: 0,
            shown: 0,
            read: 0,
            unread: 0,
            kept: true,
            share,
            end: None,
            attendance: Attendance::Reading,
        }),
        more: Notify::new(),
        taken: Notify::new(),
        most_in_all,
    }));
    (Recorder(tape.clone()), Reader(tape))
}

impl Tape {
    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.0
            .recorded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is(&self, other: &Tape) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Resolves when, after this call, the reader takes something, connects or disconnects.
    pub(crate) fn attended(&self) -> Notified<'_> {
        self.0.taken.notified()
    }

    pub(crate) fn attendance(&self) -> Attendance {
        self.lock().attendance
    }

    pub(crate) fn head(&self) -> Option<Head> {
        self.lock().head.clone()
    }

    /// The recording has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.lock().end.is_some()
    }

    /// The body recorded so far; `None`: its beginning is no longer kept.
    pub(crate) fn body(&self) -> Option<Vec<Bytes>> {
        let recorded = self.lock();
        recorded
            .kept
            .then(|| recorded.pieces.iter().cloned().collect())
    }

    /// The client's bytes; `None`: their beginning is no longer kept.
    pub(crate) fn released(&self) -> Option<Vec<Bytes>> {
        let recorded = self.lock();
        let released = recorded.pieces.iter().take(recorded.read);
        recorded.kept.then(|| released.cloned().collect())
    }

    /// A returning client reads from the first byte on. `None`: there is a reader, or the beginning is no longer kept.
    pub(crate) fn rejoin(&self) -> Option<Reader> {
        let mut recorded = self.lock();
        if recorded.attendance != Attendance::Left || !recorded.kept {
            return None;
        }
        recorded.attendance = Attendance::Reading;
        recorded.read = 0;
        recorded.unread = recorded.share.bytes();
        drop(recorded);
        self.0.taken.notify_waiters();
        Some(Reader(self.clone()))
    }
}

impl Recorded {
    /// Without its beginning, bytes that were read or have no reader are dropped.
    fn forget_read(&mut self) {
        let is_unread = self.attendance == Attendance::Left;
        while (is_unread || self.forgotten < self.read)
            && let Some(piece) = self.pieces.pop_front()
        {
            self.forgotten += 1;
            self.share.shrink(piece.len());
        }
    }
}

/// Joins the pieces.
pub(crate) fn joined<'a>(pieces: impl Iterator<Item = &'a Bytes>) -> Bytes {
    let mut all = BytesMut::new();
    for piece in pieces {
        all.extend_from_slice(piece);
    }
    all.freeze()
}

#[cfg(test)]
mod tests;
