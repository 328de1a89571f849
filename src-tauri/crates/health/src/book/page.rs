use std::collections::BTreeMap;

use catalog::SurfaceId;
use chrono::{DateTime, TimeDelta, Utc};

use crate::{Level, Page, PageIncident, Unknown, Unreadable, Verdict};

/// The reports of a status page, and the time until which they count.
#[derive(Debug, Default)]
pub(super) struct PageRecord {
    claims: BTreeMap<SurfaceId, Claim>,
    incidents: BTreeMap<String, Known>,
    /// Why the latest read failed; `None` after a good one.
    unreadable: Option<Unreadable>,
    was_read: bool,
    /// The latest good reading is from before a suspend.
    slept: bool,
}

/// What the page reports about one surface.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) level: Level,
    /// Start of the outage, or its end once the surface is fine again. `None`: no outage was seen.
    pub(super) since: Option<DateTime<Utc>>,
    pub(super) read_at: DateTime<Utc>,
    /// A better level from a first reading; the second reading confirms it.
    better: Option<Level>,
    /// Consecutive readings that were fine.
    fine: u32,
    /// Its incident was resolved on the page, which counts as a second fine reading.
    resolved: bool,
    /// Derived only from open incidents; it ends when they are no longer listed.
    from_incidents: bool,
}

#[derive(Clone, Debug)]
struct Known {
    updates: usize,
    resolved: bool,
    seen: DateTime<Utc>,
}

/// What a reading reports about incidents, in addition to the surfaces' levels.
#[derive(Debug, PartialEq)]
pub(super) enum News {
    /// The incident was already over when it was first seen.
    Past(PageIncident),
    Update(String),
    /// The open incident of this title is over.
    Resolved(String),
}

/// Pages list incidents for weeks. One that has not been listed for this long is dropped.
const FORGET_AFTER: TimeDelta = TimeDelta::days(7);

impl Claim {
    /// Whether two readings, or a resolved incident, have confirmed the recovery.
    pub(super) fn settled(&self) -> bool {
        fine(self.level) && (self.fine >= 2 || self.resolved)
    }

    fn new(level: Level, since: DateTime<Utc>, at: DateTime<Utc>) -> Self {
        Self {
            level,
            since: (!fine(level)).then_some(since),
            read_at: at,
            better: None,
            fine: fine(level).into(),
            resolved: false,
            from_incidents: false,
        }
    }

    /// A worse level takes effect at once. A better one takes effect with the second reading, or when the incident is
    /// resolved.
    fn record(&mut self, level: Level, since: DateTime<Utc>, at: DateTime<Utc>, resolved: bool) {
        self.read_at = at;
        self.fine = if fine(level) {
            self.fine.saturating_add(1)
        } else {
            0
        };
        self.resolved = (self.resolved || resolved) && fine(level);
        let next = if level >= self.level || resolved {
            Some(level)
        } else {
            self.better.map(|before| before.max(level))
        };
        self.better = (level < self.level && next.is_none()).then_some(level);
        if let Some(next) = next {
            if fine(next) != fine(self.level) {
                self.since = Some(since);
            }
            self.level = next;
        }
    }
}

impl PageRecord {
    /// Adds one reading. `surfaces` are all that the catalogue lists for this page.
    pub(super) fn read<'s>(
        &mut self,
        at: DateTime<Utc>,
        reading: Result<Page, Unreadable>,
        surfaces: impl Iterator<Item = &'s SurfaceId>,
    ) -> Vec<News> {
        let page = match reading {
            Ok(page) => page,
            Err(why) => {
                self.unreadable = Some(why);
                return Vec::new();
            }
        };
        self.unreadable = None;
        self.slept = false;
        self.was_read = true;
        let (news, resolved) = self.read_incidents(at, &page.incidents);
        for surface in surfaces {
            self.read_surface(at, &page, surface, &resolved);
        }
        news
    }

    fn read_surface(
        &mut self,
        at: DateTime<Utc>,
        page: &Page,
        surface: &SurfaceId,
        resolved: &[&PageIncident],
    ) {
        let open: Vec<_> = page
            .incidents
            .iter()
            .filter(|i| i.resolved.is_none())
            .collect();
        let about = |i: &PageIncident| speaks_of(i, surface, page.incidents_only);
        let started = match &open[..] {
            // The only open incident, and it names no surface.
            [only] if only.surfaces.is_empty() => Some(only.started),
            all => all.iter().filter(|i| about(i)).map(|i| i.started).min(),
        };
        let declared = open.iter().any(|i| about(i));
        let over = !declared && resolved.iter().any(|i| about(i));
        let old = self.claims.get(surface);
        let (level, from_incidents) = match page.surfaces.get(surface) {
            Some(&level) if !page.incidents_only => (level, false),
            // The page gives no state for this surface, but an open incident names it.
            _ if declared => (
                old.map_or(Level::Degraded, |c| c.level.max(Level::Degraded)),
                old.is_none_or(|c| c.from_incidents || fine(c.level)),
            ),
            _ if over => (Level::Operational, true),
            // A feed without open incidents means operational, unless a component state reported otherwise.
            _ if page.incidents_only && old.is_none_or(|c| c.from_incidents || fine(c.level)) => {
                (Level::Operational, true)
            }
            _ => return,
        };
        let since = started
            .filter(|&started| !fine(level) && started <= at)
            .unwrap_or(at);
        let claim = self
            .claims
            .entry(surface.clone())
            .and_modify(|claim| claim.record(level, since, at, over))
            .or_insert_with(|| Claim::new(level, since, at));
        claim.from_incidents = from_incidents;
    }

    /// Returns the new incident reports, and the incidents that this reading resolved.
    fn read_incidents<'p>(
        &mut self,
        at: DateTime<Utc>,
        incidents: &'p [PageIncident],
    ) -> (Vec<News>, Vec<&'p PageIncident>) {
        let (mut news, mut resolved) = (Vec::new(), Vec::new());
        for incident in incidents {
            let now = Known {
                updates: incident.updates.len(),
                resolved: incident.resolved.is_some(),
                seen: at,
            };
            let before = self.incidents.insert(incident.id.clone(), now.clone());
            match before {
                None if now.resolved => news.push(News::Past(incident.clone())),
                None => {
                    news.push(News::Update(incident.title.clone()));
                    news.extend(updates_of(incident, 0));
                }
                Some(before) => {
                    news.extend(updates_of(incident, before.updates));
                    if now.resolved && !before.resolved {
                        news.push(News::Resolved(incident.title.clone()));
                        resolved.push(incident);
                    }
                }
            }
        }
        self.incidents
            .retain(|_, known| at - known.seen < FORGET_AFTER);
        (news, resolved)
    }

    /// What the page reports about a surface, unless it is stale.
    pub(super) fn claim(
        &self,
        surface: &SurfaceId,
        now: DateTime<Utc>,
        stale_after: TimeDelta,
    ) -> Result<&Claim, Unknown> {
        let claim = self.claims.get(surface);
        match (claim, &self.unreadable) {
            (Some(claim), _) if !self.slept && now - claim.read_at < stale_after => Ok(claim),
            (_, Some(Unreadable::Offline)) => Err(Unknown::Offline),
            (_, Some(_)) => Err(Unknown::PageUnreadable),
            (Some(_), None) => Err(Unknown::Stale),
            (None, None) => Err(Unknown::NotYetRead),
        }
    }

    /// The last reading of this surface was bad, even if that reading is stale now.
    pub(super) fn left_bad(&self, surface: &SurfaceId) -> bool {
        self.claims.get(surface).is_some_and(|c| !fine(c.level))
    }

    /// When this surface was fine again after an outage.
    pub(super) fn recovered(&self, surface: &SurfaceId) -> Option<DateTime<Utc>> {
        let claim = self.claims.get(surface)?;
        claim.since.filter(|_| fine(claim.level))
    }

    /// The last reading of this surface was bad or unconfirmed, even if that reading is stale now.
    pub(super) fn left_unsettled(&self, surface: &SurfaceId) -> bool {
        self.claims.get(surface).is_some_and(|c| !c.settled())
    }

    pub(super) fn unreadable(&self) -> Option<&Unreadable> {
        self.unreadable.as_ref()
    }

    /// True after the first good reading.
    pub(super) fn was_read(&self) -> bool {
        self.was_read
    }

    pub(super) fn woke(&mut self) {
        self.slept = true;
    }

    /// When the readings become stale.
    pub(super) fn stale_at(&self, stale_after: TimeDelta) -> impl Iterator<Item = DateTime<Utc>> {
        self.claims.values().map(move |c| c.read_at + stale_after)
    }
}

pub(super) fn fine(level: Level) -> bool {
    level <= Level::Maintenance
}

pub(super) fn is_bad(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Known(level) if !fine(level))
}

/// An incident that names no surface applies to the entire page only in a feed, which has no other data. On a page with
/// component states it may concern any part.
fn speaks_of(incident: &PageIncident, surface: &SurfaceId, feed: bool) -> bool {
    incident.surfaces.contains(surface) || (feed && incident.surfaces.is_empty())
}

fn updates_of(incident: &PageIncident, known: usize) -> impl Iterator<Item = News> {
    incident
        .updates
        .iter()
        .skip(known)
        .map(|(_, text)| News::Update(text.clone()))
}
