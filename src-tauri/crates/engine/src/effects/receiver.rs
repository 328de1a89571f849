//! A receiver of the settings, with the secrets of its headers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use catalog::{EndpointId, Secret};
use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue, Uri};
use ledger::Digest;

use super::decide::Terms;
use super::key::digest;
use crate::apart::apart;
use crate::keys::Keychain;
use crate::settings::{EffectHeader, EffectSettings, SecretSource};

/// Why the owner's settings do not suffice to send an effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotReady(String);

/// Values that were read from the keychain.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Arc<Mutex<BTreeMap<String, Secret>>>);

/// The name of a secret's entry in the keychain.
pub(crate) fn entry(name: &str) -> EndpointId {
    EndpointId::new(format!("effect:{name}"))
}

pub(crate) fn terms(settings: &EffectSettings) -> Terms {
    Terms {
        honours_key: settings.honours_key,
        keeps_keys: settings.keeps_keys,
        timeout: TimeDelta::from_std(settings.timeout).unwrap_or(TimeDelta::hours(1)),
    }
}

/// Of the URL, which may contain a credential.
pub(crate) fn url_digest(settings: &EffectSettings) -> Digest {
    digest(&[settings.url.reveal().as_bytes()])
}

pub(crate) fn uri(settings: &EffectSettings) -> Result<Uri, NotReady> {
    let parsed = settings.url.reveal().parse();
    parsed.map_err(|_| NotReady("its URL is not valid".to_owned()))
}

impl Secrets {
    /// The headers of the settings with their values.
    pub(crate) async fn headers(&self, settings: &EffectSettings) -> Result<HeaderMap, NotReady> {
        let mut headers = HeaderMap::new();
        for header in &settings.headers {
            let secret = self.value(&header.source).await?;
            headers.insert(header.name.clone(), value(header, &secret)?);
        }
        Ok(headers)
    }

    /// The entry was changed: it is read again.
    pub(crate) fn forget(&self, name: &str) {
        self.known().remove(name);
    }

    async fn value(&self, source: &SecretSource) -> Result<Secret, NotReady> {
        let name = match source {
            SecretSource::Environment(variable) => {
                return match std::env::var(variable) {
                    Ok(value) if !value.trim().is_empty() => Ok(Secret::new(value.trim())),
                    Ok(_) | Err(_) => Err(NotReady(format!(
                        "the environment variable {variable} of the engine is not set"
                    ))),
                };
            }
            SecretSource::Keychain(name) => name,
        };
        if let Some(known) = self.known().get(name) {
            return Ok(known.clone());
        }
        let wanted = entry(name);
        let read = apart(move || Keychain::open()?.get(&wanted)).await;
        let missing = || {
            NotReady(format!(
                "the keychain has no secret \"{name}\": add it with `understudyd effects secret {name}`"
            ))
        };
        match read {
            Ok(Ok(Some(secret))) => {
                self.known().insert(name.clone(), secret.clone());
                Ok(secret)
            }
            Ok(Ok(None)) | Err(_) => Err(missing()),
            Ok(Err(why)) => Err(NotReady(why.to_string())),
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn value(header: &EffectHeader, secret: &Secret) -> Result<HeaderValue, NotReady> {
    let text = format!("{}{}", header.before, secret.reveal());
    let mut value = HeaderValue::from_str(&text).map_err(|_| {
        NotReady(format!(
            "the secret of its header {} has characters that no header may have",
            header.name
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}
