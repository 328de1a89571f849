//! A new run of a parked request through the gateway, for its owner or for the drain.

use bytes::Bytes;
use catalog::Secret;
use gateway::{Gateway, Rerun};
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use ledger::ReplayKey;

/// Bytes of a response that are kept; no model's single turn is larger.
const ANSWER_MOST: usize = 16 << 20;

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

impl Ran {
    pub(crate) fn is_answered(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The original request without the client's credential, which is not stored: an endpoint with a stored key serves it. With an
/// idempotency key, the response is stored under that key. `drains`: the response is for the pipeline's receiver.
///
/// # Errors It cannot be sent; the reason.
pub(crate) fn request(
    token: &Secret,
    item: &ledger::ReviewItem,
    drains: bool,
) -> Result<Request<Full<Bytes>>, String> {
    let Some(body) = &item.body else {
        return Err("its request is not stored".to_owned());
    };
    let row = &item.row;
    let mut request = Request::post(row.dialect.default_path())
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "understudy-review")
        .header("x-understudy-token", token.reveal());
    let own = [
        ("x-understudy-pipeline", &row.pipeline),
        ("x-understudy-item", &row.item),
        ("x-session-id", &row.session),
    ];
    for (name, value) in own {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    for (name, value) in &item.headers {
        request = request.header(name, value);
    }
    let of_item = item.run_scope.filter(|_| drains).map(|scope| ReplayKey {
        scope,
        request: scope,
    });
    request
        .extension(Rerun {
            replay: item.replay.or(of_item),
            drains: drains.then(|| row.id.clone()),
        })
        .body(Full::new(Bytes::copy_from_slice(body)))
        .map_err(|error| error.to_string())
}

/// A truncated response, or one that is too large, counts as a failure: status 502, with the partial body.
pub(crate) async fn answer(gateway: &Gateway, request: Request<Full<Bytes>>) -> Ran {
    let response = gateway.handle(request).await;
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let mut ran = Ran {
        status: response.status().as_u16(),
        content_type: content_type.map(str::to_owned),
        body: Vec::new(),
    };
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        let data = frame.map(|frame| frame.into_data().unwrap_or_default());
        match data {
            Ok(data) if data.len() <= ANSWER_MOST - ran.body.len() => {
                ran.body.extend_from_slice(&data);
            }
            Ok(_) | Err(_) => {
                ran.status = StatusCode::BAD_GATEWAY.as_u16();
                break;
            }
        }
    }
    ran
}
