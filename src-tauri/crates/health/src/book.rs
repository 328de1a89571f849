mod judge;
mod network;
mod page;
mod plot;
mod run;

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::{Catalog, EndpointId, ModelId, ProviderId, REHEARSAL};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    CallOutcome, CallSource, Change, Controls, Note, Observation, OpenIncident, Page, Thresholds,
    Transition, Unreadable, Verdicts, Watched,
};
use judge::{Readings, Scene, judge};
use network::Network;
use page::{News, is_bad};
use plot::{Plot, Told};
use run::Run;

/// Turns observations into verdicts and transitions.
#[derive(Debug)]
pub struct Book {
    catalog: Arc<Catalog>,
    thresholds: Thresholds,
    watched: Watched,
    network: Network,
    dossiers: BTreeMap<ProviderId, Dossier>,
    verdicts: Arc<Verdicts>,
    /// The latest time that any call passed in. Time never runs backwards in the book.
    told: DateTime<Utc>,
}

/// The readings, incident and last verdict of one provider.
#[derive(Debug, Default)]
struct Dossier {
    readings: Readings,
    plot: Plot,
}

/// This many unrelated providers failing at once point at shared infrastructure.
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
        let mut dossiers: BTreeMap<ProviderId, Dossier> = catalog
            .providers()
            .iter()
            .map(|p| (p.id.clone(), Dossier::default()))
            .collect();
        for incident in &open {
            let dossier = dossiers.entry(incident.provider.clone()).or_default();
            dossier.plot = Plot::restored(incident, now, &thresholds);
        }
        let mut book = Self {
            catalog,
            thresholds,
            watched,
            network: Network::default(),
            dossiers,
            verdicts: Arc::default(),
            told: now,
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
                && let Some(dossier) = self.dossiers.get_mut(&provider)
            {
                let told = dossier.plot.abandon(now);
                ended.extend(told.into_iter().map(|told| (provider.clone(), told)));
            }
        }
        let opened = self.fold(now);
        let mut transitions = self.signed(ended);
        transitions.extend(opened);
        transitions
    }

    /// Adds one reading. The transitions are returned in the order in which they must be reported.
    pub fn observe(&mut self, now: DateTime<Utc>, seen: Observation) -> Vec<Transition> {
        // Fading comes first: it happened before this reading.
        let mut transitions = if self.fades_by(now) {
            self.due(now)
        } else {
            Vec::new()
        };
        transitions.extend(self.seen(now, seen));
        transitions
    }

    fn fades_by(&self, now: DateTime<Utc>) -> bool {
        let runs = self
            .dossiers
            .values()
            .flat_map(|d| d.readings.runs.values());
        runs.filter_map(|run| run.fades_at(&self.thresholds))
            .any(|fades| self.told < fades && fades <= now)
    }

    fn seen(&mut self, now: DateTime<Utc>, seen: Observation) -> Vec<Transition> {
        match seen {
            Observation::Network { at, controls } => {
                self.heard_of_network(at.min(now), controls);
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
                transitions.extend(self.signed(news));
                transitions
            }
        }
    }

    /// Applies the passage of time: readings become stale and failures fade.
    pub fn due(&mut self, now: DateTime<Utc>) -> Vec<Transition> {
        for dossier in self.dossiers.values_mut() {
            let recent = |run: &Run| run.last_heard().is_some_and(|at| now - at < FORGET_AFTER);
            dossier.readings.runs.retain(|_, run| recent(run));
        }
        self.fold(now)
    }

    /// When [`Book::due`] next changes something.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let stale_after = self.thresholds.page_stale();
        self.dossiers
            .values()
            .flat_map(|dossier| {
                let runs = dossier.readings.runs.values();
                let calls = runs.flat_map(|run| run.changes_at(&self.thresholds));
                let pages = dossier.readings.page.stale_at(stale_after);
                calls
                    .chain(pages)
                    .chain(dossier.plot.settles_at())
                    .chain(dossier.plot.fades_at())
            })
            .filter(|&at| at > self.told)
            .min()
    }

    /// Models to probe at once: they belong to a watched provider in trouble, and their last success is from before the
    /// trouble.
    pub fn doubtful(&self, now: DateTime<Utc>) -> Vec<(EndpointId, ModelId)> {
        let mine = self.watched.0.iter().filter_map(|(id, watched)| {
            let dossier = self.dossiers.get(id)?;
            let scene = Scene {
                now,
                thresholds: &self.thresholds,
                network: &self.network,
                provider: self.catalog.provider(id),
                watched: Some(watched),
                failing_together: &[],
            };
            Some(judge::doubtful(scene, &dossier.readings))
        });
        mine.flatten().collect()
    }

    /// After a suspend, earlier readings are stale, and the suspended time counts as no provider's downtime.
    pub fn woke(&mut self, now: DateTime<Utc>) -> Vec<Transition> {
        for dossier in self.dossiers.values_mut() {
            dossier.readings.page.woke();
            dossier.readings.runs.values_mut().for_each(Run::woke);
        }
        self.fold(now)
    }

    pub fn verdicts(&self) -> Arc<Verdicts> {
        Arc::clone(&self.verdicts)
    }

    fn heard_of_network(&mut self, at: DateTime<Utc>, controls: Controls) {
        let up = self.network.last_up();
        self.network.told(at, controls);
        if self.network.is_down() {
            for dossier in self.dossiers.values_mut() {
                let runs = dossier.readings.runs.values_mut();
                runs.for_each(|run| run.forgive(up));
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
        let dossier = self.dossiers.entry(provider).or_default();
        let run = dossier.readings.runs.entry(key).or_default();
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
        let dossier = self.dossiers.entry(provider.clone()).or_default();
        let page = &mut dossier.readings.page;
        page.read(at, reading, surfaces.iter().map(|s| &s.id))
    }

    /// Decides where news of the page goes: into the open incident, or into the log when the incident ended long ago.
    fn placed(
        &self,
        now: DateTime<Utc>,
        provider: &ProviderId,
        news: Vec<News>,
    ) -> Vec<(ProviderId, Told)> {
        let plot = self.dossiers.get(provider).map(|d| &d.plot);
        let begun = plot.and_then(Plot::since);
        news.into_iter()
            .filter_map(|news| match (news, begun) {
                (News::Past(incident), Some(begun))
                    if incident.resolved.is_some_and(|end| end >= begun) =>
                {
                    Some(Change::Noted(Note::PageResolved(incident.title)))
                }
                (News::Past(incident), _) => Some(Change::Past(incident)),
                (News::Said(text), Some(_)) => Some(Change::Noted(Note::Page(text))),
                (News::Resolved(title), Some(_)) => Some(Change::Noted(Note::PageResolved(title))),
                (News::Said(_) | News::Resolved(_), None) => None,
            })
            .map(|change| {
                let told = Told {
                    at: now,
                    change,
                    announce: false,
                };
                (provider.clone(), told)
            })
            .collect()
    }

    /// Judges every provider again, advances the incidents and publishes the verdicts.
    fn fold(&mut self, now: DateTime<Utc>) -> Vec<Transition> {
        self.told = now;
        let failing_together = self.failing_together(now);
        let mut told = Vec::new();
        let mut verdicts = Verdicts {
            providers: BTreeMap::new(),
            offline: self.network.is_down(),
        };
        for (id, dossier) in &mut self.dossiers {
            let watched = self.watched.0.get(id);
            let scene = Scene {
                now,
                thresholds: &self.thresholds,
                network: &self.network,
                provider: self.catalog.provider(id),
                watched,
                failing_together: &failing_together,
            };
            let before = self.verdicts.providers.get(id);
            let judgement = judge(scene, &dossier.readings, before);
            let mut verdict = judgement.verdict;
            if !self.network.is_down() {
                let steps = dossier
                    .plot
                    .step(now, &verdict, judgement.end, watched.is_some());
                told.extend(steps.into_iter().map(|told| (id.clone(), told)));
            }
            if let (true, Some(begun)) = (is_bad(verdict.verdict), dossier.plot.since()) {
                verdict.since = Some(begun);
            }
            verdict.unstable = dossier.plot.is_unstable();
            verdicts.providers.insert(id.clone(), verdict);
        }
        if *self.verdicts != verdicts {
            self.verdicts = Arc::new(verdicts);
        }
        self.signed(told)
    }

    /// Unrelated providers whose calls fail now; empty while they are fewer than [`SHARED_AT`].
    fn failing_together(&self, now: DateTime<Utc>) -> Vec<ProviderId> {
        let fails = |d: &Dossier| d.readings.calls_fail(now, &self.thresholds, &self.network);
        let failing: Vec<_> = self
            .dossiers
            .iter()
            .filter(|(id, dossier)| id.as_str() != REHEARSAL && fails(dossier))
            .map(|(id, _)| id.clone())
            .collect();
        if failing.len() >= SHARED_AT && self.network.is_up() {
            failing
        } else {
            Vec::new()
        }
    }

    /// Adds to each change the provider's verdict after it.
    fn signed(&self, told: Vec<(ProviderId, Told)>) -> Vec<Transition> {
        told.into_iter()
            .filter_map(|(provider, told)| {
                Some(Transition {
                    at: told.at,
                    verdict: self.verdicts.providers.get(&provider)?.clone(),
                    provider,
                    change: told.change,
                    announce: told.announce,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
