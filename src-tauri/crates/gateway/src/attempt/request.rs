//! The request of an attempt, derived from the client's.

use std::collections::BTreeMap;

use bytes::Bytes;
use catalog::Dialect;
use http::{HeaderMap, Method, Request};
use http_body_util::Full;
use translate::{self, LeftOut, Signature, Untranslatable};
use wire::Kind;

use crate::admitted::Admitted;
use crate::attempt::headers;
use crate::attempt::translation::{TranslatedRequest, Translation, translate_request};
use crate::kept::SignatureSink;
use crate::plan::login;
use crate::{Candidate, Carriage, Credential, Demand, EndpointConfig};

/// The request for a candidate.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) request: Request<Full<Bytes>>,
    /// Set if it uses another dialect than the client.
    pub(crate) translation: Option<Translation>,
    /// Fields that it does not get, or not exactly.
    pub(crate) left_out: Vec<LeftOut>,
    /// The request's demand on the response that the provider does not enforce.
    pub(crate) wanted: Option<Demand>,
}

/// Why a request could not be built. The plan has checked the same before, so this is a bug in Understudy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unbuilt {
    #[error(transparent)]
    Http(#[from] http::Error),
    #[error(transparent)]
    Untranslatable(#[from] Untranslatable),
}

/// Stored signatures for this request's calls, and the store for those of its response.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) signatures: BTreeMap<String, Signature>,
    pub(crate) sink: SignatureSink,
}

/// `now`: in seconds since 1970.
pub(crate) fn request(
    admitted: &Admitted,
    candidate: &Candidate,
    endpoint: &EndpointConfig,
    kept: Kept,
    now: u64,
) -> Result<Outgoing, Unbuilt> {
    let url = url(admitted, candidate, endpoint);
    let found = &endpoint.endpoint;
    match candidate.carriage {
        Carriage::Own => {
            let (body, left_out) = own_body(admitted, candidate);
            return Ok(Outgoing {
                request: post(
                    url,
                    body,
                    headers::outgoing(
                        &admitted.head.headers,
                        candidate.credential,
                        found.auth,
                        endpoint.key.as_ref(),
                        &admitted.config.token,
                    ),
                )?,
                translation: None,
                left_out,
                wanted: None,
            });
        }
        Carriage::Family => {
            let (body, mut left_out) = family_body(admitted, candidate, endpoint);
            let mut headers = of_other(admitted, candidate, endpoint);
            headers::put_betas(
                &mut headers,
                &admitted.head.headers,
                &found.allow,
                &mut left_out,
            );
            return Ok(Outgoing {
                request: post(url, body, headers)?,
                translation: None,
                left_out,
                wanted: None,
            });
        }
        Carriage::Translated => {}
    }
    let (client, spoken) = (admitted.plan.dialect, candidate.dialect);
    let conversation = translate::read(client, admitted.in_full())?
        .with_fidelity(admitted.plan.fidelity)
        .with_signatures(kept.signatures);
    let conversation = match admitted.conversation.in_full() {
        Some(_) => conversation.with_echo_of(&admitted.body),
        None => conversation,
    };
    let target = endpoint.target(&candidate.model);
    let target = target.for_client_of(home(admitted));
    let translated = translate_request((client, spoken), &conversation, &target, now)?;
    let TranslatedRequest {
        body,
        translation,
        mut left_out,
        wanted,
    } = translated;
    left_out.extend(expanded(admitted));
    let headers = of_other(admitted, candidate, endpoint);
    Ok(Outgoing {
        request: post(url, body, headers)?,
        translation: Some(translation.with_sink(kept.sink)),
        left_out,
        wanted: wanted.map(Demand::of_request),
    })
}

/// The requirements of the route's primary, which gets the client's own bytes.
fn home(admitted: &Admitted) -> translate::Home {
    let (config, plan) = (&admitted.config, &admitted.plan);
    let mut routes = config.routes.iter();
    let route = routes.find(|r| r.dialect == plan.dialect && r.models.matches(&plan.model));
    let primary = route.and_then(|route| route.candidates.first());
    let primary = primary.and_then(|rule| config.endpoints.get(&rule.endpoint));
    let spoken = primary.filter(|found| found.endpoint.speaks(plan.dialect));
    spoken.map_or_else(translate::Home::default, |found| {
        translate::Home::of(&found.endpoint)
    })
}

fn of_other(admitted: &Admitted, candidate: &Candidate, endpoint: &EndpointConfig) -> HeaderMap {
    headers::of_other(
        &admitted.head.headers,
        candidate.dialect,
        admitted.streamed(),
        &endpoint.endpoint.allow,
        (endpoint.endpoint.auth, endpoint.key.as_ref()),
    )
}

/// The client's own bytes, with the candidate's model and without fields that it must not get.
fn family_body(
    admitted: &Admitted,
    candidate: &Candidate,
    endpoint: &EndpointConfig,
) -> (Bytes, Vec<LeftOut>) {
    let (body, ask) = (admitted.in_full(), &admitted.ask);
    let allow = &endpoint.endpoint.allow;
    let mut filtered = translate::within_family(candidate.dialect, body, allow);
    let body = filtered.body.map_or_else(|| body.clone(), Bytes::from);
    let body = match candidate.model.as_str() == ask.model {
        true => body,
        false => wire::with_model(&body, candidate.model.as_str()),
    };
    filtered.dropped.extend(expanded(admitted));
    (body, filtered.dropped)
}

/// The references whose content a candidate gets because it does not store it.
fn expanded(admitted: &Admitted) -> Vec<LeftOut> {
    let in_full = admitted.conversation.in_full();
    in_full.map_or_else(Vec::new, |full| full.listed.clone())
}

fn post(url: String, body: Bytes, headers: HeaderMap) -> Result<Request<Full<Bytes>>, http::Error> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(url)
        .body(Full::new(body))?;
    *request.headers_mut() = headers;
    Ok(request)
}

fn url(admitted: &Admitted, candidate: &Candidate, endpoint: &EndpointConfig) -> String {
    let spoken: Dialect = candidate.dialect;
    let found = &endpoint.endpoint;
    let path = found
        .paths
        .get(&spoken)
        .map_or(spoken.default_path(), String::as_str);
    let mut url = match candidate.credential {
        Credential::ClientLogin => login::url(&admitted.head.headers, found, path),
        Credential::OurKey | Credential::None => format!("{}{path}", found.base),
    };
    match admitted.kind {
        Kind::Generate => {}
        Kind::CountTokens => url.push_str("/count_tokens"),
    }
    let query = headers::query(admitted.head.uri.query(), candidate.credential);
    // A query may contain anything: it is sent only to the vendor that the client addressed.
    if let Some(query) = query.filter(|_| candidate.carriage == Carriage::Own) {
        url.push('?');
        url.push_str(&query);
    }
    url
}

/// The client's own bytes, with another model id if the candidate has one, and with another candidate's content in place of a
/// reference to it.
fn own_body(admitted: &Admitted, candidate: &Candidate) -> (Bytes, Vec<LeftOut>) {
    let ask = &admitted.ask;
    let expanded = admitted.conversation.for_own(&admitted.body, candidate);
    let (body, listed) = match &expanded {
        Some(expanded) => (&expanded.body, expanded.listed.clone()),
        None => (&admitted.body, Vec::new()),
    };
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
    (body, listed)
}
