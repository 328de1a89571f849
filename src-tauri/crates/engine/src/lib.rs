//! The engine: one event loop that owns all state, and everything around it.

mod booking;
pub mod cli;
mod clock;
mod control;
mod dial;
mod event;
mod fallback_test;
mod fallbacks;
mod front;
mod greeting;
mod grouping;
mod keys;
mod login;
mod main_loop;
mod places;
mod private_file;
mod rehearsal;
mod routing;
mod runtime;
mod serve;
mod settings;
mod state;
mod token;
mod try_key;
mod turns;
mod unknown_pipelines;
mod view;
