mod judge;
mod network;
mod page;
mod run;
mod tracker;

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::{Catalog, EndpointId, ModelId, ProviderId, REHEARSAL};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    CallOutcome, CallSource, Change, Controls, Note, Observation, OpenIncident, Page, Thresholds,
    Transition, Unreadable, Verdicts, Watched,
};
use judge::{Context, Readings, judge};
use network::Network;
use page::{News, is_bad};
use run::Run;
use tracker::{IncidentTracker, TrackedChange};

/// Turns observations into verdicts and transitions.
#[derive(Debug)]
pub struct Book {
    catalog: Arc<Catalog>,
    thresholds: Thresholds,
    watched: Watched,
    network: Network,
    states: BTreeMap<ProviderId, ProviderState>,
    verdicts: Arc<Verdicts>,
    /// The latest time that any call passed in. Time never runs backwards in the book.
    latest: DateTime<Utc>,
}

/// The readings, incident and last verdict of one provider.
#[derive(Debug, Default)]
struct ProviderState {
    readings: Readings,
    tracker: IncidentTracker,
}

/// If this many unrelated providers fail at once, shared infrastructure is the likely cause.
const SHARED_AT: usize = 3;
/// A model without calls for this long is dropped.
const FORGET_AFTER: TimeDelta = TimeDelta::days(1);

impl Book {
    /// `open`: the incidents that were open when the engine stopped.
    pub fn new(
        catalog: Arc<Catalog>,
        thresholds: Thresholds,
        watched: Watched,
        open: Vec<OpenIncident>,
        now: DateTime<Utc>,
    ) -> Self {
        let mut states: BTreeMap<ProviderId, ProviderState> = catalog
            .providers()
            .iter()
            .map(|p| (p.id.clone(), ProviderState::default()))
            .collect();
        for incident in &open {
            let provider_state = states.entry(incident.provider.clone()).or_default();
            provider_state.tracker = IncidentTracker::restored(incident, now, &thresholds);
        }
        let mut book = Self {
            catalog,
            thresholds,
            watched,
            network: Network::default(),
            states,
            verdicts: Arc::default(),
            latest: now,
        };
        // Nothing has been read yet, so this produces no transitions.
        let _ = book.fold(now);
        book
    }

    /// Changes which providers are watched and keeps the readings. The open incident of a provider that is no longer
    /// watched ends without an announcement.
    pub fn watch(&mut self, watched: Watched, now: DateTime<Utc>) -> Vec<Transition> {
        let before = std::mem::replace(&mut self.watched, watched);
        let mut ended = Vec::new();
        for provider in before.0.into_keys() {
            if !self.watched.0.contains_key(&provider)
                && let Some(provider_state) = self.states.get_mut(&provider)
            {
                let changes = provider_state.tracker.stop_watching(now);
                ended.extend(changes.into_iter().map(|change| (provider.clone(), change)));
            }
        }
        let opened = self.fold(now);
        let mut transitions = self.with_verdicts(ended);
        transitions.extend(opened);
        transitions
    }

    /// Adds one reading. Returns the transitions in the order in which they must be reported.
    pub fn observe(&mut self, now: DateTime<Utc>, seen: Observation) -> Vec<Transition> {
        // Failures that faded before this reading are handled first.
        let mut transitions = if self.fades_by(now) {
            self.due(now)
        } else {
            Vec::new()
        };
        transitions.extend(self.seen(now, seen));
        transitions
    }

    fn fades_by(&self, now: DateTime<Utc>) -> bool {
        let runs = self.states.values().flat_map(|d| d.readings.runs.values());
        runs.filter_map(|run| run.fades_at(&self.thresholds))
            .any(|fades| self.latest < fades && fades <= now)
    }

    fn seen(&mut self, now: DateTime<Utc>, seen: Observation) -> Vec<Transition> {
        match seen {
            Observation::Network { at, controls } => {
                self.observe_network(at.min(now), controls);
                self.fold(now)
            }
            Observation::Call {
                at,
                provider,
                endpoint,
                model,
                source,
                outcome,
            } => {
                self.called(at.min(now), provider, (endpoint, model), source, &outcome);
                self.fold(now)
            }
            Observation::Page {
                at,
                provider,
                reading,
            } => {
                let news = self.page_read(at.min(now), &provider, reading);
                let mut transitions = self.fold(now);
                let news = self.placed(now, &provider, news);
                transitions.extend(self.with_verdicts(news));
                transitions
            }
        }
    }

    /// Applies the passage of time: readings become stale and failures fade.
    pub fn due(&mut self, now: DateTime<Utc>) -> Vec<Transition> {
        for provider_state in self.states.values_mut() {
            let recent = |run: &Run| run.last_call_at().is_some_and(|at| now - at < FORGET_AFTER);
            provider_state.readings.runs.retain(|_, run| recent(run));
        }
        self.fold(now)
    }

    /// When [`Book::due`] next changes something.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let stale_after = self.thresholds.page_stale();
        self.states
            .values()
            .flat_map(|provider_state| {
                let runs = provider_state.readings.runs.values();
                let calls = runs.flat_map(|run| run.changes_at(&self.thresholds));
                let pages = provider_state.readings.page.stale_at(stale_after);
                calls
                    .chain(pages)
                    .chain(provider_state.tracker.settles_at())
                    .chain(provider_state.tracker.fades_at())
            })
            .filter(|&at| at > self.latest)
            .min()
    }

    /// Models to probe at once: they belong to a watched provider in trouble, and their last success is from before the
    /// trouble.
    pub fn doubtful(&self, now: DateTime<Utc>) -> Vec<(EndpointId, ModelId)> {
        let mine = self.watched.0.iter().filter_map(|(id, watched)| {
            let provider_state = self.states.get(id)?;
            let context = Context {
                now,
                thresholds: &self.thresholds,
                network: &self.network,
                provider: self.catalog.provider(id),
                watched: Some(watched),
                failing_together: &[],
            };
            Some(judge::doubtful(context, &provider_state.readings))
        });
        mine.flatten().collect()
    }

    /// After a suspend, earlier readings are stale, and the suspended time counts as downtime of no provider.
    pub fn woke(&mut self, now: DateTime<Utc>) -> Vec<Transition> {
        for provider_state in self.states.values_mut() {
            provider_state.readings.page.woke();
            provider_state
                .readings
                .runs
                .values_mut()
                .for_each(Run::woke);
        }
        self.fold(now)
    }

    pub fn verdicts(&self) -> Arc<Verdicts> {
        Arc::clone(&self.verdicts)
    }

    fn observe_network(&mut self, at: DateTime<Utc>, controls: Controls) {
        let up = self.network.last_up();
        self.network.record(at, controls);
        if self.network.is_down() {
            for provider_state in self.states.values_mut() {
                let runs = provider_state.readings.runs.values_mut();
                runs.for_each(|run| run.ignore_network_failures(up));
            }
        }
    }

    fn called(
        &mut self,
        at: DateTime<Utc>,
        provider: ProviderId,
        key: (EndpointId, ModelId),
        source: CallSource,
        outcome: &CallOutcome,
    ) {
        let remote = self
            .catalog
            .endpoint(&key.0)
            .is_some_and(|e| e.base.starts_with("https://"));
        match outcome {
            CallOutcome::Ok { .. } if remote => self.network.answered(at),
            // While the local network is down, a failed call is no evidence about the provider.
            CallOutcome::Failed { .. } if self.network.is_down() => return,
            CallOutcome::Ok { .. }
            | CallOutcome::Failed { .. }
            | CallOutcome::Ours(_)
            | CallOutcome::Neutral => {}
        }
        let provider_state = self.states.entry(provider).or_default();
        let run = provider_state.readings.runs.entry(key).or_default();
        run.record(at, source, outcome, &self.thresholds);
    }

    fn page_read(
        &mut self,
        at: DateTime<Utc>,
        provider: &ProviderId,
        reading: Result<Page, Unreadable>,
    ) -> Vec<News> {
        if reading.is_ok() {
            self.network.answered(at);
        }
        let catalog = Arc::clone(&self.catalog);
        let known = catalog.provider(provider);
        let surfaces = known.map_or(&[][..], |p| &p.surfaces);
        let provider_state = self.states.entry(provider.clone()).or_default();
        let page = &mut provider_state.readings.page;
        page.read(at, reading, surfaces.iter().map(|s| &s.id))
    }

    /// Decides where an update of the page is recorded: in the open incident, or in the log if the incident ended long ago.
    fn placed(
        &self,
        now: DateTime<Utc>,
        provider: &ProviderId,
        news: Vec<News>,
    ) -> Vec<(ProviderId, TrackedChange)> {
        let tracker = self.states.get(provider).map(|d| &d.tracker);
        let begun = tracker.and_then(IncidentTracker::since);
        news.into_iter()
            .filter_map(|news| match (news, begun) {
                (News::Past(incident), Some(begun))
                    if incident.resolved.is_some_and(|end| end >= begun) =>
                {
                    Some(Change::Noted(Note::PageResolved(incident.title)))
                }
                (News::Past(incident), _) => Some(Change::Past(incident)),
                (News::Update(text), Some(_)) => Some(Change::Noted(Note::Page(text))),
                (News::Resolved(title), Some(_)) => Some(Change::Noted(Note::PageResolved(title))),
                (News::Update(_) | News::Resolved(_), None) => None,
            })
            .map(|change| {
                let change = TrackedChange {
                    at: now,
                    change,
                    announce: false,
                };
                (provider.clone(), change)
            })
            .collect()
    }

    /// Judges every provider again, advances the incidents and publishes the verdicts.
    fn fold(&mut self, now: DateTime<Utc>) -> Vec<Transition> {
        self.latest = now;
        let failing_together = self.failing_together(now);
        let mut changes = Vec::new();
        let mut verdicts = Verdicts {
            providers: BTreeMap::new(),
            offline: self.network.is_down(),
        };
        for (id, provider_state) in &mut self.states {
            let watched = self.watched.0.get(id);
            let context = Context {
                now,
                thresholds: &self.thresholds,
                network: &self.network,
                provider: self.catalog.provider(id),
                watched,
                failing_together: &failing_together,
            };
            let before = self.verdicts.providers.get(id);
            let judgement = judge(context, &provider_state.readings, before);
            let mut verdict = judgement.verdict;
            if !self.network.is_down() {
                let steps =
                    provider_state
                        .tracker
                        .step(now, &verdict, judgement.end, watched.is_some());
                changes.extend(steps.into_iter().map(|change| (id.clone(), change)));
            }
            if let (true, Some(begun)) = (is_bad(verdict.verdict), provider_state.tracker.since()) {
                verdict.since = Some(begun);
            }
            verdict.unstable = provider_state.tracker.is_unstable();
            verdicts.providers.insert(id.clone(), verdict);
        }
        if *self.verdicts != verdicts {
            self.verdicts = Arc::new(verdicts);
        }
        self.with_verdicts(changes)
    }

    /// Unrelated providers whose calls fail now; empty while they are fewer than [`SHARED_AT`].
    fn failing_together(&self, now: DateTime<Utc>) -> Vec<ProviderId> {
        let fails = |d: &ProviderState| d.readings.calls_fail(now, &self.thresholds, &self.network);
        let failing: Vec<_> = self
            .states
            .iter()
            .filter(|(id, provider_state)| id.as_str() != REHEARSAL && fails(provider_state))
            .map(|(id, _)| id.clone())
            .collect();
        if failing.len() >= SHARED_AT && self.network.is_up() {
            failing
        } else {
            Vec::new()
        }
    }

    /// Adds to each change the provider's verdict after it.
    fn with_verdicts(&self, changes: Vec<(ProviderId, TrackedChange)>) -> Vec<Transition> {
        changes
            .into_iter()
            .filter_map(|(provider, change)| {
                Some(Transition {
                    at: change.at,
                    verdict: self.verdicts.providers.get(&provider)?.clone(),
                    provider,
                    change: change.change,
                    announce: change.announce,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
