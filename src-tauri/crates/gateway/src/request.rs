//! The request of an attempt, made from the client's own.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use wire::Kind;

use crate::fallback::Admitted;
use crate::{Candidate, Credential, EndpointConfig, headers};

pub(crate) fn request(
    admitted: &Admitted,
    candidate: &Candidate,
    endpoint: &EndpointConfig,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let Admitted {
        config,
        head,
        body,
        ask,
        kind,
        plan,
        ..
    } = admitted;
    let found = &endpoint.endpoint;
    let path = found
        .paths
        .get(&plan.dialect)
        .map_or(plan.dialect.default_path(), String::as_str);
    let mut url = format!("{}{path}", found.base);
    match kind {
        Kind::Generate => {}
        Kind::CountTokens => url.push_str("/count_tokens"),
    }
    if let Some(query) = headers::query(head.uri.query(), candidate.credential) {
        url.push('?');
        url.push_str(&query);
    }
    let body = if candidate.model.as_str() == ask.model {
        body.clone()
    } else {
        wire::with_model(body, candidate.model.as_str())
    };
    let body = if ask.has_credentials && candidate.credential != Credential::ClientLogin {
        wire::without_credentials(&body)
    } else {
        body
    };
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(url)
        .body(Full::new(body))?;
    *request.headers_mut() = headers::outgoing(
        &head.headers,
        candidate.credential,
        found.auth,
        endpoint.key.as_ref(),
        &config.token,
    );
    Ok(request)
}
