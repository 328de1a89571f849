//! `POST /effects/<name>`: the same checks as for every other path. What follows is the caller's work.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;

use super::admit::{self, Origin};
use super::place::Place;
use super::unread::Unread;
use super::{Gateway, cross_origin};
use crate::pending::PendingWork;
use crate::{Body, BoxError, Config, once, tags};

/// Largest body of an effect's request.
pub const EFFECT_BODY: usize = 1 << 20;

const PREFIX: &str = "/effects/";

/// A request for a side effect whose sender may use this port.
#[derive(Debug)]
pub struct EffectRequest {
    pub name: String,
    /// From the path, or from the header.
    pub pipeline: Option<String>,
    /// Name of the client's token; `None`: this installation's own.
    pub sender: Option<Arc<str>>,
    /// The client's idempotency key.
    pub key: Option<String>,
    pub headers: HeaderMap,
    /// Unchanged.
    pub body: Bytes,
    /// Headers with which a web page may read the response.
    pub page: HeaderMap,
    pub work: OpenWork,
}

/// Work that a stop waits for, until this is dropped.
#[derive(Debug)]
pub struct OpenWork(#[expect(dead_code, reason = "counted while it lives")] PendingWork);

/// Why a request for an effect is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectRefusal {
    pub status: StatusCode,
    pub why: String,
}

/// A request for an effect, or the response to a sender that may not use this port.
#[derive(Debug)]
pub enum EffectAdmission {
    Admitted(EffectRequest),
    Refused(EffectRefusal, HeaderMap),
    /// As for every path: without the token, from a foreign page, or a preflight.
    Response(Response<Body>),
}

impl Gateway {
    /// True for a path that [`Gateway::admit_effect`] reads.
    pub fn is_effect(path: &str) -> bool {
        Place::of(path).path.starts_with(PREFIX)
    }

    /// A stop waits for this work.
    pub fn begin_work(&self) -> OpenWork {
        OpenWork(self.0.pending().begin())
    }

    pub async fn admit_effect<B>(&self, request: Request<B>) -> EffectAdmission
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let config = self.0.config();
        let (mut head, body) = request.into_parts();
        let body = Unread::new(&head.headers, body);
        if let Some(response) = cross_origin::preflight(&head, &config) {
            return EffectAdmission::Response(response);
        }
        let page = match Origin::of(&head, &config) {
            Origin::Allowed(origin) => cross_origin::allowed(origin),
            Origin::None | Origin::Own | Origin::Foreign(_) => HeaderMap::new(),
        };
        let path = head.uri.path().to_owned();
        let place = Place::of(&path);
        let dialect = admit::spoken(&place.target, &head.headers);
        let sender = match admit::check_sender(&head, place.token, &config) {
            Ok(Some(token)) => {
                let name = Arc::clone(&token.name);
                head.extensions.insert(token);
                Some(name)
            }
            Ok(None) => None,
            Err(rejected) => {
                return EffectAdmission::Response(self.reject(&head, rejected, dialect));
            }
        };
        let read = self.read_effect(&mut head, body.of_known_sender(), &place, &config);
        match read.await {
            Ok(read) => EffectAdmission::Admitted(EffectRequest {
                name: read.name,
                pipeline: tags::pipeline_of(&head, place.pipeline()),
                sender,
                key: read.key,
                headers: head.headers,
                body: read.body,
                page,
                work: self.begin_work(),
            }),
            Err(refusal) => EffectAdmission::Refused(refusal, page),
        }
    }

    async fn read_effect<B>(
        &self,
        head: &mut Parts,
        body: Unread<B>,
        place: &Place<'_>,
        config: &Config,
    ) -> Result<Read, EffectRefusal>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        if head.method != Method::POST {
            return Err(refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                "an effect is requested with POST",
            ));
        }
        place
            .check_pipeline()
            .and_then(|()| tags::check_pipeline(&head.headers))
            .map_err(|why| refusal(StatusCode::BAD_REQUEST, why.to_string()))?;
        self.0
            .hops()
            .check(&head.headers)
            .map_err(|why| refusal(StatusCode::LOOP_DETECTED, why.to_string()))?;
        let key = once::key(&head.headers)
            .map_err(|why| refusal(StatusCode::BAD_REQUEST, why.to_string()))?;
        let name = place.path.strip_prefix(PREFIX).unwrap_or_default();
        let name = percent_decode_str(name.trim_end_matches('/')).decode_utf8_lossy();
        let body = self.effect_body(head, body, config).await?;
        Ok(Read {
            name: admit::quoted(&name),
            key,
            body,
        })
    }

    async fn effect_body<B>(
        &self,
        head: &Parts,
        body: Unread<B>,
        config: &Config,
    ) -> Result<Bytes, EffectRefusal>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let too_large = || {
            refusal(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the body of an effect has at most {EFFECT_BODY} bytes"),
            )
        };
        if head.headers.contains_key(CONTENT_LENGTH)
            && admit::declared(&head.headers).is_none_or(|length| length > EFFECT_BODY)
        {
            return Err(too_large());
        }
        let unreadable = |why: &str| {
            refusal(
                StatusCode::BAD_REQUEST,
                format!("the body could not be read: {why}"),
            )
        };
        let mut share = self.0.bodies().share();
        let mut body = Box::pin(body);
        let mut bytes = BytesMut::new();
        let stalled = admit::STALLED.min(config.timers.idle);
        loop {
            let frame = crate::late::within(stalled, body.frame())
                .await
                .map_err(|_| unreadable("it stopped arriving"))?;
            let Some(frame) = frame else {
                return Ok(bytes.freeze());
            };
            let frame = frame.map_err(|error| unreadable(&error.into().to_string()))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if bytes.len() + data.len() > EFFECT_BODY {
                return Err(too_large());
            }
            share.grow(data.len(), config.limits.bodies).map_err(|_| {
                refusal(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "too many requests are being read; retry in a second",
                )
            })?;
            bytes.extend_from_slice(&data);
        }
    }
}

struct Read {
    name: String,
    key: Option<String>,
    body: Bytes,
}

fn refusal(status: StatusCode, why: impl Into<String>) -> EffectRefusal {
    EffectRefusal {
        status,
        why: why.into(),
    }
}
