//! Breaker states across a restart of the engine. Pure: the caller stores them.

use std::time::Duration;

use catalog::{EndpointId, ModelId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use wire::FailureClass;

use super::Breakers;
use super::state::{Breaker, State};

/// The state of a breaker in a form that can be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptBreaker {
    pub endpoint: EndpointId,
    pub model: ModelId,
    /// JSON that only the breaker reads.
    pub state: String,
    /// Open until this time; `None`: closed, with counted failures.
    pub until: Option<DateTime<Utc>>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    failures: u32,
    /// The last cooldown.
    #[serde(default)]
    spell_ms: Option<u64>,
    /// [`FailureClass::as_str`] of the last failure.
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    resets_at: Option<DateTime<Utc>>,
    #[serde(default)]
    reason: String,
    #[serde(default, rename = "silent_at")]
    timed_out_at: Option<DateTime<Utc>>,
}

impl Breakers {
    /// Every breaker with a failure, by endpoint and model.
    pub(crate) fn kept(&self) -> Vec<KeptBreaker> {
        let memory = self.lock();
        let kept = memory
            .breakers
            .iter()
            .filter_map(|((endpoint, model), breaker)| {
                Some(KeptBreaker {
                    endpoint: endpoint.clone(),
                    model: model.clone(),
                    state: breaker.memory()?,
                    until: match breaker.state {
                        State::Closed => None,
                        State::Open { until } => Some(until),
                        // The probing request ends with the process: the next request is the probe.
                        State::Probing => Some(DateTime::UNIX_EPOCH),
                    },
                })
            });
        kept.collect()
    }

    /// Restores the state of an earlier process. An unreadable row is skipped: requests will show the state again.
    pub(crate) fn restore(&self, kept: Vec<KeptBreaker>, now: DateTime<Utc>) {
        let breakers = &mut self.lock().breakers;
        for kept in kept {
            match Breaker::recalled(&kept, now) {
                Ok(breaker) => {
                    breakers.insert((kept.endpoint, kept.model), breaker);
                }
                Err(error) => {
                    tracing::warn!(endpoint = %kept.endpoint, model = %kept.model, %error, "a breaker's stored state cannot be read; it starts closed");
                }
            }
        }
    }
}

impl Breaker {
    fn memory(&self) -> Option<String> {
        let memory = Kept {
            failures: self.failures,
            spell_ms: self
                .spell
                .map(|spell| u64::try_from(spell.as_millis()).unwrap_or(u64::MAX)),
            class: self.class.map(|class| class.as_str().to_owned()),
            resets_at: self.resets_at,
            reason: self.reason.clone(),
            timed_out_at: self.timed_out_at,
        };
        serde_json::to_string(&memory).ok()
    }

    fn recalled(kept: &KeptBreaker, now: DateTime<Utc>) -> Result<Breaker, serde_json::Error> {
        let memory: Kept = serde_json::from_str(&kept.state)?;
        Ok(Breaker {
            state: match kept.until {
                None => State::Closed,
                // A probe was in progress: the next request is the probe.
                Some(until) if until == DateTime::UNIX_EPOCH => State::Open { until: now },
                Some(until) => State::Open { until },
            },
            failures: memory.failures,
            spell: memory.spell_ms.map(Duration::from_millis),
            class: memory.class.and_then(|word| {
                FailureClass::ALL
                    .into_iter()
                    .find(|class| class.as_str() == word)
            }),
            resets_at: memory.resets_at,
            reason: memory.reason,
            timed_out_at: memory.timed_out_at,
        })
    }
}
