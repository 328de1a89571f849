//! When to look. Pure: told the time, it says what is due; told how a look went, it plans the next.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use catalog::{EndpointId, ModelId, ProviderId};
use tokio::time::Instant;

/// While something is bad, or an incident is open, we look at least this often.
const URGENT: Duration = Duration::from_secs(60);
/// After a refusal (403, 405, 429) that names no time of its own, and the longest that failures stretch an interval.
const PATIENCE: Duration = Duration::from_secs(900);
/// The longest that a page's own `Retry-After` is honoured: a page that asks for a week is looked at again before.
const LONGEST: Duration = Duration::from_secs(6 * 3600);
/// While offline, so often the network is checked and one page is read: the check itself may be what is blocked.
const CONTROLS: Duration = Duration::from_secs(15);
/// Without client traffic and without an incident, probes stretch by this.
const IDLE_FACTOR: u32 = 6;

/// One thing to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// Is our own network back? Due only while offline.
    Controls,
    Page(ProviderId),
    Probe(EndpointId, ModelId),
}

/// How often to look at something, in quiet times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub provider: ProviderId,
    /// Looks that share a host never run at the same time.
    pub host: String,
    pub every: Duration,
}

/// How a look went, as far as the next one is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Seen, and nothing is wrong; or not worth looking at this time.
    Quiet,
    /// Seen, and something is wrong with the provider.
    Bad,
    /// Nothing was seen.
    Failed,
    /// We were asked not to look so often, or our credential was refused.
    Refused { retry_after: Option<Duration> },
}

#[derive(Debug)]
struct Entry {
    plan: Plan,
    due: Instant,
    looking: bool,
    /// False: no longer planned, and gone as soon as the look under way has ended.
    planned: bool,
    bad: bool,
    failures: u32,
}

/// The plan of all looks.
#[derive(Debug)]
pub struct Rhythm {
    entries: BTreeMap<Look, Entry>,
    incidents: BTreeSet<ProviderId>,
    /// When to check the network and read a page again; `None`: not offline.
    offline: Option<Instant>,
    asking: bool,
    /// When a page was last brought forward by [`Rhythm::verify`].
    verified: Option<Instant>,
    idle: bool,
    random: u64,
}

impl Rhythm {
    /// `seed` decides the jitter: the same seed gives the same plan.
    pub fn new(seed: u64) -> Self {
        Self {
            entries: BTreeMap::new(),
            incidents: BTreeSet::new(),
            offline: None,
            asking: false,
            verified: None,
            idle: false,
            random: seed,
        }
    }

    /// Look at these and at nothing else. What is new is due at once; what stays keeps its time, unless it was planned
    /// later than its new interval allows.
    pub fn keep(&mut self, now: Instant, plans: BTreeMap<Look, Plan>) {
        self.entries.retain(|look, entry| {
            entry.planned = plans.contains_key(look);
            entry.planned || entry.looking
        });
        for (look, plan) in plans {
            let entry = self.entries.entry(look).or_insert_with(|| Entry {
                plan: plan.clone(),
                due: now,
                looking: false,
                planned: true,
                bad: false,
                failures: 0,
            });
            if entry.plan != plan {
                entry.due = entry.due.min(now + plan.every);
                entry.plan = plan;
            }
        }
    }

    /// What to look at now, each marked as being looked at until [`Rhythm::done`]. One per host.
    pub fn due(&mut self, now: Instant) -> Vec<Look> {
        if let Some(ask) = self.offline {
            return match !self.asking && ask <= now {
                true => self.due_while_offline(),
                false => Vec::new(),
            };
        }
        let mut busy = self.busy_hosts();
        let mut due: Vec<_> = self
            .entries
            .iter_mut()
            .filter(|(_, entry)| !entry.looking && entry.due <= now)
            .collect();
        // The longest overdue first, so that two looks at one host take turns.
        due.sort_by_key(|(_, entry)| entry.due);
        due.into_iter()
            .filter_map(|(look, entry)| {
                entry.looking = busy.insert(entry.plan.host.clone());
                entry.looking.then(|| look.clone())
            })
            .collect()
    }

    /// The check, and the page that has waited longest.
    fn due_while_offline(&mut self) -> Vec<Look> {
        self.asking = true;
        let busy = self.busy_hosts();
        let page = self
            .entries
            .iter_mut()
            .filter(|(look, entry)| {
                matches!(look, Look::Page(_)) && !entry.looking && !busy.contains(&entry.plan.host)
            })
            .min_by_key(|(_, entry)| entry.due);
        let page = page.map(|(look, entry)| {
            entry.looking = true;
            look.clone()
        });
        std::iter::once(Look::Controls).chain(page).collect()
    }

    /// There is a doubt about our own network: a page is read at once, at most every [`CONTROLS`]. Where that fails, the network
    /// is checked.
    pub fn verify(&mut self, now: Instant) {
        let at = match self.verified {
            Some(ahead) if ahead > now => ahead,
            Some(last) => now.max(last + CONTROLS),
            None => now,
        };
        self.verified = Some(at);
        let pages = self
            .entries
            .iter_mut()
            .filter(|(look, entry)| matches!(look, Look::Page(_)) && !entry.looking);
        if let Some((_, next)) = pages.min_by_key(|(_, entry)| entry.due) {
            next.due = next.due.min(at);
        }
    }

    /// When [`Rhythm::due`] next has something, if nothing else happens before.
    pub fn next_due(&self) -> Option<Instant> {
        if let Some(ask) = self.offline {
            return (!self.asking).then_some(ask);
        }
        let busy = self.busy_hosts();
        self.entries
            .values()
            .filter(|entry| !entry.looking && !busy.contains(&entry.plan.host))
            .map(|entry| entry.due)
            .min()
    }

    /// A look has ended; the next is planned.
    pub fn done(&mut self, now: Instant, look: &Look, after: After) {
        let jitter = self.jitter();
        if *look == Look::Controls {
            self.asking = false;
            if let Some(ask) = &mut self.offline {
                *ask = now + CONTROLS;
            }
            return;
        }
        let Some(entry) = self.entries.get_mut(look) else {
            return;
        };
        if !entry.planned {
            self.entries.remove(look);
            return;
        }
        entry.looking = false;
        entry.bad = match after {
            After::Bad => true,
            After::Quiet => false,
            // What was seen last still stands.
            After::Failed | After::Refused { .. } => entry.bad,
        };
        entry.failures = match after {
            After::Failed => entry.failures.saturating_add(1),
            After::Quiet | After::Bad | After::Refused { .. } => 0,
        };
        let incident = self.incidents.contains(&entry.plan.provider);
        let every = interval(look, entry, incident, self.idle);
        entry.due = now
            + match after {
                After::Quiet | After::Bad | After::Failed => every.mul_f64(jitter),
                // Never earlier than asked.
                After::Refused { retry_after } => retry_after
                    .map_or(PATIENCE, |asked| asked.clamp(every, LONGEST.max(every)))
                    .mul_f64(jitter.max(1.0)),
            };
    }

    /// Our network went or came back. Back: everything is due.
    pub fn offline(&mut self, now: Instant, offline: bool) {
        match (self.offline, offline) {
            (None, true) => self.offline = Some(now + CONTROLS),
            (Some(_), false) => {
                self.offline = None;
                self.all_due(now);
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    pub fn is_offline(&self) -> bool {
        self.offline.is_some()
    }

    /// What there is to see has changed: look at it at once.
    pub fn due_now(&mut self, now: Instant, look: &Look) {
        if let Some(entry) = self.entries.get_mut(look) {
            entry.due = now;
            entry.failures = 0;
        }
    }

    /// The owner asks, or the machine woke: everything is due, and what failed before counts no longer.
    pub fn all_due(&mut self, now: Instant) {
        for entry in self.entries.values_mut() {
            entry.due = now;
            entry.failures = 0;
        }
        if let Some(ask) = &mut self.offline {
            *ask = now;
        }
    }

    /// All that is planned.
    pub fn looks(&self) -> impl Iterator<Item = &Look> {
        let planned = self.entries.iter().filter(|(_, entry)| entry.planned);
        planned.map(|(look, _)| look)
    }

    /// Live traffic has just shown what a probe would: the probe waits a whole interval.
    pub fn proved(&mut self, now: Instant, look: &Look) {
        if let Some(entry) = self.entries.get_mut(look) {
            entry.bad = false;
            entry.failures = 0;
            entry.due = entry.due.max(now + entry.plan.every);
        }
    }

    /// An incident of the provider opened or closed.
    pub fn incident(&mut self, now: Instant, provider: &ProviderId, open: bool) {
        if !open {
            self.incidents.remove(provider);
        } else if self.incidents.insert(provider.clone()) {
            for entry in self.entries.values_mut() {
                if entry.plan.provider == *provider && entry.failures == 0 {
                    entry.due = entry.due.min(now + URGENT);
                }
            }
        }
    }

    /// No client has sent anything for long: probes are spared. Traffic again: they are due within their own interval.
    pub fn idle(&mut self, now: Instant, idle: bool) {
        self.idle = idle;
        if !idle {
            for (look, entry) in &mut self.entries {
                if matches!(look, Look::Probe(..)) && entry.failures == 0 {
                    entry.due = entry.due.min(now + entry.plan.every);
                }
            }
        }
    }

    fn busy_hosts(&self) -> BTreeSet<String> {
        self.entries
            .values()
            .filter(|entry| entry.looking)
            .map(|entry| entry.plan.host.clone())
            .collect()
    }

    /// 0.8 … 1.2, from a splitmix64 sequence.
    fn jitter(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        0.8 + 0.4 * ((z >> 11) as f64 / (1u64 << 53) as f64)
    }
}

/// The time until the next look, before jitter.
fn interval(look: &Look, entry: &Entry, incident: bool, idle: bool) -> Duration {
    let every = entry.plan.every;
    let base = if entry.bad || incident {
        every.min(URGENT)
    } else if idle && matches!(look, Look::Probe(..)) {
        every * IDLE_FACTOR
    } else {
        every
    };
    let backoff = base.saturating_mul(1u32 << entry.failures.min(10));
    backoff.min(PATIENCE.max(base))
}

#[cfg(test)]
mod tests;
