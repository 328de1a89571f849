//! The shared state of a stage.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::REHEARSAL_PREFIX;

use crate::cache::PromptCache;
use crate::clock::Clock;
use crate::kept::Kept;
use crate::received::Log;
use crate::repertoire::{Piece, Unplayable};
use crate::script::Script;

#[derive(Debug)]
pub(crate) struct State {
    plays: Plays,
    /// Started with the stage.
    started: Clock,
    clock: Mutex<Clock>,
    script: Mutex<Script>,
    memory: Mutex<Memory>,
    log: Arc<Log>,
    sequence: AtomicU64,
    refused_connections: AtomicU64,
}

/// State of a simulated vendor between requests.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) cache: PromptCache,
    pub(crate) kept: Kept,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plays {
    RehearsalModels,
    AnyModel,
}

impl State {
    pub(crate) fn new(plays: Plays, log: Arc<Log>) -> State {
        State {
            plays,
            started: Clock::start(),
            clock: Mutex::new(Clock::start()),
            script: Mutex::default(),
            memory: Mutex::default(),
            log,
            sequence: AtomicU64::new(0),
            refused_connections: AtomicU64::new(0),
        }
    }

    pub(crate) fn plays_any_model(&self) -> bool {
        self.plays == Plays::AnyModel
    }

    /// The script in a model's name.
    pub(crate) fn piece(&self, model: &str) -> Result<Piece, Unplayable> {
        match (self.plays, model.strip_prefix(REHEARSAL_PREFIX)) {
            (Plays::RehearsalModels, Some(name)) => Piece::read(name),
            (Plays::RehearsalModels, None) => Err(Unplayable::Unknown(model.to_owned())),
            (Plays::AnyModel, _) => Piece::of_any_model(model),
        }
    }

    pub(crate) fn now(&self) -> u64 {
        lock(&self.clock).now()
    }

    pub(crate) fn elapsed_ms(&self) -> u64 {
        self.started.elapsed_ms()
    }

    pub(crate) fn next_sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.script)
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        lock(&self.memory)
    }

    pub(crate) fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// `unix`: the current time, in Unix seconds.
    pub(crate) fn set_clock(&self, unix: u64) {
        *lock(&self.clock) = Clock::start().starting_at(unix);
    }

    pub(crate) fn refused_connections(&self) -> u64 {
        self.refused_connections.load(Ordering::Relaxed)
    }

    pub(crate) fn count_refused_connection(&self) {
        self.refused_connections.fetch_add(1, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
