use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use catalog::{Catalog, EndpointId, MicroDollars, ProviderId, Tokens, is_beyond_this_network};
use chrono::{DateTime, Utc};
use health::Controls;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

use crate::budget::Budget;
use crate::client::Http;
use crate::clock::Clock;
use crate::look::{EndedLook, LookResult, LookTask, after_call, after_page};
use crate::network::{Network, Standing};
use crate::online::Connectivity;
use crate::page::PageReader;
use crate::plans;
use crate::probe::{self, ProbeResult};
use crate::report::Report;
use crate::reporter::{Closed, Reporter};
use crate::rhythm::{After, Look, Rhythm};
use crate::round::{LookOutcome, Rounds};
use crate::targets::{Nudge, ProbeTarget, Targets};

/// Why watching cannot begin.
#[derive(Debug, thiserror::Error)]
#[error(
    "no HTTP client for status pages and probes ({0}): check the proxy settings and the system's certificates"
)]
pub struct CannotWatch(String);

/// Configuration and channels of the watcher.
pub struct Watch {
    pub catalog: Arc<Catalog>,
    pub targets: watch::Receiver<Arc<Targets>>,
    pub nudges: mpsc::Receiver<Nudge>,
    pub seen: mpsc::Sender<Report>,
    pub clock: Clock,
    /// Decides the jitter.
    pub seed: u64,
    /// Cost of the probes since midnight UTC, before this start.
    pub spent_today: MicroDollars,
}

impl Watch {
    /// Runs until `shutdown`, or until the receiver of the reports is closed. Needs a process-wide rustls crypto
    /// provider. Checks in progress at the end are aborted before this returns.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), CannotWatch> {
        let http = Http::new().map_err(|e| CannotWatch(e.to_string()))?;
        let now = (self.clock)();
        let mut watching = Watching {
            http,
            rhythm: Rhythm::new(self.seed),
            network: Network::default(),
            rounds: Rounds::default(),
            readers: BTreeMap::new(),
            budget: Budget::new(now, self.spent_today),
            planned: Arc::default(),
            tasks: JoinSet::new(),
            under_way: HashMap::new(),
            reporter: Reporter::new(Arc::clone(&self.catalog), self.seen),
            catalog: self.catalog,
            clock: self.clock,
            woke: watch::Sender::default(),
        };
        shutdown
            .run_until_cancelled(watching.run(self.targets, self.nudges))
            .await;
        watching.tasks.shutdown().await;
        Ok(())
    }
}

struct Watching {
    catalog: Arc<Catalog>,
    reporter: Reporter,
    clock: Clock,
    http: Http,
    rhythm: Rhythm,
    network: Network,
    rounds: Rounds,
    /// Readers that are not in use by a check.
    readers: BTreeMap<ProviderId, PageReader>,
    budget: Budget,
    planned: Arc<Targets>,
    tasks: JoinSet<EndedLook>,
    under_way: HashMap<Id, Look>,
    /// A signal to the checks in progress.
    woke: watch::Sender<()>,
}

impl Watching {
    async fn run(
        &mut self,
        mut targets: watch::Receiver<Arc<Targets>>,
        mut nudges: mpsc::Receiver<Nudge>,
    ) {
        let first = targets.borrow_and_update().clone();
        self.plan(first);
        loop {
            self.start_due();
            if self.report_rounds().await.is_err() {
                return;
            }
            let due = [self.rhythm.next_due(), self.rounds.next_due()];
            let next = due.into_iter().flatten().min();
            let result = tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.settle(ended).await,
                Some(nudge) = nudges.recv() => self.apply(nudge).await,
                Ok(()) = targets.changed() => {
                    let changed = targets.borrow_and_update().clone();
                    self.plan(changed);
                    Ok(())
                }
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => Ok(()),
                () = self.reporter.closed() => Err(Closed),
            };
            if result.is_err() {
                return;
            }
        }
    }

    /// Replaces the targets. Those that changed are due at once.
    fn plan(&mut self, targets: Arc<Targets>) {
        let now = Instant::now();
        let old = std::mem::replace(&mut self.planned, targets);
        let plans = plans::plans(&self.catalog, &self.planned);
        let changed = plans::changed(&old, &self.planned);
        let due: Vec<Look> = changed.filter(|look| plans.contains_key(look)).collect();
        self.rhythm.keep(now, plans);
        for look in due {
            self.rhythm.due_now(now, &look);
        }
    }

    async fn apply(&mut self, nudge: Nudge) -> Result<(), Closed> {
        let now = Instant::now();
        match nudge {
            Nudge::CheckNow { round } => {
                self.rhythm.all_due(now);
                let checks = self.rhythm.planned().cloned();
                self.rounds.begin(now, round, checks);
            }
            Nudge::Woke => {
                self.network.woke();
                self.woke.send_replace(());
                self.rhythm.all_due(now);
            }
            Nudge::TrafficCompleted { endpoint, model } => {
                self.traffic_answered(now, &endpoint).await?;
                self.rhythm.completed(now, &Look::Probe(endpoint, model));
            }
            Nudge::TrafficUnreached => self.rhythm.verify(now),
            Nudge::TrafficAnswered { endpoint } => self.traffic_answered(now, &endpoint).await?,
            Nudge::IncidentOpen { provider, open } => self.rhythm.incident(now, &provider, open),
            Nudge::Idle(idle) => self.rhythm.idle(now, idle),
        }
        Ok(())
    }

    async fn traffic_answered(
        &mut self,
        now: Instant,
        endpoint: &EndpointId,
    ) -> Result<(), Closed> {
        let known = self.catalog.endpoint(endpoint);
        if !known.is_some_and(|endpoint| is_beyond_this_network(&endpoint.base)) {
            return Ok(());
        }
        let was_offline = self.network.is_offline();
        self.network.answered(now);
        self.rhythm.offline(now, false);
        if was_offline {
            let at = (self.clock)();
            self.reporter.network(at, Controls::Up).await?;
        }
        Ok(())
    }

    async fn report_rounds(&mut self) -> Result<(), Closed> {
        for round in self.rounds.take_finished(Instant::now()) {
            self.reporter.round(round).await?;
        }
        Ok(())
    }

    fn start_due(&mut self) {
        for look in self.rhythm.due(Instant::now()) {
            let Some(look_task) = self.look_task(&look) else {
                self.rhythm.done(Instant::now(), &look, After::Quiet);
                self.rounds.ended(&look, &LookOutcome::BudgetSpent, false);
                continue;
            };
            // While offline, a separate task checks the network.
            let checks = look == Look::Controls || !self.network.is_offline();
            let controls = checks.then(|| self.planned.controls.clone());
            let task = look_task.run(
                self.http.clone(),
                controls,
                Arc::clone(&self.clock),
                self.woke.subscribe(),
            );
            let id = self.tasks.spawn(task).id();
            self.under_way.insert(id, look);
        }
    }

    /// `None`: skipped this time (the budget is spent, or it is no longer planned).
    fn look_task(&mut self, look: &Look) -> Option<LookTask> {
        match look {
            Look::Controls => Some(LookTask::Controls),
            Look::Page(provider) => {
                let (page, surfaces) = plans::page_of(&self.catalog, &self.planned, provider)?;
                let known = self.readers.remove(provider);
                let reader = known.filter(|reader| reader.reads(&page, &surfaces));
                Some(LookTask::Page(reader.unwrap_or_else(|| {
                    PageReader::new(provider.clone(), page, surfaces)
                })))
            }
            Look::Probe(..) => {
                let target = self
                    .planned
                    .probes
                    .iter()
                    .find(|t| plans::look_of(t) == *look)?;
                let target = target.clone();
                if !target.may_complete() {
                    return Some(LookTask::Reach(target));
                }
                let now = (self.clock)();
                let reserved = self.budgeted(&target, probe::likely_tokens());
                let per_day = self.planned.probe_budget;
                if !self.budget.allows(now, per_day, reserved) {
                    debug!(endpoint = %target.endpoint.id, "the day's probe budget is spent");
                    return None;
                }
                self.budget.book(now, reserved);
                Some(LookTask::Complete { target, reserved })
            }
        }
    }

    async fn settle(&mut self, ended: Result<(Id, EndedLook), JoinError>) -> Result<(), Closed> {
        let (id, ended) = match ended {
            Ok((id, ended)) => (id, Some(ended)),
            Err(e) => {
                error!(error = %e, "a page read or a probe panicked");
                (e.id(), None)
            }
        };
        let Some(look) = self.under_way.remove(&id) else {
            return Ok(());
        };
        let outcome = match &ended {
            Some(ended) => LookOutcome::of(&ended.what),
            None => LookOutcome::Failed("an error in Understudy".to_owned()),
        };
        let after = match ended {
            Some(ended) => self.report(ended).await?,
            None => After::Failed,
        };
        self.rhythm.done(Instant::now(), &look, after);
        let offline = self.network.is_offline();
        self.rounds.ended(&look, &outcome, offline);
        Ok(())
    }

    async fn report(&mut self, ended: EndedLook) -> Result<After, Closed> {
        let at = (self.clock)();
        let standing = self.update_network(at, &ended.what, ended.checked).await?;
        let offline = standing == Standing::Offline;
        match ended.what {
            LookResult::Controls => Ok(After::Quiet),
            LookResult::Page(reader, reading) => {
                let after = after_page(&reading);
                let provider = reader.provider.clone();
                self.readers.insert(provider.clone(), reader);
                self.reporter.page(at, provider, reading, offline).await?;
                Ok(after)
            }
            LookResult::Completed {
                target,
                reserved,
                result,
            } => {
                let real = self.real_cost(&target, reserved, &result);
                self.budget.book(at, MicroDollars(real.0 - reserved.0));
                let after = after_call(&result);
                // A call that may not have left this machine is no evidence about the provider.
                if standing == Standing::Up {
                    self.reporter.probe(at, &target, result).await?;
                }
                Ok(after)
            }
            LookResult::Reached(target, reached) => {
                let after = if reached.is_ok() {
                    After::Quiet
                } else {
                    After::Bad
                };
                if standing == Standing::Up {
                    self.reporter.reached(at, &target, reached).await?;
                }
                Ok(after)
            }
        }
    }

    /// Updates the state of the local network from a result and its network check.
    async fn update_network(
        &mut self,
        at: DateTime<Utc>,
        what: &LookResult,
        checked: Option<Connectivity>,
    ) -> Result<Standing, Closed> {
        let now = Instant::now();
        let was_offline = self.network.is_offline();
        if what.got_response() {
            self.network.answered(now);
        }
        let mut standing = match self.network.is_offline() {
            true => Standing::Offline,
            false => Standing::Up,
        };
        let works = checked.as_ref().map(Connectivity::is_up);
        if let Some(works) = works {
            standing = self.network.checked(now, works);
        }
        if let Some(connectivity) = checked {
            self.reporter.checked(at, connectivity).await?;
        }
        self.rhythm.offline(now, standing == Standing::Offline);
        match (standing, works) {
            (Standing::Offline, Some(_)) => self.reporter.network(at, Controls::Down).await?,
            (Standing::Up, Some(true)) => self.reporter.network(at, Controls::Up).await?,
            (Standing::Up, _) if was_offline => self.reporter.network(at, Controls::Up).await?,
            (Standing::Offline, None) | (Standing::Up, _) => {}
            (Standing::Unsure, _) => self.rhythm.verify(now),
        }
        Ok(standing)
    }

    fn budgeted(&self, target: &ProbeTarget, tokens: Tokens) -> MicroDollars {
        let now = (self.clock)();
        let price = self
            .catalog
            .price(&target.endpoint.provider, target.model.as_str(), now);
        probe::budgeted(&target.endpoint, price, tokens, now)
    }

    /// A request that was not accepted costs nothing; without usage, the estimate stays.
    fn real_cost(
        &self,
        target: &ProbeTarget,
        reserved: MicroDollars,
        result: &ProbeResult,
    ) -> MicroDollars {
        if result.usage_reported {
            return self.budgeted(target, result.tokens);
        }
        if result.cannot_be_billed() {
            MicroDollars::ZERO
        } else {
            reserved
        }
    }
}

#[cfg(test)]
mod tests;
