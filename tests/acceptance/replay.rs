//! A provider that replays recorded responses by model, a few bytes at a time.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Response, StatusCode, header};
use axum::serve::ListenerExt;
use futures_util::stream;
use serde_json::Value;

/// One response, as a stream and, if known, as a document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) stream: Vec<u8>,
    pub(crate) document: Option<Vec<u8>>,
}

pub(crate) struct Replay {
    pub(crate) address: String,
    task: tokio::task::JoinHandle<()>,
}

/// Bytes per piece, so that events and characters are split.
const PIECE: usize = 7;

impl Replay {
    /// Keyed by the requested model.
    pub(crate) async fn start(answers: BTreeMap<String, Recorded>) -> Replay {
        let answers = Arc::new(answers);
        let app = Router::new().fallback(move |body: Bytes| {
            let answers = Arc::clone(&answers);
            async move { respond(&answers, &body) }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        // Each piece is sent when it is written, without waiting for the acknowledgement of the previous one.
        let listener = listener.tap_io(|socket| socket.set_nodelay(true).unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Replay { address, task }
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn respond(answers: &BTreeMap<String, Recorded>, body: &[u8]) -> Response<Body> {
    let requested: Value = serde_json::from_slice(body).unwrap_or_default();
    let model = requested["model"].as_str().unwrap_or_default();
    let recorded = answers.get(model).cloned().unwrap_or_default();
    let (kind, bytes) = match requested["stream"].as_bool() {
        Some(true) => ("text/event-stream", Some(recorded.stream)),
        Some(false) | None => ("application/json", recorded.document),
    };
    let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else {
        let mut unknown = Response::new(Body::from(format!("nothing is recorded of `{model}`")));
        *unknown.status_mut() = StatusCode::NOT_FOUND;
        return unknown;
    };
    let pieces: Vec<Result<Bytes, Infallible>> = bytes
        .chunks(PIECE)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    Response::builder()
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from_stream(stream::iter(pieces)))
        .unwrap()
}
