//! The candidates in the plan's order, until one answers or none is left.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalog::ModelId;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::Full;
use wire::{Ask, Class, Kind};

use crate::attempt::{Hold, Lost, Terms, Won, attempt};
use crate::breaker::{PATIENCE, Permit};
use crate::deliver::{Delivery, end_of};
use crate::open::OpenExchange;
use crate::rescue::{self, Said};
use crate::{
    Body, Candidate, Config, Credential, End, EndpointConfig, Gateway, Ineligible, Outcome, Plan,
    TurnedAway, headers,
};

/// Requests that one exchange may cost, however many candidates there are.
const ATTEMPTS: usize = 6;
/// Requests to one candidate.
const TRIES: usize = 2;

/// A request that was admitted, read and planned.
pub(crate) struct Admitted {
    pub(crate) config: Arc<Config>,
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
    pub(crate) ask: Ask,
    pub(crate) kind: Kind,
    pub(crate) plan: Plan,
    pub(crate) hold: Hold,
}

/// What happens after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// The same candidate once more.
    Again(Duration),
    Other,
    /// Only a candidate whose window has more tokens than this.
    Larger(u64),
    /// Its words are returned unchanged.
    Stop,
}

pub(crate) async fn answer(
    gateway: &Gateway,
    admitted: Admitted,
    mut exchange: OpenExchange,
) -> Response<Body> {
    let Admitted { config, plan, .. } = &admitted;
    let passing = config.paused || config.draining;
    let mut primary: Option<(&Candidate, Lost)> = None;
    let mut window = 0;
    let mut empty_before = false;
    for (place, candidate) in plan.candidates.iter().enumerate() {
        let last = place + 1 == plan.candidates.len();
        let Some(endpoint) = config.endpoints.get(&candidate.endpoint) else {
            continue;
        };
        if window > 0 && context(endpoint, &candidate.model).is_none_or(|own| own <= window) {
            continue;
        }
        // Another request may have become the probe since the plan was made.
        let admits = gateway.standing(candidate).admits();
        if candidate.standing.admits() && !admits && !last {
            continue;
        }
        for tried in 1..=TRIES {
            if exchange.attempts() >= ATTEMPTS {
                break;
            }
            let permit = gateway.permit(candidate, admitted.kind);
            let only_once = passing || !admits || permit.as_ref().is_some_and(Permit::is_probe);
            let terms = Terms {
                dialect: plan.dialect,
                kind: admitted.kind,
                streamed: admitted.ask.stream && admitted.kind == Kind::Generate,
                hold: admitted.hold,
                strict: plan.strict,
                last,
                empty_before,
            };
            exchange.attempt_began(
                candidate.provider.clone(),
                candidate.endpoint.clone(),
                candidate.model.clone(),
            );
            let request = match request(&admitted, candidate, endpoint) {
                Ok(request) => request,
                Err(error) => return our_fault(plan, &error, exchange),
            };
            let timers = &config.timers;
            let now = gateway.now();
            let upstream = gateway.upstream();
            let won = attempt(upstream, request, terms, timers, now, &mut exchange).await;
            let lost = match won {
                Ok(won) => return deliver(gateway, config, candidate, exchange, permit, won),
                Err(lost) => lost,
            };
            exchange.attempt_ended(
                Outcome::Failed {
                    class: lost.class,
                    kind: lost.kind,
                    message: lost.message.clone(),
                },
                lost.report.clone(),
            );
            if let Some(permit) = permit
                && bears_on_breaker(&lost, candidate)
            {
                permit.failed(gateway.now(), &gateway.trip(candidate, &lost));
            }
            empty_before |= lost.empty;
            let next = next(&lost, candidate, endpoint, primary.is_none());
            let again = tried < TRIES && !only_once && gateway.standing(candidate).admits();
            if primary.is_none() {
                primary = Some((candidate, lost));
            }
            match next {
                Next::Again(wait) if again => tokio::time::sleep(wait).await,
                Next::Again(_) | Next::Other => break,
                Next::Larger(than) => {
                    window = than;
                    break;
                }
                Next::Stop => return failed(gateway, &admitted, primary, exchange),
            }
        }
    }
    failed(gateway, &admitted, primary, exchange)
}

fn next(lost: &Lost, candidate: &Candidate, endpoint: &EndpointConfig, first: bool) -> Next {
    match lost.class {
        // The client's own login is the client's to renew; it does so when it hears of it.
        Class::Credential if first && candidate.credential == Credential::ClientLogin => Next::Stop,
        Class::Caller | Class::ContentPolicy if first => Next::Stop,
        Class::ContextTooLong => {
            Next::Larger(context(endpoint, &candidate.model).unwrap_or(u64::MAX))
        }
        Class::Transient | Class::RateLimit if lost.hopeless => Next::Other,
        Class::Transient | Class::RateLimit => match lost.retry_after {
            Some(wait) if wait > PATIENCE => Next::Other,
            Some(wait) => Next::Again(wait.max(backoff())),
            None => Next::Again(backoff()),
        },
        Class::Silent
        | Class::Quota
        | Class::Credential
        | Class::ModelGone
        | Class::Caller
        | Class::ContentPolicy => Next::Other,
    }
}

/// Does a failure say something about the endpoint, whoever asks next?
fn bears_on_breaker(lost: &Lost, candidate: &Candidate) -> bool {
    match lost.class {
        Class::Credential => candidate.credential != Credential::ClientLogin,
        Class::Transient => lost.kind.is_some(),
        Class::RateLimit
        | Class::Silent
        | Class::Quota
        | Class::ModelGone
        | Class::Caller
        | Class::ContextTooLong
        | Class::ContentPolicy => true,
    }
}

/// A model's window in tokens, where the catalogue knows it; dated ids count as their undated entry.
fn context(endpoint: &EndpointConfig, model: &ModelId) -> Option<u64> {
    endpoint
        .models
        .iter()
        .filter(|known| model.as_str().starts_with(known.id.as_str()))
        .max_by_key(|known| known.id.as_str().len())?
        .context
}

/// Half a second, give or take a quarter of one, so that sessions cut together do not come back together.
fn backoff() -> Duration {
    Duration::from_millis(250 + RandomState::new().hash_one(0) % 500)
}

fn request(
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

/// The commit: from here on there is no other candidate, only an honest end.
fn deliver(
    gateway: &Gateway,
    config: &Config,
    candidate: &Candidate,
    mut exchange: OpenExchange,
    permit: Option<Permit>,
    won: Won,
) -> Response<Body> {
    let attempts = exchange.attempts();
    let (head, body) = match won {
        Won::Stream {
            head,
            answer,
            ended,
        } => {
            exchange.answered(head.status);
            let breaker = permit.map(|permit| (permit, gateway.threshold(candidate)));
            let delivery = Delivery::new(
                *answer,
                ended,
                exchange,
                breaker,
                &config.timers,
                gateway.clock(),
            );
            (head, Body::stream(delivery))
        }
        Won::Whole {
            head,
            bytes,
            completion,
            report,
        } => {
            exchange.answered(head.status);
            if let Some(permit) = permit.filter(|_| completion.is_answer()) {
                permit.succeeded();
            }
            let end = end_of(&completion);
            exchange.attempt_ended(Outcome::Answered(completion), report);
            (head, Body::last(bytes, exchange, end))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = head.status;
    *response.headers_mut() = headers::returned(head.headers);
    tell(response.headers_mut(), candidate, attempts);
    response
}

/// No candidate answered.
fn failed(
    gateway: &Gateway,
    admitted: &Admitted,
    primary: Option<(&Candidate, Lost)>,
    exchange: OpenExchange,
) -> Response<Body> {
    let Admitted { config, plan, .. } = admitted;
    let Some((candidate, lost)) = primary else {
        let why = nobody(admitted);
        let said = rescue::turned_away(plan.dialect, &why);
        return end(said, exchange, End::TurnedAway(why));
    };
    let attempts = exchange.attempts();
    let own_login = candidate.credential == Credential::ClientLogin;
    let (said, how) = match (lost.class, lost.answer) {
        (Class::Caller | Class::ContextTooLong, Some(answer)) => {
            (Said::from(answer), End::CallersFault)
        }
        (Class::Credential, Some(answer)) if own_login => (Said::from(answer), End::CallersFault),
        (Class::ContentPolicy, Some(answer)) => (Said::from(answer), End::Refused),
        (_, answer) => {
            let product = config
                .endpoints
                .get(&candidate.endpoint)
                .map_or("the provider", |endpoint| endpoint.product.as_str());
            let alternatives = plan.candidates.len() > 1;
            let verdict = gateway.verdict(candidate, product, alternatives);
            let lost = Lost { answer, ..lost };
            let said = rescue::exhausted(plan.dialect, candidate, product, lost, verdict);
            (said, End::Exhausted)
        }
    };
    let mut response = end(said, exchange, how);
    tell(response.headers_mut(), candidate, attempts);
    response
}

/// Why a plan has no candidate at all.
fn nobody(admitted: &Admitted) -> TurnedAway {
    let Plan {
        dropped,
        model,
        dialect,
        ..
    } = &admitted.plan;
    let no_key = dropped.iter().find_map(|dropped| match &dropped.why {
        Ineligible::NoKey { name, provider } => Some(format!(
            "No key for {name}. Add one: `understudyd key add {provider}`, or Settings → Keys"
        )),
        Ineligible::Unknown
        | Ineligible::Dialect(_)
        | Ineligible::Loop
        | Ineligible::BadAddress(_)
        | Ineligible::Rehearsal
        | Ineligible::Paused => None,
    });
    match (no_key, dropped.first()) {
        (Some(no_key), _) => TurnedAway::NoKey(no_key),
        (None, Some(first)) => TurnedAway::NoCandidate(format!(
            "Nobody can be asked for `{model}`: {}: {}. `understudyd doctor` says more",
            first.endpoint, first.why
        )),
        (None, None) => TurnedAway::NoRoute {
            model: model.clone(),
            dialect: *dialect,
        },
    }
}

fn our_fault(plan: &Plan, error: &http::Error, exchange: OpenExchange) -> Response<Body> {
    tracing::error!(%error, model = plan.model, "a request could not be built");
    end(rescue::our_fault(plan.dialect), exchange, End::OurFault)
}

/// The last word of an exchange.
pub(crate) fn end(said: Said, mut exchange: OpenExchange, how: End) -> Response<Body> {
    exchange.answered(said.status);
    let mut response = Response::new(Body::last(said.body, exchange, how));
    *response.status_mut() = said.status;
    *response.headers_mut() = said.headers;
    response
}

/// Who answered, for those who look.
fn tell(headers: &mut HeaderMap, candidate: &Candidate, attempts: usize) {
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    put("x-understudy-provider", candidate.provider.as_str());
    put("x-understudy-model", candidate.model.as_str());
    put("x-understudy-attempts", &attempts.to_string());
}

#[cfg(test)]
mod tests;
