use bytes::Bytes;

use super::{AHEAD, Attendance, Head, MOST, Recorder, Shared, Tape, TapeEnd};

impl Recorder {
    pub(crate) fn tape(&self) -> &Tape {
        &self.0
    }

    pub(crate) fn begin(&self, head: Head) {
        self.0.lock().head = Some(head);
        self.0.0.more.notify_waiters();
    }

    /// Records the next bytes, and lets them be read with all earlier ones.
    pub(crate) fn show(&self, piece: Bytes) {
        self.record(piece, true);
    }

    /// Records the next bytes, to be read at the end.
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

    /// Waits until the reader is not too far behind. Held bytes and a disconnected client are not waited for.
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

    /// Everything that was recorded may be read, and the recording ends.
    pub(crate) fn end(&self, end: TapeEnd) {
        let mut recorded = self.0.lock();
        recorded.shown = recorded.forgotten + recorded.pieces.len();
        recorded.end.get_or_insert(end);
        drop(recorded);
        self.0.0.more.notify_waiters();
    }

    /// Sends this instead of the recorded bytes, none of which were released.
    pub(crate) fn replace_with(&self, head: Head, body: Bytes) {
        let mut recorded = self.0.lock();
        recorded.pieces.clear();
        recorded.head = Some(head);
        drop(recorded);
        self.show(body);
        self.end(TapeEnd::Complete);
    }

    /// The held bytes are never read: the response is broken.
    pub(crate) fn abort(&self, why: String) {
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
        self.abort("an internal error ended this response; the log has the details".to_owned());
    }
}
