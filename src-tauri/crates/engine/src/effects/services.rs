//! What effects share: the ledger, connections, settings, secrets and the clock.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use gateway::{BoxError, Dialed};
use http::{HeaderMap, Uri};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::book::Book;
use super::receiver::{NotReady, Secrets};
use super::send::Dialer;
use crate::clock::Clock;
use crate::settings::EffectSettings;

/// Attempts at the same time; others wait.
const AT_ONCE: usize = 32;

/// The settings of effects, and whether the engine stops.
#[derive(Clone, Debug, Default)]
pub(crate) struct EffectsConfig {
    pub receivers: Arc<[EffectSettings]>,
    pub draining: bool,
}

/// Begins work that a stop waits for, until the returned value is dropped.
pub(crate) type Stops = Arc<dyn Fn() -> Box<dyn Send> + Send + Sync>;

pub(crate) struct Services {
    book: Book,
    dial: Dialer,
    config: watch::Receiver<EffectsConfig>,
    stops: Stops,
    clock: Clock,
    secrets: Secrets,
    slots: Arc<Semaphore>,
}

impl Services {
    pub(crate) fn new(
        book: Book,
        dial: Dialer,
        config: watch::Receiver<EffectsConfig>,
        stops: Stops,
        clock: Clock,
    ) -> Services {
        Services {
            book,
            dial,
            config,
            stops,
            clock,
            secrets: Secrets::default(),
            slots: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    pub(crate) fn forget_secret(&self, name: &str) {
        self.secrets.forget(name);
    }

    pub(super) fn book(&self) -> &Book {
        &self.book
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    pub(super) fn settings(&self, name: &str) -> Option<EffectSettings> {
        let config = self.config.borrow();
        config
            .receivers
            .iter()
            .find(|one| one.name == name)
            .cloned()
    }

    pub(super) fn names(&self) -> Vec<String> {
        let config = self.config.borrow();
        config
            .receivers
            .iter()
            .map(|one| one.name.clone())
            .collect()
    }

    pub(super) async fn headers(&self, settings: &EffectSettings) -> Result<HeaderMap, NotReady> {
        self.secrets.headers(settings).await
    }

    pub(super) async fn dial(&self, uri: Uri) -> Result<Dialed, BoxError> {
        (self.dial)(uri).await
    }

    /// None: never, since the semaphore is not closed.
    pub(super) async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.slots).acquire_owned().await.ok()
    }

    pub(super) fn begin_work(&self) -> Box<dyn Send> {
        (self.stops)()
    }

    pub(super) fn is_draining(&self) -> bool {
        self.config.borrow().draining
    }

    /// Resolves when the engine stops.
    pub(super) async fn drains(&self) {
        let mut config = self.config.clone();
        if config.wait_for(|config| config.draining).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
