use bytes::Bytes;

use super::{Attendance, Head, Reader, TapeEnd, joined};

/// The next step for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Piece(Bytes),
    End(TapeEnd),
}

impl Reader {
    /// Status and headers, and the complete body if it has already arrived.
    ///
    /// # Errors It ended without headers.
    pub(crate) async fn begin(&self) -> Result<(Head, Option<Bytes>), String> {
        loop {
            let more = self.0.0.more.notified();
            {
                let mut recorded = self.0.lock();
                match (recorded.head.clone(), recorded.end.clone()) {
                    (Some(head), Some(TapeEnd::Complete)) if recorded.kept => {
                        recorded.read = recorded.pieces.len();
                        recorded.attendance = Attendance::Served;
                        let body = joined(recorded.pieces.iter());
                        drop(recorded);
                        self.0.0.taken.notify_waiters();
                        return Ok((head, Some(body)));
                    }
                    (Some(head), _) => return Ok((head, None)),
                    (None, Some(TapeEnd::Broken(why))) => return Err(why),
                    (None, Some(TapeEnd::Complete)) => {
                        return Err("there is no response".to_owned());
                    }
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
