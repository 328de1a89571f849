use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use tokio::time::sleep;

use super::performance::Beat;
use crate::connection::Carrier;
use crate::received::{Entry, ResponseEnd};

pub(crate) type Body = UnsyncBoxBody<Bytes, Cut>;

/// The body fails: hyper drops the connection without a last chunk.
#[derive(Debug, thiserror::Error)]
#[error("cut on purpose")]
pub(crate) struct Cut;

/// Sends the steps in order, and records the end in the entry; if the client disconnects, the entry is dropped.
pub(crate) fn body(beats: Vec<Beat>, carrier: Carrier, mut entry: Entry) -> Body {
    if beats.is_empty() {
        // A body without bytes is never polled.
        entry.end(ResponseEnd::Sent);
    }
    let playing = Playing {
        beats: beats.into(),
        carrier,
        entry,
    };
    StreamBody::new(stream::unfold(playing, Playing::next)).boxed_unsync()
}

struct Playing {
    beats: VecDeque<Beat>,
    carrier: Carrier,
    entry: Entry,
}

impl Playing {
    async fn next(mut self) -> Option<(Result<Frame<Bytes>, Cut>, Self)> {
        loop {
            let Some(beat) = self.beats.pop_front() else {
                self.entry.end(ResponseEnd::Sent);
                return None;
            };
            match beat {
                Beat::Send(bytes) => {
                    if self.beats.is_empty() {
                        // A client may close after the last byte without waiting for the last chunk.
                        self.entry.end(ResponseEnd::Sent);
                    }
                    return Some((Ok(Frame::data(bytes)), self));
                }
                Beat::Wait(time) => sleep(time).await,
                Beat::Stall => std::future::pending().await,
                Beat::Repeat(bytes, every) => {
                    sleep(every).await;
                    self.beats.push_front(Beat::Repeat(bytes.clone(), every));
                    return Some((Ok(Frame::data(bytes)), self));
                }
                Beat::Cut => {
                    self.carrier.sent().await;
                    self.entry.end(ResponseEnd::Broken);
                    return Some((Err(Cut), self));
                }
                Beat::Reset => {
                    self.carrier.reset_on_drop();
                    self.beats.push_front(Beat::Cut);
                }
            }
        }
    }
}
