//! Breakers over a restart of the engine. Pure: the caller stores them.

use std::time::Duration;

use catalog::{EndpointId, ModelId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use wire::Class;

use super::Breakers;
use super::state::{Breaker, State};

/// What a breaker remembers, in a form that can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptBreaker {
    pub endpoint: EndpointId,
    pub model: ModelId,
    /// JSON of the breaker's own.
    pub state: String,
    /// Open until then; None: closed, with failures counted.
    pub until: Option<DateTime<Utc>>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    failures: u32,
    /// How long it was last opened for.
    #[serde(default)]
    spell_ms: Option<u64>,
    /// [`Class::as_str`] of the last failure.
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    resets_at: Option<DateTime<Utc>>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    timed_out_at: Option<DateTime<Utc>>,
}

impl Breakers {
    /// Every breaker that remembers a failure, by endpoint and model.
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
                        // The probing request is gone after a restart: the next request probes.
                        State::Probing => Some(DateTime::UNIX_EPOCH),
                    },
                })
            });
        kept.collect()
    }

    /// Restores an earlier process's state. An unreadable row is skipped: requests will show the state anew.
    pub(crate) fn restore(&self, kept: Vec<KeptBreaker>, now: DateTime<Utc>) {
        let breakers = &mut self.lock().breakers;
        for kept in kept {
            match Breaker::recalled(&kept, now) {
                Ok(breaker) => {
                    breakers.insert((kept.endpoint, kept.model), breaker);
                }
                Err(error) => {
                    tracing::warn!(endpoint = %kept.endpoint, model = %kept.model, %error, "a breaker's memory cannot be read; it starts closed");
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
                // A probe was under way: the next request finds out.
                Some(until) if until == DateTime::UNIX_EPOCH => State::Open { until: now },
                Some(until) => State::Open { until },
            },
            failures: memory.failures,
            spell: memory.spell_ms.map(Duration::from_millis),
            class: memory
                .class
                .and_then(|word| Class::ALL.into_iter().find(|class| class.as_str() == word)),
            resets_at: memory.resets_at,
            reason: memory.reason,
            timed_out_at: memory.timed_out_at,
        })
    }
}
