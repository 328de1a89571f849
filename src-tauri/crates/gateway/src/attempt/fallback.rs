//! The candidates in the plan's order, until one answers or none is left; and on from there where an answer breaks off.

mod next;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Request;
use http_body_util::Full;
use tokio::time::{Instant, sleep};
use wire::Kind;

use crate::admitted::Admitted;
use crate::attempt::breaker::Permit;
use crate::attempt::count;
use crate::attempt::deadlines::{Deadlines, Patience};
use crate::attempt::lost::Lost;
use crate::attempt::request::{Outgoing, request};
use crate::attempt::translation::Translation;
use crate::attempt::won::Won;
use crate::attempt::{Terms, attempt};
use crate::deliver::hold::Hold;
use crate::open::OpenExchange;
use crate::plan::lineup::Lineup;
use crate::services::Services;
use crate::{Candidate, Credential, EndpointConfig, Outcome};
use next::{Next, bears_on_breaker, next};

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
    /// The first candidate that failed, and how: its error is the client's, should all fail.
    pub(crate) primary: Option<(Candidate, Lost)>,
    /// Which candidate is next.
    place: usize,
    /// Requests that it was sent already.
    tried: usize,
    /// Asked once the others are through: only a context longer than so many tokens helps.
    window: u64,
    empty_before: bool,
    backoff: Option<Duration>,
    over: bool,
    hold: Hold,
    /// Since when the client has been shown nothing; None: it is given signs of life.
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
    /// All that could be asked have failed, or there was nobody to ask.
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
            hold: admitted.hold,
            waits: Some(admitted.began),
            services,
            admitted,
            exchange,
            lineup,
            primary: None,
            place: 0,
            tried: 0,
            window: 0,
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
            if counts && candidate.dialect != admitted.plan.dialect {
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
            if candidate.credential == Credential::ClientLogin && admitted.plan.subscription {
                self.exchange.attempt_by_subscription();
            }
            let now = self.services.now();
            let seconds = now.timestamp().try_into().unwrap_or(0);
            let outgoing = match request(&admitted, &candidate, endpoint, seconds) {
                Ok(outgoing) => outgoing,
                Err(error) => {
                    let model = &admitted.plan.model;
                    tracing::error!(%error, model, "a request could not be built");
                    return Err(NoneLeft::OurFault);
                }
            };
            let Outgoing {
                request,
                translation,
                left_out,
            } = outgoing;
            let spoken = translation.is_some().then_some(candidate.dialect);
            self.exchange.attempt_translated(spoken, &left_out);
            let won = self.attempt(&candidate, request, translation, now);
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
                    self.failed(&candidate, permit, lost);
                    if cannot_count {
                        return estimated(&admitted, &candidate);
                    }
                    if passing || !admits || probe {
                        self.never_again(&candidate);
                    }
                }
            }
        }
    }

    /// The request is on its way while it is found out who else could be asked, and so how long this one is waited for.
    async fn attempt(
        &mut self,
        candidate: &Candidate,
        request: Request<Full<Bytes>>,
        translation: Option<Translation>,
        now: DateTime<Utc>,
    ) -> Result<Won, Lost> {
        let admitted = Arc::clone(&self.admitted);
        let (services, lineup) = (&self.services, &mut self.lineup);
        let began = Instant::now();
        let (place, hold, waits, empty_before) =
            (self.place, self.hold, self.waits, self.empty_before);
        let terms = async {
            lineup.settle().await;
            let last = lineup.is_last(place);
            let alone = admitted.plan.candidates.len() == 1;
            let patience = match (services.is_known_silent(candidate), last) {
                (true, _) if !alone => Patience::Brief,
                (true, _) | (false, false) => Patience::Usual,
                (false, true) => Patience::Utmost,
            };
            let (timers, streamed) = (admitted.timers(last), admitted.streamed());
            Terms {
                dialect: admitted.plan.dialect,
                translation,
                kind: admitted.kind,
                streamed,
                hold,
                gate: admitted.gate,
                strict: admitted.plan.strict,
                demand: admitted.plan.demand.clone(),
                empty_before,
                deadlines: Deadlines::new(began, waits, streamed, patience, &timers),
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

    /// An attempt failed, before the client was given anything of it or in the middle.
    pub(crate) fn failed(&mut self, candidate: &Candidate, permit: Option<Permit>, mut lost: Lost) {
        let admitted = Arc::clone(&self.admitted);
        let endpoint = admitted.config.endpoints.get(&candidate.endpoint);
        if let Some(key) = endpoint.and_then(|endpoint| endpoint.key.as_ref()) {
            lost.conceal(key);
        }
        lost.date(self.services.now());
        let outcome = Outcome::Failed {
            class: lost.class,
            kind: lost.kind,
            message: lost.message.clone(),
            resets_at: lost.resets_at,
        };
        self.exchange.attempt_ended(outcome, lost.report.clone());
        if let Some(permit) = permit
            && bears_on_breaker(&lost, candidate, admitted.plan.dialect)
        {
            let trip = self.services.trip(candidate, &lost);
            permit.failed(self.services.now(), &trip);
        }
        self.empty_before |= lost.empty;
        let context = endpoint.and_then(|endpoint| endpoint.context(&candidate.model));
        let translated = candidate.dialect != admitted.plan.dialect;
        match next(
            &lost,
            candidate,
            context,
            self.primary.is_none(),
            translated,
        ) {
            // Asked again it mostly says nothing again, and that would be passed on.
            Next::Again(_) if lost.empty && !self.is_last() => self.never_again(candidate),
            Next::Again(wait) => self.backoff = Some(wait),
            Next::Other => self.never_again(candidate),
            Next::Larger(than) => {
                self.window = than;
                self.never_again(candidate);
            }
            Next::Stop => self.over = true,
        }
        if self.primary.is_none() {
            self.primary = Some((candidate.clone(), lost));
        }
    }

    /// The next answer goes on where another broke off, for a client that is kept alive meanwhile. `proven`: nothing of it
    /// may be shown before all of it is known.
    pub(crate) async fn resume(&mut self, proven: bool) -> Result<Answered, NoneLeft> {
        // Whoever broke off once is not shown to break off again, as long as there is somebody else.
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

    /// Go on to the one after this candidate, at once.
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

    fn may_ask(&self, candidate: &Candidate, endpoint: &EndpointConfig) -> bool {
        let too_small = self.window > 0
            && endpoint
                .context(&candidate.model)
                .is_none_or(|own| own <= self.window);
        // Another request may have become the probe since the plan was made.
        let gone_bad = candidate.standing.admits() && !self.services.standing(candidate).admits();
        !too_small && self.tried < TRIES && !(gone_bad && (self.tried > 0 || !self.is_last()))
    }

    fn is_last(&self) -> bool {
        self.lineup.is_last(self.place)
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
