//! Decides when to check what. Pure: it computes the due checks from the time, and plans the next one from a check's result.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use catalog::{EndpointId, ModelId, ProviderId};
use tokio::time::Instant;

/// The longest interval while a state is bad or an incident is open.
const URGENT: Duration = Duration::from_secs(60);
/// The interval after a refusal (403, 405, 429) without a time, and the longest one after failures.
const LONGEST_BACKOFF: Duration = Duration::from_secs(900);
/// The longest `Retry-After` that is respected: if a page requests a week, it is polled earlier.
const LONGEST: Duration = Duration::from_secs(6 * 3600);
/// While offline, the interval for network checks and for reading one page, because a firewall may block only the check.
const CONTROLS: Duration = Duration::from_secs(15);
/// Without client requests and without an incident, probes' intervals are longer by this factor.
const IDLE_FACTOR: u32 = 6;

/// One thing to check.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// The check of the local network. Due only while offline.
    Controls,
    Page(ProviderId),
    Probe(EndpointId, ModelId),
}

/// The usual interval of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub provider: ProviderId,
    /// Checks of the same host never run at the same time.
    pub host: String,
    pub every: Duration,
}

/// Result of a check, as far as it affects the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It was read and no problem was found; or no reading was needed.
    Quiet,
    /// It was read, and the provider has trouble.
    Bad,
    /// Nothing was read.
    Failed,
    /// The host requested fewer requests, or rejected the credential.
    Refused { retry_after: Option<Duration> },
}

#[derive(Debug)]
struct Entry {
    plan: Plan,
    due: Instant,
    looking: bool,
    /// False: no longer planned, and removed when the check in progress ends.
    planned: bool,
    bad: bool,
    failures: u32,
}

/// The plan of all checks.
#[derive(Debug)]
pub struct Rhythm {
    entries: BTreeMap<Look, Entry>,
    incidents: BTreeSet<ProviderId>,
    /// When to check the network and read a page again; `None`: not offline.
    offline: Option<Instant>,
    asking: bool,
    /// When [`Rhythm::verify`] last made a page due.
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

    /// Sets the planned checks. A new one is due at once. An existing one keeps its time, unless that is later than its new
    /// interval allows.
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

    /// The checks due now, one per host. Each is marked as in progress until [`Rhythm::done`].
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
        // The longest overdue first, so that two checks of one host alternate.
        due.sort_by_key(|(_, entry)| entry.due);
        due.into_iter()
            .filter_map(|(look, entry)| {
                entry.looking = busy.insert(entry.plan.host.clone());
                entry.looking.then(|| look.clone())
            })
            .collect()
    }

    /// The network check, and the page that has waited longest.
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

    /// The local network is in doubt: a page is read at once, at most every [`CONTROLS`]. If that fails, the network is
    /// checked.
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

    /// When [`Rhythm::due`] next returns something, if no other event comes first.
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

    /// Records that a check has ended, and plans the next.
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
            // The last successful reading is still valid.
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
                // Never earlier than requested.
                After::Refused { retry_after } => retry_after
                    .map_or(LONGEST_BACKOFF, |requested| {
                        requested.clamp(every, LONGEST.max(every))
                    })
                    .mul_f64(jitter.max(1.0)),
            };
    }

    /// The local network went down, or is up again. When it is up, everything is due.
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

    /// Makes this check due now, because its target has changed.
    pub fn due_now(&mut self, now: Instant, look: &Look) {
        if let Some(entry) = self.entries.get_mut(look) {
            entry.due = now;
            entry.failures = 0;
        }
    }

    /// The owner requested a check, or the machine resumed: everything is due, and earlier failures no longer count.
    pub fn all_due(&mut self, now: Instant) {
        for entry in self.entries.values_mut() {
            entry.due = now;
            entry.failures = 0;
        }
        if let Some(ask) = &mut self.offline {
            *ask = now;
        }
    }

    /// All planned checks.
    pub fn planned(&self) -> impl Iterator<Item = &Look> {
        let planned = self.entries.iter().filter(|(_, entry)| entry.planned);
        planned.map(|(look, _)| look)
    }

    /// A client's request has just succeeded, so the probe waits a full interval.
    pub fn completed(&mut self, now: Instant, look: &Look) {
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

    /// True: no client has sent a request for a long time, and probes run less often. False: they are due within their usual
    /// interval.
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

/// The time until the next check, before jitter.
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
    backoff.min(LONGEST_BACKOFF.max(base))
}

#[cfg(test)]
mod tests;
