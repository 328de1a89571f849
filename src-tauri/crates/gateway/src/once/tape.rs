//! A response that is written down while it is given, so that it can be given again from its first byte. One side records,
//! at most one client reads along; whatever was recorded lasts as long as either.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::held::Share;

/// Most bytes that are kept of one response.
const MOST: usize = 16 << 20;
/// How far the recording may be ahead of a client that reads along: a slow client holds the provider back.
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
    Whole,
    /// It broke off, and why.
    Broken(String),
}

/// Is somebody reading along?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attendance {
    Reading,
    /// It took the last byte, or heard that there will be none.
    Served,
    /// It left before the end.
    Left,
}

/// The giving side. Dropped without an end, the response is broken.
#[derive(Debug)]
pub(crate) struct Recorder(Tape);

/// The client's side. Dropped before it was served, the client has left.
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
    /// Woken when the reader took something, came or left.
    taken: Notify,
    most_in_all: usize,
}

#[derive(Debug)]
struct Recorded {
    head: Option<Head>,
    pieces: VecDeque<Bytes>,
    /// Pieces that were read and not kept.
    forgotten: usize,
    /// Pieces that may be read, the forgotten ones included.
    shown: usize,
    /// Pieces that were read, the forgotten ones included.
    read: usize,
    /// Bytes that were recorded and not read.
    unread: usize,
    /// Everything is still there, from the first byte on.
    kept: bool,
    share: Share,
    end: Option<TapeEnd>,
    attendance: Attendance,
}

/// `most_in_all`: how many bytes all tapes together may hold; beyond it a tape keeps only what was not read yet.
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

impl Recorder {
    pub(crate) fn tape(&self) -> &Tape {
        &self.0
    }

    pub(crate) fn begin(&self, head: Head) {
        self.0.lock().head = Some(head);
        self.0.0.more.notify_waiters();
    }

    /// Write down what comes next, and let it be read, with all before it.
    pub(crate) fn show(&self, piece: Bytes) {
        self.record(piece, true);
    }

    /// Write down what comes next, to be read at the end.
    pub(crate) fn hold(&self, piece: Bytes) {
        self.record(piece, false);
    }

    fn record(&self, piece: Bytes, shown: bool) {
        let Shared { most_in_all, .. } = *self.0.0;
        let mut recorded = self.0.lock();
        let fits = recorded.share.bytes() + piece.len() <= MOST;
        let room = recorded.share.grow(piece.len(), most_in_all).is_ok();
        recorded.unread += piece.len();
        recorded.pieces.push_back(piece);
        if shown {
            recorded.shown = recorded.forgotten + recorded.pieces.len();
        }
        recorded.kept &= fits && room;
        if !recorded.kept {
            recorded.forget_read();
        }
        drop(recorded);
        self.0.0.more.notify_waiters();
    }

    /// Wait until whoever reads along is not too far behind. What is held back is no reason to wait, and nobody waits for
    /// a client that has left.
    pub(crate) async fn room(&self) {
        loop {
            let taken = self.0.0.taken.notified();
            {
                let recorded = self.0.lock();
                let behind = recorded.read < recorded.shown && recorded.unread > AHEAD;
                if !behind || recorded.attendance != Attendance::Reading {
                    return;
                }
            }
            taken.await;
        }
    }

    /// All that was recorded may be read, and there is no more.
    pub(crate) fn end(&self, end: TapeEnd) {
        let mut recorded = self.0.lock();
        recorded.shown = recorded.forgotten + recorded.pieces.len();
        recorded.end.get_or_insert(end);
        drop(recorded);
        self.0.0.more.notify_waiters();
    }

    /// Nothing was shown yet, and this is said instead of what was recorded.
    pub(crate) fn say_instead(&self, head: Head, body: Bytes) {
        let mut recorded = self.0.lock();
        recorded.pieces.clear();
        recorded.head = Some(head);
        drop(recorded);
        self.show(body);
        self.end(TapeEnd::Whole);
    }

    /// What was held back is never read: the response is broken.
    pub(crate) fn break_off(&self, why: String) {
        let mut recorded = self.0.lock();
        if recorded.end.is_some() {
            return;
        }
        let shown = recorded.shown - recorded.forgotten;
        recorded.pieces.truncate(shown);
        recorded.kept = false;
        recorded.end = Some(TapeEnd::Broken(why));
        drop(recorded);
        self.0.0.more.notify_waiters();
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.break_off("an error of our own ended this answer; the log has the details".to_owned());
    }
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

    /// Resolves when, after this call, the reader takes something, comes or leaves.
    pub(crate) fn attended(&self) -> Notified<'_> {
        self.0.taken.notified()
    }

    pub(crate) fn attendance(&self) -> Attendance {
        self.lock().attendance
    }

    pub(crate) fn head(&self) -> Option<Head> {
        self.lock().head.clone()
    }

    /// There is no more to come.
    pub(crate) fn is_over(&self) -> bool {
        self.lock().end.is_some()
    }

    /// The body as far as it was recorded; None: its beginning is not there any more.
    pub(crate) fn body(&self) -> Option<Vec<Bytes>> {
        let recorded = self.lock();
        recorded
            .kept
            .then(|| recorded.pieces.iter().cloned().collect())
    }

    /// What the client was given; None: its beginning is not there any more.
    pub(crate) fn given(&self) -> Option<Vec<Bytes>> {
        let recorded = self.lock();
        let given = recorded.pieces.iter().take(recorded.read);
        recorded.kept.then(|| given.cloned().collect())
    }

    /// A client comes back for it, and reads from the first byte on. None: somebody is there, or the beginning is not.
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

/// What a reader meets next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Piece(Bytes),
    End(TapeEnd),
}

impl Reader {
    /// Status and headers, and where the whole body is there already, that too.
    ///
    /// # Errors
    /// It ended without any.
    pub(crate) async fn begin(&self) -> Result<(Head, Option<Bytes>), String> {
        loop {
            let more = self.0.0.more.notified();
            {
                let mut recorded = self.0.lock();
                match (recorded.head.clone(), recorded.end.clone()) {
                    (Some(head), Some(TapeEnd::Whole)) if recorded.kept => {
                        recorded.read = recorded.pieces.len();
                        recorded.attendance = Attendance::Served;
                        let body = joined(recorded.pieces.iter());
                        drop(recorded);
                        self.0.0.taken.notify_waiters();
                        return Ok((head, Some(body)));
                    }
                    (Some(head), _) => return Ok((head, None)),
                    (None, Some(TapeEnd::Broken(why))) => return Err(why),
                    (None, Some(TapeEnd::Whole)) => return Err("there is no answer".to_owned()),
                    (None, None) => {}
                }
            }
            more.await;
        }
    }

    pub(crate) async fn next(&self) -> Next {
        loop {
            let more = self.0.0.more.notified();
            if let Some(next) = self.take() {
                self.0.0.taken.notify_waiters();
                return next;
            }
            more.await;
        }
    }

    fn take(&self) -> Option<Next> {
        let mut recorded = self.0.lock();
        if recorded.read < recorded.shown {
            let piece = recorded.pieces[recorded.read - recorded.forgotten].clone();
            recorded.read += 1;
            recorded.unread -= piece.len();
            if !recorded.kept {
                recorded.forget_read();
            }
            return Some(Next::Piece(piece));
        }
        let end = recorded.end.clone()?;
        recorded.attendance = Attendance::Served;
        Some(Next::End(end))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut recorded = self.0.lock();
        if recorded.attendance == Attendance::Reading {
            recorded.attendance = Attendance::Left;
        }
        drop(recorded);
        self.0.0.taken.notify_waiters();
    }
}

impl Recorded {
    /// Once the beginning is not kept, nothing is that was read, or that nobody will read.
    fn forget_read(&mut self) {
        let nobody = self.attendance == Attendance::Left;
        while (nobody || self.forgotten < self.read)
            && let Some(piece) = self.pieces.pop_front()
        {
            self.forgotten += 1;
            self.share.shrink(piece.len());
        }
    }
}

/// In one piece.
pub(crate) fn joined<'a>(pieces: impl Iterator<Item = &'a Bytes>) -> Bytes {
    let mut all = BytesMut::new();
    for piece in pieces {
        all.extend_from_slice(piece);
    }
    all.freeze()
}

#[cfg(test)]
mod tests;
