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
pub(super) struct Plot {
    story: Option<Story>,
    openings: VecDeque<DateTime<Utc>>,
    /// Set while the provider is unstable; the time of the latest change.
    restless: Option<DateTime<Utc>>,
}

#[derive(Debug)]
struct Story {
    since: DateTime<Utc>,
    level: Level,
    peak: Level,
    blame: Blame,
    /// The evidence that was reported last.
    evidence: Evidence,
    /// Only while unstable: recovered at this time, but not yet for long enough to be reported.
    calm: Option<DateTime<Utc>>,
    /// The verdict became unknown, and that was noted.
    lost: bool,
    /// From before a restart, and no reading has confirmed it since.
    unconfirmed: Option<Unconfirmed>,
}

/// An incident from before a restart that rested on requests alone.
#[derive(Clone, Copy, Debug)]
struct Unconfirmed {
    last_failure: DateTime<Utc>,
    fades_at: DateTime<Utc>,
}

/// One change to report.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) at: DateTime<Utc>,
    pub(super) change: Change,
    pub(super) announce: bool,
}

impl Plot {
    pub(super) fn restored(
        open: &OpenIncident,
        now: DateTime<Utc>,
        thresholds: &Thresholds,
    ) -> Self {
        let unconfirmed = open.last_failure.map(|last_failure| Unconfirmed {
            last_failure,
            fades_at: (last_failure + thresholds.fade()).max(now + FIRST_LOOK),
        });
        let story = Story {
            since: open.since,
            level: open.level,
            peak: open.peak.max(open.level),
            blame: Blame::Undetermined,
            evidence: Evidence::default(),
            calm: None,
            lost: true,
            unconfirmed,
        };
        Self {
            story: Some(story),
            ..Self::default()
        }
    }

    pub(super) fn since(&self) -> Option<DateTime<Utc>> {
        self.story.as_ref().map(|story| story.since)
    }

    /// When an incident from before a restart fades.
    pub(super) fn fades_at(&self) -> Option<DateTime<Utc>> {
        Some(self.story.as_ref()?.unconfirmed?.fades_at)
    }

    pub(super) fn is_unstable(&self) -> bool {
        self.restless.is_some()
    }

    /// When an unstable provider counts as stable again.
    pub(super) fn settles_at(&self) -> Option<DateTime<Utc>> {
        self.restless.map(|changed| changed + FLAP_WINDOW)
    }

    /// `mine`: the owner watches this provider. Only then do incidents open and only then are changes announced.
    pub(super) fn step(
        &mut self,
        now: DateTime<Utc>,
        verdict: &ProviderVerdict,
        end: End,
        mine: bool,
    ) -> Vec<Told> {
        let bad = match verdict.verdict {
            Verdict::Known(level) if !fine(level) => Some(level),
            Verdict::Known(_) | Verdict::Unknown(_) => None,
        };
        let told = match (self.story.take(), bad) {
            (None, Some(level)) if mine => vec![self.open(now, level, verdict)],
            (None, _) => Vec::new(),
            (Some(story), Some(level)) => self.go_on(now, story, level, verdict, mine),
            (Some(story), None) => self.end(now, story, verdict, end, mine),
        };
        if self.settles_at().is_some_and(|at| now >= at) {
            self.restless = None;
        }
        told
    }

    /// The owner no longer watches the provider: the incident ends here without an announcement.
    pub(super) fn abandon(&mut self, now: DateTime<Utc>) -> Vec<Told> {
        self.restless = None;
        let Some(Story { since, peak, .. }) = self.story.take() else {
            return Vec::new();
        };
        vec![
            quiet(now, Change::Noted(Note::NoLongerWatched)),
            quiet(now, Change::Recovered { since, peak }),
        ]
    }

    fn open(&mut self, now: DateTime<Utc>, level: Level, verdict: &ProviderVerdict) -> Told {
        self.openings.push_back(now);
        self.openings.retain(|&at| now - at < FLAP_WINDOW);
        if self.openings.len() >= FLAP_OPENINGS {
            self.restless = Some(now);
        }
        let since = verdict.since.map_or(now, |since| since.min(now));
        self.story = Some(Story {
            since,
            level,
            peak: level,
            blame: verdict.blame,
            evidence: verdict.evidence.clone(),
            calm: None,
            lost: false,
            unconfirmed: None,
        });
        Told {
            at: now,
            change: Change::Opened { level, since },
            announce: true,
        }
    }

    fn go_on(
        &mut self,
        now: DateTime<Utc>,
        mut story: Story,
        level: Level,
        verdict: &ProviderVerdict,
        mine: bool,
    ) -> Vec<Told> {
        let mut told = Vec::new();
        story.unconfirmed = None;
        if story.calm.take().is_some() {
            self.restless = Some(now);
            told.push(quiet(now, Change::Noted(Note::FailingAgain)));
        }
        let from = std::mem::replace(&mut story.level, level);
        if level > from {
            let (to, news) = (level, level > story.peak);
            story.peak = story.peak.max(level);
            told.push(Told {
                at: now,
                change: Change::Rose { from, to },
                announce: news && mine && !self.is_unstable(),
            });
        } else if level < from {
            let to = level;
            told.push(quiet(now, Change::Eased { from, to }));
        }
        let found = std::mem::take(&mut story.lost);
        let blame = std::mem::replace(&mut story.blame, verdict.blame);
        if found || blame != verdict.blame {
            told.push(quiet(now, Change::Noted(Note::Verdict)));
        }
        if story.evidence != verdict.evidence {
            story.evidence = verdict.evidence.clone();
            if told.is_empty() {
                told.push(quiet(now, Change::Updated));
            }
        }
        self.story = Some(story);
        told
    }

    /// The level is no longer bad: the incident is over, or its state is unknown.
    fn end(
        &mut self,
        now: DateTime<Utc>,
        story: Story,
        verdict: &ProviderVerdict,
        end: End,
        mine: bool,
    ) -> Vec<Told> {
        let ended = end.faded.filter(|last| *last >= story.since);
        let request = verdict.evidence.last_request;
        let failed = request.filter(|last| !last.answered).map(|last| last.at);
        let unconfirmed = story
            .unconfirmed
            .filter(|one| now >= one.fades_at || end.settled)
            .map(|one| failed.map_or(one.last_failure, |at| at.max(one.last_failure)));
        let faded = ended.or(unconfirmed);
        match (faded, verdict.verdict) {
            (Some(last), Verdict::Known(_)) => self.recover(now, last, story, mine),
            (Some(last), Verdict::Unknown(_)) => vec![fade(last, &story, mine)],
            (None, _) if end.settled => self.recover(now, now, story, mine),
            (None, _) => self.wait(now, story, verdict),
        }
    }

    /// `over`: when the outage ended. While a provider is unstable, a recovery is reported only after it has lasted.
    fn recover(
        &mut self,
        now: DateTime<Utc>,
        over: DateTime<Utc>,
        mut story: Story,
        mine: bool,
    ) -> Vec<Told> {
        let (since, peak) = (story.since, story.peak);
        let recovered = |at| Told {
            at,
            change: Change::Recovered { since, peak },
            announce: mine,
        };
        if self.restless.is_none() {
            return vec![recovered(over)];
        }
        match story.calm {
            Some(calm) if now - calm >= FLAP_WINDOW => vec![recovered(calm)],
            Some(_) => {
                self.story = Some(story);
                Vec::new()
            }
            None => {
                story.calm = Some(now);
                self.restless = Some(now);
                self.story = Some(story);
                vec![quiet(now, Change::Noted(Note::RecoveryNotCounted))]
            }
        }
    }

    /// The level is not bad, but not enough evidence proves the recovery.
    fn wait(
        &mut self,
        now: DateTime<Utc>,
        mut story: Story,
        verdict: &ProviderVerdict,
    ) -> Vec<Told> {
        let lost = matches!(verdict.verdict, Verdict::Unknown(_));
        let news = lost && !story.lost;
        story.lost |= lost;
        self.story = Some(story);
        if news {
            vec![quiet(now, Change::Noted(Note::Verdict))]
        } else {
            Vec::new()
        }
    }
}

/// No evidence of the incident came after `last`.
fn fade(last: DateTime<Utc>, story: &Story, mine: bool) -> Told {
    let (since, peak) = (story.since, story.peak);
    Told {
        at: last,
        change: Change::Faded { since, peak },
        announce: mine,
    }
}

fn quiet(at: DateTime<Utc>, change: Change) -> Told {
    Told {
        at,
        change,
        announce: false,
    }
}
