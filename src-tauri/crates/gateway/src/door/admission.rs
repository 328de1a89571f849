//! Plans a request that has been read, and opens its exchange.

use std::sync::Arc;

use bytes::Bytes;
use catalog::{Behaviour, Dialect};
use http::Response;
use http::request::Parts;
use tokio::time::Instant;
use wire::{Kind, RequestFields};

use super::Gateway;
use crate::admitted::Admitted;
use crate::deliver::hold::{self, Gate, Hold};
use crate::deliver::rescue;
use crate::draft::Draft;
use crate::drill::Drill;
use crate::exchange_id::LazyId;
use crate::held::Share;
use crate::kept::Conversation;
use crate::once::{self, Again, Item, RequestIdentity, Run};
use crate::open::OpenExchange;
use crate::plan::patience::{self, ExitGroup};
use crate::plan::session::SessionKey;
use crate::plan::{Caller, CallerKind, PlanInput};
use crate::review::{Entered, Reviewed};
use crate::{Body, Config, DrillRequest, KeyedRequest, Pin, Plan, Rerun, TurnedAway, name, tags};

/// A request for a model, with its body.
pub(super) struct ReadRequest<'a> {
    pub(super) id: &'a LazyId,
    pub(super) began: Instant,
    pub(super) config: Arc<Config>,
    /// The pipeline in the path.
    pub(super) pipeline: Option<String>,
    pub(super) head: Parts,
    pub(super) body: Bytes,
    /// Bytes of the body memory that this request uses.
    pub(super) share: Share,
    pub(super) dialect: Dialect,
    pub(super) kind: Kind,
    /// Its idempotency key.
    pub(super) key: Option<String>,
}

impl Gateway {
    pub(super) async fn admit(&self, request: ReadRequest<'_>) -> Response<Body> {
        let ReadRequest {
            id,
            began,
            config,
            pipeline,
            head,
            body,
            share,
            dialect,
            kind,
            key,
        } = request;
        let started = self.0.now();
        let client = &wire::Client::identify(&head.headers);
        let storms = self.0.storms();
        let seen = storms.seen(client, &head.headers, &body, body.len());
        let pin = head.extensions.get::<Pin>().cloned();
        let drill_request = head.extensions.get::<DrillRequest>().cloned();
        // Understudy's own requests are neither counted nor parked, and only their sender gets the reports.
        let own_reports = match (&pin, &drill_request) {
            (Some(pin), _) => Some(pin.reports.clone()),
            (None, Some(drill)) => Some(drill.reports.clone()),
            (None, None) => None,
        };
        let passing = config.paused || config.draining;
        if own_reports.is_none()
            && let Err(storm) = storms.admit(seen, started)
            && !passing
        {
            return self.turn_away((id, began), &head, dialect, storm.into());
        }
        let mut ask = match RequestFields::read(dialect, &body) {
            Ok(ask) => ask,
            Err(why) => return self.turn_away((id, began), &head, dialect, why.into()),
        };
        if let Err(why) = name::check("model", &ask.model) {
            return self.turn_away((id, began), &head, dialect, why.into());
        }
        let identity =
            RequestIdentity::new(&config.token, &head, client, (dialect, kind), body.clone());
        let rerun = head.extensions.get::<Rerun>().cloned();
        if key.is_none()
            && rerun.is_none()
            && let Some(left) = once::rejoin(self.0.once(), id, &identity, client, dialect).await
        {
            return left;
        }
        if let Some(full) = self.full(&config) {
            return self.reject(&head, full, dialect);
        }
        let unknown = Draft::of_head(id.get(), &head, pipeline.clone(), dialect, started);
        let caller = match (&pin, &drill_request) {
            (Some(_), _) => Pin::caller(),
            (None, Some(drill)) => drill.caller(),
            (None, None) => Caller {
                rerun: rerun.is_some(),
                ..Caller::of(
                    &head.headers,
                    tags::pipeline_of(&head, pipeline),
                    client,
                    &config,
                    dialect,
                )
            },
        };
        let entries = self.0.entries();
        let drained = match rerun.as_ref().and_then(|rerun| rerun.drains.as_ref()) {
            None => None,
            Some(id) => match self.begin_drain(id).await {
                Ok(entered) => Some((id.clone(), entered)),
                Err(why) => return rescue::plain(rescue::turned_away(dialect, &why), None),
            },
        };
        let drill = Drill::of(
            drill_request.map(|request| request.failure),
            config.drill.as_ref(),
            started,
        );
        let session = SessionKey::of(client, &ask, &caller, kind);
        let conversation = Conversation::of(&self.0, &config, &head, (&ask, kind), &body).await;
        let in_full = conversation.in_full().map_or(&body, |full| &full.body);
        let input = PlanInput {
            kind,
            lacks_required_thinking: ask.lacks_required_thinking,
            only: pin.as_ref().map(|pin| &pin.answerer),
            drill: drill.filter(|_| kind == Kind::Generate),
            ..PlanInput::any(dialect, &ask.model, &caller)
        };
        let (plan, unread) = self.plan(&config, &ask, input, session.as_ref(), in_full);
        // A session does not move because of a drill.
        let session = session.filter(|_| !plan.is_drilled());
        let streamed = ask.stream && kind == Kind::Generate;
        let pipeline = unknown.pipeline.clone().or_else(|| plan.pipeline.clone());
        let exit_group = ExitGroup {
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
                self.0.learned_wait(&exit_group),
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
                || matches!(passing.hold, Hold::UntilChecked { .. }),
            tool_results: std::mem::take(&mut ask.results),
            ..unknown
        };
        let replay = match rerun {
            Some(Rerun { replay, .. }) => replay.map(|key| KeyedRequest { key, former: None }),
            None => key.map(|key| identity.keyed(&plan.route, &key)),
        };
        let reviewed = match &own_reports {
            None => {
                let body = match ask.has_credentials {
                    true => wire::without_credentials(&body),
                    false => body.clone(),
                };
                let key = replay.map(|keyed| keyed.key);
                Reviewed::of(&draft, plan.strict, &head.headers, &body, key)
            }
            Some(_) => None,
        };
        let is_client = !caller.rerun;
        let reviewed = reviewed.map(|reviewed| match &drained {
            Some((id, _)) => reviewed.of_item(id),
            None if is_client => {
                let run = identity.item(reviewed.id()).scope;
                reviewed.of_client(identity.credential(), run)
            }
            None => reviewed,
        });
        let item = reviewed.as_ref().map(|reviewed| Item {
            id: reviewed.id().to_owned(),
            key: identity.item(reviewed.id()),
            dialect,
        });
        let (entered, joins) = match (drained, &item) {
            (Some((_, entered)), _) => (Some(entered), false),
            (None, Some(item)) if kind == Kind::Generate => {
                let (entered, drained) = entries.enter(&item.id);
                (Some(entered), drained)
            }
            (None, _) => (None, false),
        };
        let run = match (replay, item) {
            (Some(key), _) => Run::Keyed(key),
            // It waits for the response of the run without it.
            (None, Some(item)) if joins => Run::Keyed(KeyedRequest {
                key: item.key,
                former: None,
            }),
            (None, Some(item)) => Run::Item(item),
            (None, None) => Run::MayReturn(identity),
        };
        let again = match &run {
            Run::Item(item) if kind == Kind::Generate => {
                once::again(self.0.once(), draft.id, item, draft.started).await
            }
            Run::Item(_) | Run::Keyed(_) | Run::MayReturn(_) => Again::First,
        };
        if let Again::Running(response) = again {
            return response;
        }
        let engine = config.own_addresses.first().copied();
        let reviewed = reviewed.map(|reviewed| (reviewed, engine));
        let exchange = match own_reports {
            None => OpenExchange::begin_reviewed(self.0.reports(), began, draft, reviewed)
                .counted(storms, seen)
                .leaving(self.0.clone(), exit_group)
                .entered(entered),
            Some(reports) => OpenExchange::begin(&self.0.reports().to(reports), began, draft),
        };
        if let Again::Kept(answer) = again {
            return once::replay_kept(dialect, answer, exchange).await;
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

    /// # Errors A request of this item is open, or it was settled.
    async fn begin_drain(&self, id: &str) -> Result<Entered, TurnedAway> {
        let Ok(entered) = self.0.entries().drain(id) else {
            return Err(TurnedAway::NotDrained("a request of this item is open"));
        };
        let waits = self.0.review_queries().begin(id.to_owned(), self.0.now());
        match waits.await {
            Ok(true) => Ok(entered),
            Ok(false) => Err(TurnedAway::NotDrained("the item was settled meanwhile")),
            Err(unkept) => Err(TurnedAway::Unkept(unkept.to_string())),
        }
    }

    /// True: the first attempt may start before it is known which other candidates support this request.
    fn plan(
        &self,
        config: &Config,
        ask: &RequestFields,
        input: PlanInput<'_>,
        session: Option<&SessionKey>,
        body: &Bytes,
    ) -> (Plan, bool) {
        let made = |input: PlanInput<'_>| {
            let mut plan = self.0.plan(config, input);
            if plan.is_drilled() {
                return plan;
            }
            let stay = session.zip(plan.primary()).and_then(|(session, primary)| {
                let in_tool_loop = !ask.results.is_empty();
                self.0.stays_with(session, in_tool_loop, primary)
            });
            if let Some(stay) = stay.filter(|_| plan.may_stay(!ask.results.is_empty())) {
                plan.stay_with(&stay);
            }
            plan
        };
        let plan = made(input);
        if input.kind == Kind::Generate && !input.lacks_required_thinking && plan.may_begin_unread()
        {
            return (plan, true);
        }
        let body = Some(&**body);
        (made(PlanInput { body, ..input }), false)
    }
}
