//! A primary with hand-written bytes, for responses that the stage would not send.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use gateway::Dialed;
use stage::Stage;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::time::sleep;

use crate::world::Scene;

/// Headers of a body that lasts until the connection ends.
pub(crate) const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

#[derive(Clone, Debug)]
pub(crate) enum Beat {
    Bytes(Bytes),
    Wait(Duration),
    /// Repeated until the client closes the connection.
    Repeat(Bytes, Duration),
    Stall,
    /// The connection ends without the `close_notify` that TLS requires.
    Torn,
}

pub(crate) fn raw(text: impl Into<String>) -> Beat {
    Beat::Bytes(text.into().into())
}

/// The bytes of each request that the primary received.
#[derive(Clone, Default)]
pub(crate) struct Requests(Arc<Mutex<Vec<String>>>);

impl Requests {
    pub(crate) fn count(&self) -> usize {
        self.all().len()
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Answers every request to the primary with these beats; the second endpoint is a healthy stage.
pub(crate) fn always(beats: impl Into<Vec<Beat>>) -> (Scene, Requests) {
    let beats = beats.into();
    let (requested, second) = (Requests::default(), Stage::any_model());
    let (seen, stage) = (requested.clone(), second.clone());
    let connect = gateway::connect(move |uri: http::Uri| {
        let (beats, seen, stage) = (beats.clone(), seen.clone(), stage.clone());
        async move {
            let (ours, theirs) = tokio::io::duplex(1 << 12);
            if uri.host() != Some("lead.test") {
                tokio::spawn(async move { stage.serve_connection(theirs).await });
                return Ok(Dialed::pipe(ours));
            }
            let torn = beats.iter().any(|beat| matches!(beat, Beat::Torn));
            tokio::spawn(play(theirs, beats.into(), seen));
            Ok(if torn {
                Dialed::pipe(Torn(ours))
            } else {
                Dialed::pipe(ours)
            })
        }
    });
    (
        Scene::dialling(Stage::any_model(), second, connect),
        requested,
    )
}

/// An event stream of a close-delimited body with these events.
pub(crate) fn streaming(events: &[String]) -> (Scene, Requests) {
    let mut beats = vec![raw(STREAM)];
    for event in events {
        beats.push(raw(event.clone()));
        beats.push(Beat::Wait(Duration::from_millis(10)));
    }
    always(beats)
}

async fn play(
    mut io: DuplexStream,
    mut beats: VecDeque<Beat>,
    requested: Requests,
) -> io::Result<()> {
    let request = request(&mut io).await?;
    requested.0.lock().unwrap().push(request);
    while let Some(beat) = beats.pop_front() {
        match beat {
            Beat::Bytes(bytes) => io.write_all(&bytes).await?,
            Beat::Wait(time) => sleep(time).await,
            Beat::Repeat(bytes, every) => loop {
                sleep(every).await;
                io.write_all(&bytes).await?;
            },
            Beat::Stall => {
                // Waits until the other side closes.
                io.read_u8().await?;
            }
            Beat::Torn => return Ok(()),
        }
    }
    io.shutdown().await
}

async fn request(io: &mut DuplexStream) -> io::Result<String> {
    let mut read = Vec::new();
    loop {
        read.push(io.read_u8().await?);
        let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&read[..end]);
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        if read.len() - end - 4 >= length {
            return Ok(String::from_utf8_lossy(&read).into_owned());
        }
    }
}

/// The events of a recorded response, each with its blank line.
pub(crate) fn recorded(dialect: Dialect, name: &str) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../wire/tests/transcripts")
        .join(dialect.as_str())
        .join(format!("{name}.sse"));
    let text = std::fs::read_to_string(path).unwrap();
    let events = text.split_inclusive("\n\n").map(str::to_owned);
    events.filter(|event| !event.trim().is_empty()).collect()
}

/// Index of the first content in the recorded response `text`.
pub(crate) fn first_content(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Anthropic => 3,
        Dialect::OpenaiChat => 1,
        Dialect::OpenaiResponses => 4,
    }
}

/// An end of the connection is an error, as rustls reports a missing `close_notify`.
struct Torn(DuplexStream);

impl AsyncRead for Torn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.0).poll_read(cx, buf))?;
        if buf.filled().len() == before {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Torn {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
