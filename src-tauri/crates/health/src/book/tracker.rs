//! The life of a provider's incidents: which changes are reported, and whether they are announced.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use super::judge::End;
use super::page::fine;
use crate::{
    Blame, Change, Evidence, Level, Note, OpenIncident, ProviderVerdict, Thresholds, Verdict,
};

/// This many openings within [`FLAP_WINDOW`] make a provider unstable.
const FLAP_OPENINGS: usize = 3;
/// An unstable provider counts as stable again after this long in one state.
const FLAP_WINDOW: TimeDelta = TimeDelta::minutes(60);

/// After a restart, pages and probes are read first.
const FIRST_LOOK: TimeDelta = TimeDelta::minutes(1);

/// The open incident of one provider, and how often it changed recently.
#[derive(Debug, Default)]
pub(super) struct IncidentTracker {
    incident: Option<Incident>,
    openings: VecDeque<DateTime<Utc>>,
    /// Set while the provider is unstable; the time of the latest change.
    unstable_since: Option<DateTime<Utc>>,
}

#[derive(Debug)]
struct Incident {
    since: DateTime<Utc>,
    level: Level,
    peak: Level,
    blame: Blame,
    /// The evidence that was reported last.
    evidence: Evidence,
    /// Only while unstable: recovered at this time, but not yet for long enough to be reported.
    recovered_at: Option<DateTime<Utc>>,
    /// The verdict became unknown, and that was noted.
    noted_unknown: bool,
    /// From before a restart, and no reading has confirmed it since.
    unconfirmed: Option<Unconfirmed>,
}

/// An incident from before a restart that was based on requests alone.
#[derive(Clone, Copy, Debug)]
struct Unconfirmed {
    last_failure: DateTime<Utc>,
    fades_at: DateTime<Utc>,
}

/// One change to report.
#[derive(Debug)]
pub(super) struct TrackedChange {
    pub(super) at: DateTime<Utc>,
    pub(super) change: Change,
    pub(super) announce: bool,
}

impl IncidentTracker {
    pub(super) fn restored(
        open: &OpenIncident,
        now: DateTime<Utc>,
        thresholds: &Thresholds,
    ) -> Self {
        let unconfirmed = open.last_failure.map(|last_failure| Unconfirmed {
            last_failure,
            fades_at: (last_failure + thresholds.fade()).max(now + FIRST_LOOK),
        });
        let incident = Incident {
            since: open.since,
            level: open.level,
            peak: open.peak.max(open.level),
            blame: Blame::Undetermined,
            evidence: Evidence::default(),
            recovered_at: None,
            noted_unknown: true,
            unconfirmed,
        };
        Self {
            incident: Some(incident),
            ..Self::default()
        }
    }

    pub(super) fn since(&self) -> Option<DateTime<Utc>> {
        self.incident.as_ref().map(|incident| incident.since)
    }

    /// When an incident from before a restart fades.
    pub(super) fn fades_at(&self) -> Option<DateTime<Utc>> {
        Some(self.incident.as_ref()?.unconfirmed?.fades_at)
    }

    pub(super) fn is_unstable(&self) -> bool {
        self.unstable_since.is_some()
    }

    /// When an unstable provider counts as stable again.
    pub(super) fn settles_at(&self) -> Option<DateTime<Utc>> {
        self.unstable_since.map(|changed| changed + FLAP_WINDOW)
    }

    /// `watched`: the owner watches this provider. Only then do incidents open and only then are changes announced.
    pub(super) fn step(
        &mut self,
        now: DateTime<Utc>,
        verdict: &ProviderVerdict,
        end: End,
        watched: bool,
    ) -> Vec<TrackedChange> {
        let bad = match verdict.verdict {
            Verdict::Known(level) if !fine(level) => Some(level),
            Verdict::Known(_) | Verdict::Unknown(_) => None,
        };
        let changes = match (self.incident.take(), bad) {
            (None, Some(level)) if watched => vec![self.open(now, level, verdict)],
            (None, _) => Vec::new(),
            (Some(incident), Some(level)) => {
                self.continue_bad(now, incident, level, verdict, watched)
            }
            (Some(incident), None) => self.end(now, incident, verdict, end, watched),
        };
        if self.settles_at().is_some_and(|at| now >= at) {
            self.unstable_since = None;
        }
        changes
    }

    /// The owner no longer watches the provider: the incident ends here without an announcement.
    pub(super) fn stop_watching(&mut self, now: DateTime<Utc>) -> Vec<TrackedChange> {
        self.unstable_since = None;
        let Some(Incident { since, peak, .. }) = self.incident.take() else {
            return Vec::new();
        };
        vec![
            logged_only(now, Change::Noted(Note::NoLongerWatched)),
            logged_only(now, Change::Recovered { since, peak }),
        ]
    }

    fn open(
        &mut self,
        now: DateTime<Utc>,
        level: Level,
        verdict: &ProviderVerdict,
    ) -> TrackedChange {
        self.openings.push_back(now);
        self.openings.retain(|&at| now - at < FLAP_WINDOW);
        if self.openings.len() >= FLAP_OPENINGS {
            self.unstable_since = Some(now);
        }
        let since = verdict.since.map_or(now, |since| since.min(now));
        self.incident = Some(Incident {
            since,
            level,
            peak: level,
            blame: verdict.blame,
            evidence: verdict.evidence.clone(),
            recovered_at: None,
            noted_unknown: false,
            unconfirmed: None,
        });
        TrackedChange {
            at: now,
            change: Change::Opened { level, since },
            announce: true,
        }
    }

    fn continue_bad(
        &mut self,
        now: DateTime<Utc>,
        mut incident: Incident,
        level: Level,
        verdict: &ProviderVerdict,
        watched: bool,
    ) -> Vec<TrackedChange> {
        let mut changes = Vec::new();
        incident.unconfirmed = None;
        if incident.recovered_at.take().is_some() {
            self.unstable_since = Some(now);
            changes.push(logged_only(now, Change::Noted(Note::FailingAgain)));
        }
        let from = std::mem::replace(&mut incident.level, level);
        if level > from {
            let (to, news) = (level, level > incident.peak);
            incident.peak = incident.peak.max(level);
            changes.push(TrackedChange {
                at: now,
                change: Change::Rose { from, to },
                announce: news && watched && !self.is_unstable(),
            });
        } else if level < from {
            let to = level;
            changes.push(logged_only(now, Change::Eased { from, to }));
        }
        let found = std::mem::take(&mut incident.noted_unknown);
        let blame = std::mem::replace(&mut incident.blame, verdict.blame);
        if found || blame != verdict.blame {
            changes.push(logged_only(now, Change::Noted(Note::Verdict)));
        }
        if incident.evidence != verdict.evidence {
            incident.evidence = verdict.evidence.clone();
            if changes.is_empty() {
                changes.push(logged_only(now, Change::Updated));
            }
        }
        self.incident = Some(incident);
        changes
    }

    /// The level is no longer bad: the incident is over, or its state is unknown.
    fn end(
        &mut self,
        now: DateTime<Utc>,
        incident: Incident,
        verdict: &ProviderVerdict,
        end: End,
        watched: bool,
    ) -> Vec<TrackedChange> {
        let ended = end.faded.filter(|last| *last >= incident.since);
        let request = verdict.evidence.last_request;
        let failed = request.filter(|last| !last.answered).map(|last| last.at);
        let unconfirmed = incident
            .unconfirmed
            .filter(|one| now >= one.fades_at || end.settled)
            .map(|one| failed.map_or(one.last_failure, |at| at.max(one.last_failure)));
        let faded = ended.or(unconfirmed);
        match (faded, verdict.verdict) {
            (Some(last), Verdict::Known(_)) => self.recover(now, last, incident, watched),
            (Some(last), Verdict::Unknown(_)) => vec![fade(last, &incident, watched)],
            (None, _) if end.settled => self.recover(now, now, incident, watched),
            (None, _) => self.wait(now, incident, verdict),
        }
    }

    /// `over`: when the outage ended. While a provider is unstable, a recovery is reported only after it has lasted.
    fn recover(
        &mut self,
        now: DateTime<Utc>,
        over: DateTime<Utc>,
        mut incident: Incident,
        watched: bool,
    ) -> Vec<TrackedChange> {
        let (since, peak) = (incident.since, incident.peak);
        let recovered = |at| TrackedChange {
            at,
            change: Change::Recovered { since, peak },
            announce: watched,
        };
        if self.unstable_since.is_none() {
            return vec![recovered(over)];
        }
        match incident.recovered_at {
            Some(recovered_at) if now - recovered_at >= FLAP_WINDOW => {
                vec![recovered(recovered_at)]
            }
            Some(_) => {
                self.incident = Some(incident);
                Vec::new()
            }
            None => {
                incident.recovered_at = Some(now);
                self.unstable_since = Some(now);
                self.incident = Some(incident);
                vec![logged_only(now, Change::Noted(Note::RecoveryNotCounted))]
            }
        }
    }

    /// The level is not bad, but not enough evidence proves the recovery.
    fn wait(
        &mut self,
        now: DateTime<Utc>,
        mut incident: Incident,
        verdict: &ProviderVerdict,
    ) -> Vec<TrackedChange> {
        let noted_unknown = matches!(verdict.verdict, Verdict::Unknown(_));
        let news = noted_unknown && !incident.noted_unknown;
        incident.noted_unknown |= noted_unknown;
        self.incident = Some(incident);
        if news {
            vec![logged_only(now, Change::Noted(Note::Verdict))]
        } else {
            Vec::new()
        }
    }
}

/// No evidence of the incident came after `last`.
fn fade(last: DateTime<Utc>, incident: &Incident, watched: bool) -> TrackedChange {
    let (since, peak) = (incident.since, incident.peak);
    TrackedChange {
        at: last,
        change: Change::Faded { since, peak },
        announce: watched,
    }
}

fn logged_only(at: DateTime<Utc>, change: Change) -> TrackedChange {
    TrackedChange {
        at,
        change,
        announce: false,
    }
}
