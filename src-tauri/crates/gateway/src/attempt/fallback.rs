//! The candidates in the plan's order, until one answers or none is left; and from there on where a response is truncated.

mod next;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalog::is_beyond_this_network;
use chrono::{DateTime, Utc};
use health::FailureKind;
use http::Request;
use http_body_util::Full;
use tokio::time::{Instant, sleep};
use wire::{Class, Kind};

use crate::admitted::Admitted;
use crate::attempt::attempt;
use crate::attempt::breaker::{BreakerChange, Permit, Silence};
use crate::attempt::count;
use crate::attempt::deadlines::{ClientWait, Deadlines, Left, Patience, stream_wait};
use crate::attempt::lost::Lost;
use crate::attempt::own_network::OwnNetwork;
use crate::attempt::request::{Kept, Outgoing, request};
use crate::attempt::terms::Terms;
use crate::attempt::translation::Translation;
use crate::attempt::won::Won;
use crate::deliver::hold::Hold;
use crate::kept::{SignatureSink, kept_signatures};
use crate::log::{self, Follows, OneLine};
use crate::open::OpenExchange;
use crate::plan::lineup::Lineup;
use crate::plan::patience::{self, Turn};
use crate::plan::stand_in;
use crate::services::Services;
use crate::{Candidate, Carriage, Credential, Demand, EndpointConfig, Fault, Outcome, Role};
use next::{Next, bears_on_breaker, may_repeat, next};

/// Requests that one exchange may cost, however many candidates there are.
const ATTEMPTS: usize = 6;
/// Requests to one candidate.
const TRIES: usize = 2;

/// One exchange's way through its candidates.
pub(crate) struct Fallback {
    pub(crate) services: Services,
    pub(crate) admitted: Arc<Admitted>,
    pub(crate) exchange: OpenExchange,
    pub(crate) lineup: Lineup,
    /// The primary's failure: the client's error, should no candidate answer.
    pub(crate) primary: Option<(Candidate, Lost)>,
    /// The failure that is reported where the primary was not used: the first that a retry may help, else the first.
    fallbacks: Option<(Candidate, Lost)>,
    /// Which candidate is next.
    place: usize,
    /// Requests that it was sent already.
    tried: usize,
    /// The candidate of the last attempt.
    asked: Option<Candidate>,
    /// After a context-length error, fallbacks whose context window is known and not larger than this many tokens are
    /// skipped.
    window: Option<u64>,
    empty_before: bool,
    backoff: Option<Duration>,
    over: bool,
    hold: Hold,
    /// Since when the client has received nothing; `None`: it gets keep-alives.
    waits: Option<Instant>,
}

/// A candidate's answer that may be passed on.
pub(crate) struct Answered {
    pub(crate) candidate: Candidate,
    /// None: the breaker is not concerned.
    pub(crate) permit: Option<Permit>,
    pub(crate) won: Won,
}

/// No candidate is left.
#[derive(Debug)]
pub(crate) enum NoneLeft {
    /// All eligible candidates have failed, or there were none.
    Exhausted,
    /// A request could not be built.
    OurFault,
}

impl Fallback {
    pub(crate) fn new(services: Services, admitted: Admitted, mut exchange: OpenExchange) -> Self {
        let admitted = Arc::new(admitted);
        let lineup = Lineup::of(&admitted);
        exchange.passed_over(lineup.passed_over());
        Self {
            hold: admitted.passing.hold,
            waits: Some(admitted.began),
            services,
            admitted,
            exchange,
            lineup,
            primary: None,
            fallbacks: None,
            place: 0,
            tried: 0,
            asked: None,
            window: None,
            empty_before: false,
            backoff: None,
            over: false,
        }
    }

    /// The next answer that may be passed on, however many attempts it takes.
    pub(crate) async fn next(&mut self) -> Result<Answered, NoneLeft> {
        let admitted = Arc::clone(&self.admitted);
        loop {
            let Some((candidate, endpoint)) = self.candidate(&admitted).await else {
                return Err(NoneLeft::Exhausted);
            };
            if let Some(wait) = self.backoff.take().filter(|_| self.tried > 0) {
                sleep(wait).await;
            }
            let counts = admitted.kind == Kind::CountTokens;
            if counts && candidate.is_translated() {
                return estimated(&admitted, &candidate);
            }
            let admits = self.services.standing(&candidate).admits();
            let permit = self.services.permit(&candidate, admitted.kind);
            self.tried += 1;
            self.exchange.attempt_began(
                candidate.provider.clone(),
                candidate.endpoint.clone(),
                candidate.model.clone(),
            );
            self.tell_failover(&candidate);
            if permit.as_ref().is_some_and(Permit::is_probe) {
                let span = self.exchange.attempt_span();
                let (endpoint, model) = (&candidate.endpoint, &candidate.model);
                log::breaker(span, endpoint, model, BreakerChange::Probed);
            }
            if candidate.credential == Credential::ClientLogin && admitted.plan.subscription {
                self.exchange.attempt_by_subscription();
            }
            let now = self.services.now();
            let seconds = now.timestamp().try_into().unwrap_or(0);
            let kept = Kept {
                signatures: kept_signatures(&self.services, &admitted, &candidate, endpoint).await,
                sink: SignatureSink::of(&self.services, &admitted, endpoint),
            };
            let outgoing = match request(&admitted, &candidate, endpoint, kept, seconds) {
                Ok(outgoing) => outgoing,
                Err(error) => {
                    let model = &admitted.plan.model;
                    self.exchange.attempt_span().in_scope(|| {
                        tracing::error!(%error, model = %OneLine(model), "a request could not be built");
                    });
                    return Err(NoneLeft::OurFault);
                }
            };
            let Outgoing {
                request,
                translation,
                left_out,
                wanted,
            } = outgoing;
            let spoken = (candidate.dialect != admitted.plan.dialect).then_some(candidate.dialect);
            self.exchange.attempt_translated(spoken, left_out);
            let won = self.attempt(&candidate, request, (translation, wanted), now);
            match won.await {
                Ok(won) => {
                    return Ok(Answered {
                        candidate,
                        permit,
                        won,
                    });
                }
                Err(lost) => {
                    let passing = admitted.config.paused || admitted.config.draining;
                    let probe = permit.as_ref().is_some_and(Permit::is_probe);
                    let cannot_count = counts && lost.has_no_such_call();
                    // An empty response came from a provider that answers: only a second one is passed on.
                    let one_try = (!admits || probe) && !lost.empty;
                    self.failed(&candidate, permit, lost, passing || one_try);
                    if cannot_count {
                        return estimated(&admitted, &candidate);
                    }
                }
            }
        }
    }

    /// The request is on its way while the other candidates, and so its timeout, are computed.
    async fn attempt(
        &mut self,
        candidate: &Candidate,
        request: Request<Full<Bytes>>,
        (translation, wanted): (Option<Translation>, Option<Demand>),
        now: DateTime<Utc>,
    ) -> Result<Won, Lost> {
        let admitted = Arc::clone(&self.admitted);
        let (services, lineup) = (&self.services, &mut self.lineup);
        let began = Instant::now();
        // What the request demands is looked at on the complete response.
        let hold = match (&wanted, self.hold) {
            (Some(_), Hold::UntilContent) => Hold::UntilProven { at_most: None },
            (_, hold) => hold,
        };
        let (place, waits) = (self.place, self.waits);
        let passing = admitted.config.paused || admitted.config.draining;
        let empty_before = self.empty_before || passing;
        let in_vain = in_vain(&admitted);
        if let Some(after) = in_vain {
            let (services, candidate) = (services.clone(), candidate.clone());
            let span = self.exchange.attempt_span().clone();
            let silent = move |why: String| {
                let lost = Lost::silent(why, Some(Silence::Usual));
                services.silent(&span, &candidate, &lost);
            };
            self.exchange.attempt_in_vain(after, silent);
        }
        let terms = async {
            lineup.settle().await;
            let last = lineup.is_last(place);
            let alone = admitted.plan.candidates.len() == 1;
            let patience = match (services.is_known_silent(candidate), last) {
                (true, _) if !alone => Patience::Brief,
                (true, _) | (false, false) => Patience::Usual,
                (false, true) => Patience::Utmost,
            };
            let (timers, streamed) = (admitted.config.timers, admitted.streamed());
            let turn = match (candidate.is_primary(), last) {
                (_, true) => Turn::Last,
                (true, false) => Turn::Primary {
                    suspect: services.is_suspect(candidate),
                    p95: services.p95(candidate, admitted.body.len()),
                },
                (false, false) => Turn::Fallback,
            };
            let wait = admitted.behaviour.waits;
            let client = ClientWait {
                since: waits,
                waits: wait,
                until: patience::until(admitted.began, wait, turn, began),
            };
            let left = admitted.left.clone().zip(in_vain).filter(|_| !last);
            let left = left.map(|(gone, in_vain)| Left { gone, in_vain });
            Terms {
                dialect: admitted.plan.dialect,
                translation,
                kind: admitted.kind,
                streamed,
                hold,
                gate: admitted.passing.gate,
                strict: admitted.plan.strict,
                demand: admitted.plan.demand.clone(),
                wanted,
                empty_before,
                deadlines: Deadlines::new(began, client, streamed, patience, left, &timers),
                grace: timers.grace,
                idle: timers.idle,
                rules: Arc::clone(&admitted.config.rules),
                most_held: admitted.config.limits.answers,
                keep_arguments: admitted.config.keep_tool_arguments,
            }
        };
        let held = services.answers_held();
        let upstream = services.upstream();
        let exchange = &mut self.exchange;
        let won = attempt(upstream, request, terms, held, now, exchange).await;
        self.exchange.passed_over(self.lineup.passed_over());
        won
    }

    /// An attempt failed, before the commit or after it. `one_try`: it is not repeated.
    pub(crate) fn failed(
        &mut self,
        candidate: &Candidate,
        permit: Option<Permit>,
        mut lost: Lost,
        one_try: bool,
    ) {
        let admitted = Arc::clone(&self.admitted);
        let took = self.exchange.attempt_lasted();
        let endpoint = admitted.config.endpoints.get(&candidate.endpoint);
        if let Some(key) = endpoint.and_then(|endpoint| endpoint.key.as_ref()) {
            lost.conceal(key);
        }
        lost.date(self.services.now());
        let beyond = endpoint.is_some_and(|found| is_beyond_this_network(&found.endpoint.base));
        if lost.fault == Fault::Theirs(FailureKind::Connect) && beyond && self.services.is_offline()
        {
            lost = Lost::of_our_network(OwnNetwork::Offline, lost.message);
        }
        let outcome = match lost.own {
            Some(own) => Outcome::NotSent {
                own,
                message: lost.message.clone(),
            },
            None => Outcome::Failed {
                class: lost.class,
                fault: lost.fault,
                message: lost.message.clone(),
                resets_at: lost.resets_at,
            },
        };
        let span = self.exchange.attempt_span().clone();
        self.exchange.attempt_ended(outcome, lost.report.clone());
        let permit = permit.filter(|_| bears_on_breaker(&lost, candidate));
        let change = permit.and_then(|permit| {
            let trip = self.services.trip(candidate, &lost);
            permit.failed(self.services.now(), &trip)
        });
        self.empty_before |= lost.empty;
        let context = endpoint.and_then(|endpoint| endpoint.context(&candidate.model));
        let translated = candidate.carriage != Carriage::Own;
        let for_limits = admitted.config.spending.for_limits;
        match next(&lost, candidate, context, translated, for_limits) {
            // A retry of an empty response is mostly empty too, and would be passed on.
            Next::Again(_) if lost.empty && !self.is_last() => self.never_again(candidate),
            Next::Again(_) if !may_repeat(took, self.is_last(), self.time_left()) => {
                self.never_again(candidate);
            }
            Next::Again(wait) => self.backoff = Some(wait),
            Next::Other => self.never_again(candidate),
            Next::Larger(than) => {
                self.window = Some(self.window.unwrap_or(0).max(than));
                self.never_again(candidate);
            }
            Next::Stop => self.over = true,
        }
        if one_try {
            self.never_again(candidate);
        }
        log::attempt_failed(&span, candidate, &lost, self.follows(candidate));
        if let Some(change) = change {
            log::breaker(&span, &candidate.endpoint, &candidate.model, change);
        }
        let failure = (candidate.clone(), lost);
        if candidate.is_primary() {
            self.primary.get_or_insert(failure);
        } else if self
            .fallbacks
            .as_ref()
            .is_none_or(|(_, known)| !known.class.is_retryable() && failure.1.class.is_retryable())
        {
            self.fallbacks = Some(failure);
        }
    }

    /// What follows this candidate's failure.
    fn follows(&self, failed: &Candidate) -> Follows {
        if self.exchange.has_given() {
            return Follows::RestartOrCut;
        }
        if self.over || self.exchange.attempts() >= ATTEMPTS {
            return Follows::Nothing;
        }
        let stays = self.lineup.get(self.place) == Some(failed);
        let endpoint = self.admitted.config.endpoints.get(&failed.endpoint);
        match self.backoff {
            Some(wait) if stays && endpoint.is_some_and(|e| self.may_ask(failed, e)) => {
                Follows::Retry(wait)
            }
            Some(_) | None => match self.lineup.get(self.place + usize::from(stays)) {
                Some(_) => Follows::NextCandidate,
                None => Follows::Nothing,
            },
        }
    }

    fn tell_failover(&mut self, to: &Candidate) {
        let from = self.asked.replace(to.clone());
        let moved = match &from {
            Some(from) => from.answerer() != to.answerer(),
            None => !to.is_primary() && !self.admitted.plan.chosen,
        };
        if moved {
            log::failover(self.exchange.attempt_span(), from.as_ref(), to);
        }
    }

    /// The failure for the client: the primary's, or where that was not used, one that a retry may help.
    pub(crate) fn reported(&mut self) -> Option<(Candidate, Lost)> {
        self.primary.take().or_else(|| self.fallbacks.take())
    }

    /// How long the client still waits; None: it is kept alive.
    fn time_left(&self) -> Option<Duration> {
        let since = self.waits?;
        let patience = if self.admitted.streamed() {
            stream_wait(self.admitted.behaviour.waits)
        } else {
            let total = self.admitted.config.timers.total;
            self.admitted.behaviour.waits.unwrap_or(total)
        };
        Some((since + patience).saturating_duration_since(Instant::now()))
    }

    /// The next response continues a truncated one, for a client that is kept alive meanwhile. `proven`: nothing is released
    /// before the completion check.
    pub(crate) async fn resume(&mut self, proven: bool) -> Result<Answered, NoneLeft> {
        // A candidate that truncated a response is not used to continue while another is left.
        if self.tried > 0 && !self.is_last() {
            self.place += 1;
            self.tried = 0;
        }
        self.waits = None;
        self.hold = if proven {
            Hold::UntilProven { at_most: None }
        } else {
            Hold::UntilContent
        };
        self.next().await
    }

    /// Fail over to the candidate after this one, at once.
    fn never_again(&mut self, candidate: &Candidate) {
        if self.lineup.get(self.place) == Some(candidate) {
            self.place += 1;
            self.tried = 0;
            self.backoff = None;
        }
    }

    /// Whom to ask now.
    async fn candidate<'a>(
        &mut self,
        admitted: &'a Admitted,
    ) -> Option<(Candidate, &'a EndpointConfig)> {
        while !self.over && self.exchange.attempts() < ATTEMPTS {
            if self.place > 0 {
                self.lineup.settle().await;
            }
            if self.exchange.attempts() + 1 == ATTEMPTS && self.primary.is_none() {
                self.skip_to_primary();
            }
            let candidate = self.lineup.get(self.place)?.clone();
            let endpoint = admitted.config.endpoints.get(&candidate.endpoint);
            if let Some(endpoint) = endpoint
                && self.may_ask(&candidate, endpoint)
            {
                return Some((candidate, endpoint));
            }
            self.place += 1;
            self.tried = 0;
        }
        None
    }

    /// The last request that this exchange may cost is the primary's, which was put behind its fallbacks.
    fn skip_to_primary(&mut self) {
        if let Some(at) = self.lineup.primary().filter(|at| *at > self.place) {
            self.place = at;
            self.tried = 0;
        }
    }

    fn may_ask(&self, candidate: &Candidate, endpoint: &EndpointConfig) -> bool {
        let known = endpoint.context(&candidate.model);
        let too_small = !candidate.is_primary()
            && self
                .window
                .is_some_and(|window| known.is_some_and(|known| known <= window));
        // Another request may have become the probe since the plan was made.
        let gone_bad = candidate.standing.admits() && !self.services.standing(candidate).admits();
        let spared = gone_bad && !self.empty_before && (self.tried > 0 || !self.is_last());
        let paid = stand_in::costs(endpoint, candidate.credential) && !candidate.is_primary();
        // The owner's choice holds while a plan is used up too; consent and cap were checked before.
        let by_choice = self.admitted.plan.chosen && self.place == 0;
        let too_dear = paid
            && !by_choice
            && self.is_for_a_limit()
            && !self.admitted.config.spending.for_limits;
        let of_use = candidate.role != Role::Sibling || self.may_ask_sibling(candidate);
        !too_small && self.tried < TRIES && !spared && !too_dear && of_use
    }

    /// The primary cannot answer because a plan or an allowance is used up: by its response, or its breaker is open until the
    /// reset.
    fn is_for_a_limit(&self) -> bool {
        let class = match (&self.primary, self.lineup.primary()) {
            (Some((_, lost)), _) => Some(lost.class),
            (None, Some(at)) => {
                let primary = self.lineup.get(at);
                let resting = primary.filter(|primary| !self.services.standing(primary).admits());
                resting.and_then(|primary| self.services.failing(primary))
            }
            (None, None) => None,
        };
        class == Some(Class::Limit)
    }

    /// Only where the primary's model alone fails, by this attempt or its breaker, and the sibling has not failed lately.
    fn may_ask_sibling(&self, sibling: &Candidate) -> bool {
        let failing = match (&self.primary, self.lineup.primary()) {
            (Some((_, lost)), _) => lost.is_of_the_model(),
            (None, Some(at)) => self
                .lineup
                .get(at)
                .and_then(|primary| self.services.failing(primary))
                .is_some_and(|class| matches!(class, Class::Transient | Class::Silent)),
            (None, None) => false,
        };
        let stays = self.admitted.plan.stays && self.place == 0;
        stays || failing && !self.services.failed_lately(sibling)
    }

    fn is_last(&self) -> bool {
        self.lineup.is_last(self.place)
    }
}

/// The shortest wait after which a client's leaving is a timeout of the provider; `None`: it is no evidence. Only a wait as
/// long as this client's known patience was not the client's own decision.
fn in_vain(admitted: &Admitted) -> Option<Duration> {
    const EQUAL: Duration = Duration::from_secs(2);
    if admitted.kind != Kind::Generate {
        None
    } else if admitted.streamed() {
        Some(admitted.config.timers.headers)
    } else {
        let waits = admitted.behaviour.waits?;
        Some(waits.saturating_sub(EQUAL))
    }
}

/// A count of tokens that the candidate has no call for.
fn estimated(admitted: &Admitted, candidate: &Candidate) -> Result<Answered, NoneLeft> {
    let Some(won) = count::estimate(admitted.plan.dialect, &admitted.body) else {
        return Err(NoneLeft::OurFault);
    };
    Ok(Answered {
        candidate: candidate.clone(),
        permit: None,
        won,
    })
}
