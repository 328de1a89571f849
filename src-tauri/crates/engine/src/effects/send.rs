//! One attempt at the receiver: a connection of its own, one request, and its complete response.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use catalog::without_addresses;
use futures_util::future::BoxFuture;
use gateway::{BoxError, Dialed};
use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderName, RETRY_AFTER, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use ledger::{KeptEffect, ReceiverResponse};
use tokio::task::JoinSet;

use crate::settings::EffectSettings;

/// A larger response is a result without its body.
pub(crate) const RESPONSE_BODY: usize = 1 << 20;
/// Headers of a response that are stored and sent to the client.
const KEPT: [&str; 9] = [
    "content-type",
    "content-encoding",
    "content-language",
    "content-disposition",
    "etag",
    "location",
    "request-id",
    "retry-after",
    "x-request-id",
];

/// Opens a connection with HTTP/1.1.
pub(crate) type Dialer =
    Arc<dyn Fn(Uri) -> BoxFuture<'static, Result<Dialed, BoxError>> + Send + Sync>;

/// # Errors
/// This computer has no certificate authorities.
pub(crate) fn dialer(connect_timeout: Duration) -> io::Result<Dialer> {
    let connector = crate::dial::http1(connect_timeout)?;
    Ok(Arc::new(move |uri| {
        let connector = connector.clone();
        Box::pin(async move {
            let dialed = tokio::time::timeout(connect_timeout, connector.connect(uri)).await;
            dialed.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
        })
    }))
}

pub(crate) enum Sent {
    Response {
        response: ReceiverResponse,
        retry_after: Option<Duration>,
    },
    /// The sentence states how far it came.
    Lost(String),
}

/// A sentence about a connection that was not established.
pub(crate) fn unreached(error: &BoxError) -> String {
    format!("The receiver was not reached: {}.", text(&**error))
}

pub(crate) fn request(
    settings: &EffectSettings,
    uri: &Uri,
    own: HeaderMap,
    effect: &KeptEffect,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder()
        .method(settings.method.clone())
        .uri(path)
        .header(USER_AGENT, "understudy")
        .header(CONNECTION, "close")
        .header("idempotency-key", &effect.row.key);
    if let Some(authority) = uri.authority() {
        // Without a user and a password.
        let host = authority.as_str();
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        request = request.header(HOST, host);
    }
    let described = [
        (CONTENT_TYPE, &effect.content_type),
        (CONTENT_ENCODING, &effect.content_encoding),
    ];
    for (name, value) in described {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    let mut request = request.body(Full::new(Bytes::copy_from_slice(&effect.body)))?;
    request.headers_mut().extend(own);
    Ok(request)
}

/// `io`: open, and unused.
pub(crate) async fn send(io: Dialed, request: Request<Full<Bytes>>, within: Duration) -> Sent {
    let mut received = None;
    let outcome = tokio::time::timeout(within, exchange(io, request, &mut received)).await;
    let began = received.map_or_else(
        || "No response began".to_owned(),
        |status| format!("A response with status {status} began"),
    );
    match outcome {
        Ok(Ok(sent)) => sent,
        Ok(Err(error)) => Sent::Lost(format!("{began}, and the connection broke: {error}.")),
        Err(_) => Sent::Lost(format!(
            "{began}, and it was not complete after {} s.",
            within.as_secs_f64()
        )),
    }
}

async fn exchange(
    io: Dialed,
    request: Request<Full<Bytes>>,
    received: &mut Option<u16>,
) -> Result<Sent, String> {
    let (mut sender, connection) = http1::handshake(io).await.map_err(|e| text(&e))?;
    let mut driving = JoinSet::new();
    driving.spawn(connection);
    let response = sender.send_request(request).await.map_err(|e| text(&e))?;
    *received = Some(response.status().as_u16());
    let (head, body) = response.into_parts();
    let body = read(body).await?;
    let headers = KEPT.iter().filter_map(|name| {
        let value = head.headers.get(*name)?.to_str().ok()?;
        Some(((*name).to_owned(), value.to_owned()))
    });
    Ok(Sent::Response {
        response: ReceiverResponse {
            status: head.status.as_u16(),
            headers: headers.collect(),
            body,
        },
        retry_after: retry_after(&head.headers),
    })
}

/// To its end, also beyond the limit: only then it is complete.
async fn read(mut body: Incoming) -> Result<Option<Vec<u8>>, String> {
    let (mut kept, mut too_large) = (BytesMut::new(), false);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| text(&e))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        too_large |= kept.len() + data.len() > RESPONSE_BODY;
        if !too_large {
            kept.extend_from_slice(&data);
        }
    }
    Ok((!too_large).then(|| kept.to_vec()))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse();
    seconds.ok().map(Duration::from_secs)
}

/// The response for the client of a complete response of the receiver.
pub(crate) fn client_response(response: &ReceiverResponse) -> Response<Bytes> {
    let body = response.body.clone().unwrap_or_default();
    let mut sent = Response::new(Bytes::from(body));
    if let Ok(status) = http::StatusCode::from_u16(response.status) {
        *sent.status_mut() = status;
    }
    for (name, value) in &response.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            sent.headers_mut().insert(name, value);
        }
    }
    sent
}

/// The error with its causes, without a URL.
fn text(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    without_addresses(&text)
}
