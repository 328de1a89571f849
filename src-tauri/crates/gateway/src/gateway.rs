mod breakers;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use catalog::Dialect;
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use health::Verdicts;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use wire::{Ask, Kind};

use crate::admit::{self, Place, Target};
use crate::admitted::Admitted;
use crate::answer::Gate;
use crate::breaker::{Breakers, Permit, Trip};
use crate::exchange::PIPELINE;
use crate::held::{Held, Share};
use crate::hold::{self, Hold};
use crate::lost::Lost;
use crate::once::{self, Asker, Once};
use crate::open::{OpenExchange, Reports};
use crate::review::Reviewed;
use crate::route::{Wish, plan};
use crate::storm::Storms;
use crate::upstream::Upstream;
use crate::{
    Body, BoxError, Candidate, Config, Connect, End, Exchange, Plan, ReplayAsk, Report, Standing,
    TurnedAway, login, models, rescue, respond,
};

/// Tells the time of day.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The part of the engine that stands between clients and providers. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Shared>);

struct Shared {
    config: watch::Receiver<Arc<Config>>,
    verdicts: watch::Receiver<Arc<Verdicts>>,
    upstream: Upstream,
    reports: Reports,
    breakers: Breakers,
    storms: Storms,
    bodies: Held,
    answers: Held,
    once: Once,
    clock: Clock,
}

impl Gateway {
    /// `reports` is bounded by its maker; where it is full, reports are dropped and counted. `replays`: whoever reads it
    /// answers each from the ledger.
    pub fn new(
        config: watch::Receiver<Arc<Config>>,
        verdicts: watch::Receiver<Arc<Verdicts>>,
        connect: Connect,
        reports: mpsc::Sender<Report>,
        replays: mpsc::Sender<ReplayAsk>,
        clock: Clock,
    ) -> Gateway {
        Gateway(Arc::new(Shared {
            upstream: Upstream::new(connect, config.clone()),
            config,
            verdicts,
            reports: Reports::new(reports),
            breakers: Breakers::default(),
            storms: Storms::default(),
            bodies: Held::default(),
            answers: Held::default(),
            once: Once::new(replays),
            clock,
        }))
    }

    /// Answer one request. Never fails and never panics: what goes wrong becomes a response in the client's dialect.
    /// Dropping the future or the response's body cancels whatever is under way upstream, save for a request with an
    /// idempotency key, and for half a minute for clients that ask again.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let place = Place::of(request.uri().path());
        let dialect = admit::spoken(place.target, request.headers());
        match AssertUnwindSafe(self.serve(request)).catch_unwind().await {
            Ok(response) => response,
            Err(_) => {
                tracing::error!(%dialect, "a panic ended one exchange");
                plain(rescue::our_fault(dialect))
            }
        }
    }

    /// The plan for such a request now. `client_login`: the client brings a login of its own (a subscription, a key).
    pub fn explain(&self, dialect: Dialect, model: &str, client_login: bool) -> Plan {
        self.plan(&self.config(), Wish::any(dialect, model, client_login))
    }

    /// The plan for this very request.
    ///
    /// # Errors
    /// It is no request of this dialect.
    pub fn explain_request(
        &self,
        dialect: Dialect,
        body: &[u8],
        client_login: bool,
    ) -> Result<Plan, wire::BadRequest> {
        let ask = Ask::read(dialect, body)?;
        let wish = Wish {
            body: Some(body),
            unthought_turn: ask.unthought_turn,
            ..Wish::any(dialect, &ask.model, client_login)
        };
        Ok(self.plan(&self.config(), wish))
    }

    /// Exchanges that have begun and not ended.
    pub fn open_exchanges(&self) -> usize {
        self.0.reports.open()
    }

    /// Requests whose clients have left and may come back for the answer.
    pub fn lingering(&self) -> usize {
        self.0.once.lingering()
    }

    /// Reports that were dropped because their reader was too slow.
    pub fn dropped_reports(&self) -> u64 {
        self.0.reports.dropped()
    }

    /// Requests of browsers and other passers-by without a token: turned away and counted, but no exchanges.
    pub fn strays(&self) -> u64 {
        self.0.reports.strays()
    }

    async fn serve<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let began = Instant::now();
        let config = self.config();
        let (head, body) = request.into_parts();
        let place = Place::of(head.uri.path());
        let dialect = admit::spoken(place.target, &head.headers);
        if let Err(why) = admit::check(&head, place, &config) {
            if let TurnedAway::TooLarge(_) = why {
                admit::discard(&head, body).await;
            }
            if admit::is_stray(&head, place, &why) {
                tracing::debug!(path = place.path, %why, "a stray request was turned away");
                self.0.reports.stray();
                return plain(rescue::turned_away(dialect, &why));
            }
            return self.turn_away(began, &head, dialect, why);
        }
        let (dialect, kind) = match place.target {
            Target::Ask(dialect, kind) => (dialect, kind),
            Target::Models => return json(models::list(&config)),
            Target::Base | Target::Nothing => return json(GREETING),
        };
        if let Some(why) = login::refused(&head.headers, &config, dialect) {
            return self.turn_away(began, &head, dialect, TurnedAway::Login(why));
        }
        let key = match once::key(&head.headers) {
            Ok(key) => key,
            Err(why) => return self.turn_away(began, &head, dialect, why),
        };
        let (body, share) = match admit::body(&head, body, &self.0.bodies, &config).await {
            Ok(read) => read,
            Err(why) => return self.turn_away(began, &head, dialect, why),
        };
        let unknown = Exchange::begun(&head, dialect, self.now());
        let storms = &self.0.storms;
        let asked = storms.asked(&unknown.client, &head.headers, &body, body.len());
        let passing = config.paused || config.draining;
        if let Err(storm) = storms.admit(asked, unknown.started)
            && !passing
        {
            return self.turn_away(began, &head, dialect, storm.into());
        }
        let mut ask = match Ask::read(dialect, &body) {
            Ok(ask) => ask,
            Err(why) => return self.turn_away(began, &head, dialect, why.into()),
        };
        let client = &unknown.client;
        let asker = Asker::new(&config.token, &head, client, (dialect, kind), body.clone());
        if key.is_none()
            && let Some(left) = self.0.once.rejoin(&asker, client, dialect).await
        {
            return left;
        }
        let wish = Wish {
            dialect,
            model: &ask.model,
            client_login: crate::headers::has_login(&head.headers, &config.token),
            subscription: login::is_subscription(&head.headers, &config, dialect),
            pipeline: head.headers.contains_key(PIPELINE),
            kind,
            body: None,
            unthought_turn: ask.unthought_turn,
        };
        let mut plan = self.plan(&config, wish);
        let unread = kind == Kind::Generate && !wish.unthought_turn && plan.may_begin_unread();
        if !unread {
            let body = Some(&*body);
            plan = self.plan(&config, Wish { body, ..wish });
        }
        let (hold, gate) = hold::back(&config, &head, &plan, began);
        let exchange = Exchange {
            kind,
            route: plan.route.clone(),
            model: ask.model.clone(),
            streamed: ask.stream && kind == Kind::Generate,
            rehearsal: plan.rehearsal,
            pipeline: unknown.pipeline.or_else(|| plan.pipeline.clone()),
            tools_held: gate != Gate::Nothing || matches!(hold, Hold::UntilProven { .. }),
            tool_results: std::mem::take(&mut ask.results),
            ..unknown
        };
        let reviewed = Reviewed::of(&exchange, plan.strict, &head.headers, &body);
        let exchange = OpenExchange::begin(&self.0.reports, began, exchange)
            .counted(storms, asked)
            .reviewed(reviewed);
        let admitted = Admitted {
            config,
            head,
            body,
            _share: share,
            ask,
            kind,
            plan,
            unread,
            hold,
            gate,
            began,
        };
        once::answer(self, admitted, exchange, asker, key).await
    }

    fn turn_away(
        &self,
        began: Instant,
        head: &Parts,
        dialect: Dialect,
        mut why: TurnedAway,
    ) -> Response<Body> {
        let unknown = Exchange::begun(head, dialect, self.now());
        let storms = &self.0.storms;
        // A body that was refused unread is told apart from others by its size alone.
        let asked = match why {
            TurnedAway::TooLarge(limit) => {
                let size = admit::declared(&head.headers)
                    .unwrap_or(limit)
                    .max(limit + 1);
                let asked = storms.asked(&unknown.client, &head.headers, b"", size);
                if let Err(storm) = storms.admit(asked, unknown.started) {
                    why = storm.into();
                }
                Some(asked)
            }
            _ => None,
        };
        tracing::warn!(path = Place::of(head.uri.path()).path, %why, "turned away");
        let mut exchange = OpenExchange::begin(&self.0.reports, began, unknown);
        if let Some(asked) = asked {
            exchange = exchange.counted(storms, asked);
        }
        let said = rescue::turned_away(dialect, &why);
        respond::end(said, exchange, End::TurnedAway(why))
    }

    fn plan(&self, config: &Config, wish: Wish<'_>) -> Plan {
        let now = self.now();
        plan(config, wish, &|endpoint, model| {
            self.0.breakers.standing(endpoint, model, now)
        })
    }

    fn config(&self) -> Arc<Config> {
        Arc::clone(&self.0.config.borrow())
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.0.clock)()
    }

    /// A share of the memory for answers that are held back.
    pub(crate) fn answers_held(&self) -> Share {
        self.0.answers.share()
    }

    pub(crate) fn once(&self) -> &Once {
        &self.0.once
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.0.config.borrow().draining
    }

    /// Resolves when it is draining.
    pub(crate) async fn drains(&self) {
        let mut config = self.0.config.clone();
        // Whoever tells is gone: so is the engine.
        let _ = config.wait_for(|config| config.draining).await;
    }

    pub(crate) fn clock(&self) -> Clock {
        Arc::clone(&self.0.clock)
    }

    pub(crate) fn upstream(&self) -> &Upstream {
        &self.0.upstream
    }

    pub(crate) fn standing(&self, candidate: &Candidate) -> Standing {
        let Candidate {
            endpoint, model, ..
        } = candidate;
        self.0.breakers.standing(endpoint, model, self.now())
    }

    pub(crate) fn is_known_silent(&self, candidate: &Candidate) -> bool {
        let Candidate {
            endpoint, model, ..
        } = candidate;
        let now = self.now();
        self.0.breakers.is_known_silent(endpoint, model, now)
    }

    /// None: a count of tokens tells nothing about the model.
    pub(crate) fn permit(&self, candidate: &Candidate, kind: Kind) -> Option<Permit> {
        let Candidate {
            endpoint, model, ..
        } = candidate;
        match kind {
            Kind::Generate => Some(self.0.breakers.enter(endpoint, model, self.now())),
            Kind::CountTokens => None,
        }
    }

    pub(crate) fn trip(&self, candidate: &Candidate, lost: &Lost) -> Trip {
        Trip {
            class: lost.class,
            slow: lost.kind == Some(health::FailureKind::Stalled),
            silence: lost.silence,
            retry_after: lost.retry_after,
            reason: lost.message.clone(),
            threshold: self.threshold(candidate),
            cooldown: self.0.config.borrow().timers.cooldown,
        }
    }

    pub(crate) fn threshold(&self, candidate: &Candidate) -> u32 {
        self.threshold_of(&candidate.provider, &candidate.endpoint)
    }

    pub(crate) fn verdict(
        &self,
        candidate: &Candidate,
        product: &str,
        alternatives: bool,
    ) -> Option<String> {
        let verdicts = Arc::clone(&self.0.verdicts.borrow());
        rescue::verdict(&verdicts, candidate, product, alternatives)
    }
}

const GREETING: &str = "{\"understudy\":\"ready\"}";

fn json(body: impl Into<Bytes>) -> Response<Body> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = Response::new(Body::plain(body));
    *response.headers_mut() = headers;
    response
}

pub(crate) fn plain(said: rescue::Said) -> Response<Body> {
    let mut response = Response::new(Body::plain(said.body));
    *response.status_mut() = said.status;
    *response.headers_mut() = said.headers;
    response
}
