//! Admission: token, host, origin, method, path, type and size. Nothing is sent to a provider before these checks pass.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use catalog::Dialect;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use http_body_util::BodyExt;

use super::place::{Place, Target};
use crate::attempt::content::Content;
use crate::attempt::headers::{TOKEN_HEADER, without_scheme};
use crate::held::{Full, Held, Share};
use crate::host::{is_allowed_host, is_own_host};
use crate::log::OneLine;
use crate::tokens::Shown;
use crate::{BoxError, Config, FromNetwork, NamedToken, RejectReason, Tokens, TurnedAway};

/// A body that stops arriving keeps its memory for this long.
pub(super) const STALLED: Duration = Duration::from_secs(15);

/// The dialect of an error: the path's, else that of the vendor header in the request.
pub(crate) fn spoken(target: &Target, headers: &HeaderMap) -> Dialect {
    let anthropic = match target {
        Target::Ask(dialect, _) => return *dialect,
        Target::Other(path) => path.starts_with("/v1/messages/"),
        Target::Models | Target::Review(_) | Target::Base | Target::Nothing => false,
    };
    if anthropic || headers.contains_key("anthropic-version") {
        Dialect::Anthropic
    } else {
        Dialect::OpenaiChat
    }
}

/// Whether the sender may use this port at all, and its token if that has a name. Of a request that it rejects only a count is
/// kept.
pub(crate) fn check_sender(
    head: &Parts,
    token: Option<&str>,
    config: &Config,
) -> Result<Option<NamedToken>, (RejectReason, TurnedAway)> {
    check_host(head, config).map_err(|why| (RejectReason::Host, why))?;
    if let Origin::Foreign(origin) = Origin::of(head, config) {
        return Err((RejectReason::Origin, TurnedAway::Origin(quoted(origin))));
    }
    let refused = |why| Err((RejectReason::Token, why));
    match shown_token(head, token, &config.token) {
        Some(Shown::Named(token)) => Ok(Some(token)),
        Some(Shown::Own) if is_from_network(head) => refused(TurnedAway::OwnToken),
        Some(Shown::Own) => Ok(None),
        None => refused(TurnedAway::Token),
    }
}

fn is_from_network(head: &Parts) -> bool {
    head.extensions.get::<FromNetwork>().is_some()
}

/// Text of a request for an error: in one line of limited length.
pub(crate) fn quoted(text: &str) -> String {
    OneLine(text).to_string()
}

/// All other checks that need no body.
pub(crate) fn check(head: &Parts, place: &Place<'_>, config: &Config) -> Result<(), TurnedAway> {
    let wanted = match &place.target {
        Target::Ask(Dialect::OpenaiResponses, _)
            if head.method == Method::GET && head.headers.contains_key(UPGRADE) =>
        {
            return Err(TurnedAway::WebSocket);
        }
        Target::Ask(..) if head.method == Method::POST => return check_body(head, config),
        Target::Ask(..) => "POST",
        Target::Other(_) => return Ok(()),
        Target::Models | Target::Review(_) | Target::Base
            if [Method::GET, Method::HEAD].contains(&head.method) =>
        {
            return Ok(());
        }
        Target::Models | Target::Review(_) => "GET",
        Target::Base | Target::Nothing => return Err(TurnedAway::Path(quoted(place.path))),
    };
    Err(TurnedAway::Method {
        path: quoted(place.path),
        method: quoted(head.method.as_str()),
        wanted,
    })
}

/// # Errors [`TurnedAway::Host`]: a web page may have pointed a foreign name at this machine (DNS rebinding).
pub(super) fn check_host(head: &Parts, config: &Config) -> Result<(), TurnedAway> {
    let host = host(head);
    let is_own = match is_from_network(head) {
        true => is_allowed_host,
        false => is_own_host,
    };
    if host.is_some_and(|host| is_own(host, &config.allowed_hosts)) {
        return Ok(());
    }
    Err(TurnedAway::Host(quoted(host.unwrap_or_default())))
}

fn check_body(head: &Parts, config: &Config) -> Result<(), TurnedAway> {
    let essence = head
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    if !essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json")) {
        return Err(TurnedAway::ContentType);
    }
    if declared(&head.headers).is_some_and(|length| length > config.limits.body) {
        return Err(TurnedAway::TooLarge(config.limits.body));
    }
    Ok(())
}

/// The origin of a request from a web page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin<'a> {
    /// Not the request of a page.
    None,
    /// A page of Understudy.
    Own,
    /// A page whose origin is listed in the settings.
    Allowed(&'a HeaderValue),
    Foreign(&'a str),
}

impl<'a> Origin<'a> {
    pub(crate) fn of(head: &'a Parts, config: &Config) -> Self {
        let Some(value) = head.headers.get(ORIGIN) else {
            return Origin::None;
        };
        let origin = value.to_str().unwrap_or("?");
        if host(head).is_some_and(|host| origin.strip_prefix("http://") == Some(host)) {
            Origin::Own
        } else if config.allowed_origins.iter().any(|o| o == origin) {
            Origin::Allowed(value)
        } else {
            Origin::Foreign(origin)
        }
    }
}

/// The host that the client addresses, with its port.
fn host(head: &Parts) -> Option<&str> {
    match head.headers.get(HOST) {
        Some(host) => host.to_str().ok(),
        None => head.uri.authority().map(|authority| authority.as_str()),
    }
}

fn shown_token(head: &Parts, in_path: Option<&str>, tokens: &Tokens) -> Option<Shown> {
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header(AUTHORIZATION.as_str()).map(without_scheme);
    [
        in_path,
        header(TOKEN_HEADER),
        header("x-api-key"),
        // Azure's clients.
        header("api-key"),
        bearer,
    ]
    .into_iter()
    .flatten()
    .find_map(|shown| tokens.find(shown))
}

/// `content-length`, if it is valid.
pub(crate) fn declared(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads a request's body once and decodes it; it is kept for every attempt. `headers` describe the decoded body afterwards.
pub(crate) async fn body<B>(
    head: &mut Parts,
    body: B,
    held: &Held,
    config: &Config,
) -> Result<(Bytes, Share), TurnedAway>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mut share = held.share();
    let busy = |Full(most)| TurnedAway::Busy(most);
    let expected = declared(&head.headers).unwrap_or(0);
    let mut body = Content::of(&mut head.headers, Box::pin(body)).map_err(TurnedAway::Coding)?;
    // The length is only the client's claim: bytes count when they arrive, and little is reserved.
    let mut bytes = BytesMut::with_capacity(expected.min(64 << 10));
    loop {
        let frame = crate::late::within(STALLED.min(config.timers.idle), body.frame())
            .await
            .map_err(|_| TurnedAway::Unreadable("it stopped arriving".to_owned()))?;
        let Some(frame) = frame else {
            return Ok((without_mark(bytes.freeze()), share));
        };
        let frame = frame.map_err(|error| TurnedAway::Unreadable(error.to_string()))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > config.limits.body {
            return Err(TurnedAway::TooLarge(config.limits.body));
        }
        let beyond = (bytes.len() + data.len()).saturating_sub(share.bytes());
        share.grow(beyond, config.limits.bodies).map_err(busy)?;
        bytes.extend_from_slice(&data);
    }
}

/// Removes the byte order mark that some programs put before JSON, and that vendors refuse.
fn without_mark(mut body: Bytes) -> Bytes {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if body.starts_with(MARK) {
        body.advance(MARK.len());
    }
    body
}

#[cfg(test)]
mod tests;
