//! The port's door: token, host, size and shape of a request are checked here, and what passes is planned and handed to
//! [`once`]. The door imports what is behind it; nothing behind it imports the door.

mod admit;
mod breakers;
mod cross_origin;
mod models;
mod pass;
mod place;
mod vendor;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use catalog::{Behaviour, Dialect, EndpointId, ModelId};
use futures_util::FutureExt;
use health::Verdicts;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use wire::{Ask, Kind};

use crate::admitted::Admitted;
use crate::deliver::hold::{self, Gate, Hold};
use crate::deliver::{rescue, respond};
use crate::draft::Draft;
use crate::kept::Conversation;
use crate::log::OneLine;
use crate::once::{self, Again, Asker, Item, Run};
use crate::open::OpenExchange;
use crate::plan::login;
use crate::plan::patience::{self, Leaver};
use crate::plan::session::SessionKey;
use crate::plan::{Caller, CallerKind, Wish};
use crate::review::Reviewed;
use crate::services::{Clock, Services};
use crate::{
    Body, BoxError, Config, Connect, ConversationAsk, End, ExchangeId, ExchangeKind, Pin, Plan,
    ReplayAsk, Report, Rerun, TurnedAway,
};
use admit::Origin;
use place::{Place, Target};

/// The part of the engine between clients and providers. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Services);

impl Gateway {
    /// The caller bounds `reports`; where it is full, reports are dropped and counted. The reader of `replays` answers each
    /// from the ledger; `conversations` in the same way, in its own order.
    pub fn new(
        config: watch::Receiver<Arc<Config>>,
        verdicts: watch::Receiver<Arc<Verdicts>>,
        connect: Connect,
        reports: mpsc::Sender<Report>,
        replays: mpsc::Sender<ReplayAsk>,
        conversations: mpsc::Sender<ConversationAsk>,
        clock: Clock,
    ) -> Gateway {
        Gateway(Services::new(
            config,
            verdicts,
            connect,
            reports,
            replays,
            conversations,
            clock,
        ))
    }

    /// Times in error texts are of this zone, and name it; without a call, of UTC. The first call counts.
    pub fn format_times_in(&self, zone: words::Zone) {
        self.0.format_times_in(zone);
    }

    /// Answers one request. Never fails and never panics: an error becomes a response in the client's dialect. Dropping the
    /// future or the response's body cancels the work upstream, except for a request with an idempotency key, and for 30 s for
    /// clients that retry.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let config = self.0.config();
        let (head, body) = request.into_parts();
        let id = self.0.reports().next_id(self.0.now());
        if let Some(mut response) = cross_origin::preflight(&head, &config) {
            id.name_in(response.headers_mut());
            return response;
        }
        let page = match Origin::of(&head, &config) {
            Origin::Allowed(origin) => Some(cross_origin::allowed(origin)),
            Origin::None | Origin::Own | Origin::Foreign(_) => None,
        };
        let dialect = admit::spoken(&Place::of(head.uri.path()).target, &head.headers);
        let served = AssertUnwindSafe(self.serve(id, config, head, body)).catch_unwind();
        let mut response = served.await.unwrap_or_else(|_| {
            tracing::error!(%id, %dialect, "a panic ended one exchange");
            rescue::plain(rescue::our_fault(dialect), id)
        });
        id.name_where_missing(response.headers_mut());
        response.headers_mut().extend(page.unwrap_or_default());
        response
    }

    /// The plan for such a request of this caller's now.
    pub fn explain(&self, dialect: Dialect, model: &str, caller: &Caller) -> Plan {
        self.0
            .plan(&self.0.config(), Wish::any(dialect, model, caller))
    }

    /// The plan for this very request.
    ///
    /// # Errors
    /// It is no request of this dialect.
    pub fn explain_request(
        &self,
        dialect: Dialect,
        body: &[u8],
        caller: &Caller,
    ) -> Result<Plan, wire::BadRequest> {
        let ask = Ask::read(dialect, body)?;
        let wish = Wish {
            body: Some(body),
            unthought_turn: ask.unthought_turn,
            ..Wish::any(dialect, &ask.model, caller)
        };
        Ok(self.0.plan(&self.0.config(), wish))
    }

    /// The plan for a test of this candidate with such a request; empty where it cannot be tested.
    pub fn explain_pinned(
        &self,
        dialect: Dialect,
        model: &str,
        endpoint: &EndpointId,
        with: &ModelId,
    ) -> Plan {
        let (caller, only) = (Pin::caller(), (endpoint.clone(), with.clone()));
        let wish = Wish {
            only: Some(&only),
            ..Wish::any(dialect, model, &caller)
        };
        self.0.plan(&self.0.config(), wish)
    }

    /// Exchanges that have begun and not ended.
    pub fn open_exchanges(&self) -> usize {
        self.0.reports().open()
    }

    /// Requests whose clients have left and may come back for the answer.
    pub fn lingering(&self) -> usize {
        self.0.once().lingering()
    }

    /// Requests without their client end now: keys are free again, and requests of pipelines are parked.
    pub fn cut_off(&self) {
        self.0.cut_all_off();
    }

    /// The engine stops: requests pass straight to their primary until the open ones have ended.
    pub fn is_draining(&self) -> bool {
        self.0.is_draining()
    }

    /// Reports that were dropped because their reader was too slow.
    pub fn dropped_reports(&self) -> u64 {
        self.0.reports().dropped()
    }

    /// Requests of browsers and other passers-by without a token: turned away and counted, but no exchanges.
    pub fn strays(&self) -> u64 {
        self.0.reports().strays()
    }

    async fn serve<B>(
        &self,
        id: ExchangeId,
        config: Arc<Config>,
        mut head: Parts,
        body: B,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let began = Instant::now();
        let path = head.uri.path().to_owned();
        let place = Place::of(&path);
        let dialect = admit::spoken(&place.target, &head.headers);
        if let Err(why) = admit::check(&head, &place, &config) {
            if let TurnedAway::TooLarge(_) = why {
                admit::discard(&head, Box::pin(body)).await;
            }
            if admit::is_stray(&head, &place, &why) {
                tracing::debug!(%id, path = %OneLine(place.path), %why, "a stray request was turned away");
                self.0.reports().stray();
                return rescue::plain(rescue::turned_away(dialect, &why), id);
            }
            return self.turn_away((id, began), &head, dialect, why);
        }
        let (dialect, kind) = match &place.target {
            Target::Ask(dialect, kind) => (*dialect, *kind),
            Target::Models => return json(models::list(&self.0, &config, &head).await),
            Target::Other(path) => {
                return self
                    .pass((id, began), &config, (head, body), &place, path)
                    .await;
            }
            Target::Base | Target::Nothing => return json(GREETING),
        };
        if let Some(why) = login::refused(&head.headers, &config, dialect) {
            return self.turn_away((id, began), &head, dialect, TurnedAway::Login(why));
        }
        let key = match once::key(&head.headers) {
            Ok(key) => key,
            Err(why) => return self.turn_away((id, began), &head, dialect, why),
        };
        let (body, share) = match admit::body(&mut head, body, self.0.bodies(), &config).await {
            Ok(read) => read,
            Err(why) => return self.turn_away((id, began), &head, dialect, why),
        };
        let unknown = Draft::of_head(id, &head, place.pipeline(), dialect, self.0.now());
        let storms = self.0.storms();
        let asked = storms.asked(&unknown.client, &head.headers, &body, body.len());
        let pin = head.extensions.get::<Pin>().cloned();
        let passing = config.paused || config.draining;
        if pin.is_none()
            && let Err(storm) = storms.admit(asked, unknown.started)
            && !passing
        {
            return self.turn_away((id, began), &head, dialect, storm.into());
        }
        let mut ask = match Ask::read(dialect, &body) {
            Ok(ask) => ask,
            Err(why) => return self.turn_away((id, began), &head, dialect, why.into()),
        };
        let client = &unknown.client;
        let asker = Asker::new(&config.token, &head, client, (dialect, kind), body.clone());
        let rerun = head.extensions.get::<Rerun>().cloned();
        if key.is_none()
            && rerun.is_none()
            && let Some(left) = once::rejoin(self.0.once(), id, &asker, client, dialect).await
        {
            return left;
        }
        let caller = match &pin {
            Some(_) => Pin::caller(),
            None => Caller {
                rerun: rerun.is_some(),
                ..Caller::of(&head.headers, place.pipeline(), client, &config, dialect)
            },
        };
        let session = SessionKey::of(client, &ask, &caller, kind);
        let conversation = Conversation::of(&self.0, &config, &head, (&ask, kind), &body).await;
        let in_full = conversation.in_full().map_or(&body, |full| &full.body);
        let wish = Wish {
            kind,
            unthought_turn: ask.unthought_turn,
            only: pin.as_ref().map(|pin| &pin.answerer),
            ..Wish::any(dialect, &ask.model, &caller)
        };
        let (plan, unread) = self.plan(&config, &ask, wish, session.as_ref(), in_full);
        let streamed = ask.stream && kind == Kind::Generate;
        let pipeline = unknown.pipeline.clone().or_else(|| plan.pipeline.clone());
        let leaver = Leaver {
            route: plan.route.clone(),
            client: client.name.clone(),
            streamed,
        };
        let measured = client.behaviour(dialect, streamed);
        let behaviour = Behaviour {
            waits: patience::waits(
                &config,
                &plan.route,
                pipeline.as_deref(),
                &head.headers,
                measured.waits,
                self.0.learned_wait(&leaver),
            ),
            ..measured
        };
        let agent = caller.kind == CallerKind::Agent && pipeline.is_none();
        let passing = hold::passing(&config, &head, (&plan, &ask), agent, behaviour, began);
        let in_tool_loop = !ask.results.is_empty();
        let draft = Draft {
            kind: kind.into(),
            route: plan.route.clone(),
            model: ask.model.clone(),
            streamed,
            rehearsal: plan.rehearsal,
            pipeline,
            tools_held: passing.gate != Gate::Nothing
                || matches!(passing.hold, Hold::UntilProven { .. }),
            tool_results: std::mem::take(&mut ask.results),
            ..unknown
        };
        let replay = match rerun {
            Some(Rerun { replay }) => replay,
            None => key.map(|key| asker.keyed(&plan.route, &key)),
        };
        let reviewed = match &pin {
            None => Reviewed::of(&draft, plan.strict, &head.headers, &body, replay),
            Some(_) => None,
        };
        let item = reviewed.as_ref().map(|reviewed| Item {
            id: reviewed.id().to_owned(),
            key: asker.item(reviewed.id()),
            dialect,
        });
        let run = match (replay, item) {
            (Some(key), _) => Run::Keyed(key),
            (None, Some(item)) => Run::Item(item),
            (None, None) => Run::Asker(asker),
        };
        let again = match &run {
            Run::Item(item) if kind == Kind::Generate => {
                once::again(self.0.once(), id, item, draft.started).await
            }
            Run::Item(_) | Run::Keyed(_) | Run::Asker(_) => Again::First,
        };
        if let Again::Running(response) = again {
            return response;
        }
        let exchange = match pin {
            None => OpenExchange::begin(self.0.reports(), began, draft)
                .counted(storms, asked)
                .leaving(self.0.clone(), leaver),
            Some(pin) => OpenExchange::begin(&self.0.reports().to(pin.reports), began, draft),
        };
        let exchange = exchange.reviewed(reviewed);
        if let Again::Kept(answer) = again {
            return once::replay_kept(dialect, answer, exchange);
        }
        let admitted = Admitted {
            config,
            head,
            body,
            _share: share,
            ask,
            kind,
            plan,
            unread,
            session,
            conversation,
            passing,
            agent,
            in_tool_loop,
            behaviour,
            began,
            left: None,
        };
        once::answer(&self.0, admitted, exchange, run).await
    }

    /// What is not ours goes to the client's own vendor.
    async fn pass<B>(
        &self,
        (id, began): (ExchangeId, Instant),
        config: &Config,
        (head, body): (Parts, B),
        place: &Place<'_>,
        path: &str,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let dialect = admit::spoken(&place.target, &head.headers);
        let vendor = match vendor::vendor(&head, path, config) {
            Ok(vendor) => vendor,
            Err(why) => return self.turn_away((id, began), &head, dialect, why),
        };
        let draft = Draft {
            kind: ExchangeKind::Passed,
            route: PASSED.to_owned(),
            model: vendor.pattern.to_owned(),
            ..Draft::of_head(id, &head, place.pipeline(), dialect, self.0.now())
        };
        let exchange = OpenExchange::begin(self.0.reports(), began, draft);
        pass::pass(&self.0, config, vendor, (&head, body), path, exchange).await
    }

    /// True: the first attempt may start before it is known which of the other candidates support this request.
    fn plan(
        &self,
        config: &Config,
        ask: &Ask,
        wish: Wish<'_>,
        session: Option<&SessionKey>,
        body: &Bytes,
    ) -> (Plan, bool) {
        let made = |wish: Wish<'_>| {
            let mut plan = self.0.plan(config, wish);
            let stay = session.zip(plan.primary()).and_then(|(session, primary)| {
                let in_tool_loop = !ask.results.is_empty();
                self.0.stays_with(session, in_tool_loop, primary)
            });
            if let Some(stay) = stay.filter(|_| plan.may_stay(!ask.results.is_empty())) {
                plan.stay_with(&stay);
            }
            plan
        };
        let plan = made(wish);
        if wish.kind == Kind::Generate && !wish.unthought_turn && plan.may_begin_unread() {
            return (plan, true);
        }
        let body = Some(&**body);
        (made(Wish { body, ..wish }), false)
    }

    fn turn_away(
        &self,
        (id, began): (ExchangeId, Instant),
        head: &Parts,
        dialect: Dialect,
        mut why: TurnedAway,
    ) -> Response<Body> {
        let place = Place::of(head.uri.path());
        let unknown = Draft::of_head(id, head, place.pipeline(), dialect, self.0.now());
        let storms = self.0.storms();
        // A body that was refused unread is distinguished from others by its size alone.
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
        tracing::warn!(%id, path = %OneLine(place.path), "turned away: {}", OneLine(&why.to_string()));
        let mut exchange = OpenExchange::begin(self.0.reports(), began, unknown);
        if let Some(asked) = asked {
            exchange = exchange.counted(storms, asked);
        }
        let said = rescue::turned_away(dialect, &why);
        respond::end(said, exchange, End::TurnedAway(why))
    }
}

/// The route's name of what passes unread.
const PASSED: &str = "pass-through";

const GREETING: &str = "{\"understudy\":\"ready\"}";

fn json(body: impl Into<Bytes>) -> Response<Body> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = Response::new(Body::plain(body));
    *response.headers_mut() = headers;
    response
}
