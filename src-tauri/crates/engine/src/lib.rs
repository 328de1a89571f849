//! The engine: one event loop that owns all state, and its surroundings.

#![warn(clippy::wildcard_enum_match_arm)]

mod booking;
pub mod cli;
mod clock;
mod control;
mod desk;
mod dial;
mod event;
mod fallback_test;
mod front;
mod greeting;
mod keys;
mod listening;
mod logging;
mod login;
mod main_loop;
mod metrics;
mod places;
mod private_file;
mod records;
mod rehearsal;
mod retry;
mod routing;
mod runtime;
mod serve;
mod settings;
mod state;
mod token;
mod try_key;
mod unknown_pipelines;
mod view;
