//! Who comes in: token, host, origin, method, path, type and size. Nothing is sent anywhere before this says so.

use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use catalog::{Dialect, Secret};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, ORIGIN, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;
use wire::Kind;

use crate::attempt::headers::{TOKEN_HEADER, without_scheme};
use crate::exchange::LONGEST_TAG;
use crate::held::{Full, Held, Share};
use crate::{BoxError, Config, TurnedAway};

/// How much of a body that is too large is read and thrown away, and for how long: a client that is still sending hears
/// the refusal only when somebody reads.
const DISCARD: usize = 64 << 20;
const DISCARD_FOR: Duration = Duration::from_secs(5);

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Ask(Dialect, Kind),
    Models,
    /// The base path: clients look whether somebody is there.
    Base,
    Nothing,
}

/// A path, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) token: Option<&'a str>,
    /// As the path writes it, in which `%20` is a space.
    pipeline: Option<&'a str>,
    /// Without the token.
    pub(crate) path: &'a str,
    pub(crate) target: Target,
}

impl<'a> Place<'a> {
    /// `/t/<token>`, `/p/<pipeline>`, any prefix, `/v1` once, twice or not at all, then what is asked for.
    pub(crate) fn of(path: &'a str) -> Place<'a> {
        let (token, path) = match path.strip_prefix("/t/").map(|rest| rest.split_once('/')) {
            Some(Some((token, _))) => (Some(token), &path["/t/".len() + token.len()..]),
            Some(None) => (Some(&path["/t/".len()..]), ""),
            None => (None, path),
        };
        let named = path.strip_prefix("/p/").map(|rest| rest.split_once('/'));
        let (pipeline, path) = match named {
            Some(Some((name, _))) => (Some(name), &path["/p/".len() + name.len()..]),
            Some(None) => (Some(&path["/p/".len()..]), ""),
            None => (None, path),
        };
        let rest = path.trim_end_matches('/');
        let tail = rest.rsplit_once("/v1/").map_or(rest, |(_, tail)| tail);
        let versioned = tail.len() != rest.len();
        let is = |name: &str| tail == name || (!versioned && tail.ends_with(&format!("/{name}")));
        let target = if is("messages/count_tokens") {
            Target::Ask(Dialect::Anthropic, Kind::CountTokens)
        } else if is("messages") {
            Target::Ask(Dialect::Anthropic, Kind::Generate)
        } else if is("chat/completions") {
            Target::Ask(Dialect::OpenaiChat, Kind::Generate)
        } else if is("responses") {
            Target::Ask(Dialect::OpenaiResponses, Kind::Generate)
        } else if is("models") {
            Target::Models
        } else if is("api/hello") || rest.is_empty() || rest == "/v1" {
            Target::Base
        } else {
            Target::Nothing
        };
        Place {
            token,
            pipeline,
            path,
            target,
        }
    }

    /// The pipeline that the path names.
    pub(crate) fn pipeline(&self) -> Option<String> {
        let name = percent_decode_str(self.pipeline?).decode_utf8_lossy();
        let name: String = name.trim().chars().take(LONGEST_TAG).collect();
        (!name.is_empty()).then_some(name)
    }
}

/// In which dialect an error is said.
pub(crate) fn spoken(target: Target, headers: &HeaderMap) -> Dialect {
    match target {
        Target::Ask(dialect, _) => dialect,
        Target::Models | Target::Base | Target::Nothing => {
            if headers.contains_key("anthropic-version") {
                Dialect::Anthropic
            } else {
                Dialect::OpenaiChat
            }
        }
    }
}

/// Everything that can be said before the body is read.
pub(crate) fn check(head: &Parts, place: Place<'_>, config: &Config) -> Result<(), TurnedAway> {
    let host = host(head);
    if !host.is_some_and(|host| answers_to(host, config)) {
        return Err(TurnedAway::Host(host.unwrap_or_default().to_owned()));
    }
    if let Some(origin) = head.headers.get(ORIGIN) {
        let origin = origin.to_str().unwrap_or("?");
        let own = host.is_some_and(|host| origin.strip_prefix("http://") == Some(host));
        if !own && !config.allowed_origins.iter().any(|o| o == origin) {
            return Err(TurnedAway::Origin(origin.to_owned()));
        }
    }
    if !shows_token(head, place, &config.token) {
        return Err(TurnedAway::Token);
    }
    let wanted = match place.target {
        Target::Ask(Dialect::OpenaiResponses, _)
            if head.method == Method::GET && head.headers.contains_key(UPGRADE) =>
        {
            return Err(TurnedAway::WebSocket);
        }
        Target::Ask(..) if head.method == Method::POST => return check_body(head, config),
        Target::Ask(..) => "POST",
        Target::Models | Target::Base if [Method::GET, Method::HEAD].contains(&head.method) => {
            return Ok(());
        }
        Target::Models => "GET",
        Target::Base | Target::Nothing => return Err(TurnedAway::Path(place.path.to_owned())),
    };
    Err(TurnedAway::Method {
        path: place.path.to_owned(),
        method: head.method.to_string(),
        wanted,
    })
}

/// Was it a browser on its way (an icon, a page of somebody else's), and no client that lacks its token? Such requests come
/// in storms and tell the owner nothing about their own.
pub(crate) fn is_stray(head: &Parts, place: Place<'_>, why: &TurnedAway) -> bool {
    let looks = [Method::GET, Method::HEAD].contains(&head.method);
    let after_nothing = matches!(place.target, Target::Base | Target::Nothing);
    let foreign_page = matches!(why, TurnedAway::Origin(_));
    let passing_by = matches!(why, TurnedAway::Token) && looks && after_nothing;
    (foreign_page || passing_by)
        && place.token.is_none()
        && !crate::attempt::headers::shows_any_credential(&head.headers)
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

/// The host that the client believes it speaks to, with its port.
fn host(head: &Parts) -> Option<&str> {
    match head.headers.get(HOST) {
        Some(host) => host.to_str().ok(),
        None => head.uri.authority().map(|authority| authority.as_str()),
    }
}

/// A name that is not ours may have been pointed at us by a foreign web page (DNS rebinding).
fn answers_to(host: &str, config: &Config) -> bool {
    let port = |rest: &str| rest.is_empty() || rest.starts_with(':');
    let name = match host.rfind(']') {
        Some(end) if port(&host[end + 1..]) => &host[..=end],
        Some(_) => return false,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    ["127.0.0.1", "localhost", "[::1]"]
        .into_iter()
        .chain(config.allowed_hosts.iter().map(String::as_str))
        .any(|allowed| allowed.eq_ignore_ascii_case(name))
}

fn shows_token(head: &Parts, place: Place<'_>, token: &Secret) -> bool {
    if token.reveal().is_empty() {
        return false;
    }
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header(AUTHORIZATION.as_str()).map(without_scheme);
    [
        place.token,
        header(TOKEN_HEADER),
        header("x-api-key"),
        bearer,
    ]
    .into_iter()
    .flatten()
    .any(|shown| token.is(shown))
}

/// `content-length`, where it is one.
pub(crate) fn declared(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Read a request's body once; it is kept for every attempt.
pub(crate) async fn body<B>(
    head: &Parts,
    body: B,
    held: &Held,
    config: &Config,
) -> Result<(Bytes, Share), TurnedAway>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let mut body = pin!(body);
    let mut share = held.share();
    let busy = |Full(most)| TurnedAway::Busy(most);
    let expected = declared(&head.headers).unwrap_or(0);
    share.grow(expected, config.limits.bodies).map_err(busy)?;
    // The length is the client's word only: no more is reserved in advance than a large request has.
    let mut bytes = BytesMut::with_capacity(expected.min(1 << 20));
    loop {
        let frame = tokio::time::timeout(config.timers.idle, body.frame())
            .await
            .map_err(|_| TurnedAway::Unreadable("it stopped arriving".to_owned()))?;
        let Some(frame) = frame else {
            return Ok((bytes.freeze(), share));
        };
        let frame = frame.map_err(|error| TurnedAway::Unreadable(error.into().to_string()))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > config.limits.body {
            drop(bytes);
            discard(head, body).await;
            return Err(TurnedAway::TooLarge(config.limits.body));
        }
        let beyond = (bytes.len() + data.len()).saturating_sub(share.bytes());
        share.grow(beyond, config.limits.bodies).map_err(busy)?;
        bytes.extend_from_slice(&data);
    }
}

/// Read what a refused client is still sending, so that it hears the refusal instead of a broken connection.
pub(crate) async fn discard<B>(head: &Parts, body: B)
where
    B: http_body::Body<Data = Bytes>,
{
    // It asks before it sends: the refusal is the answer.
    if head.headers.contains_key(EXPECT) {
        return;
    }
    let mut body = pin!(body);
    let mut read = 0;
    let all = async {
        while read < DISCARD
            && let Some(Ok(frame)) = body.frame().await
        {
            read += frame.data_ref().map_or(0, Bytes::len);
        }
    };
    // Whether it came to an end or not: the answer is the same.
    let _ = tokio::time::timeout(DISCARD_FOR, all).await;
}

#[cfg(test)]
mod tests;
