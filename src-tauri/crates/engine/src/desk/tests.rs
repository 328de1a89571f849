//! Rows of time and event, and the expected state of every UI, in Central European Time.

mod scene;

mod days;
mod drill;
mod fallbacks;
mod incidents;
mod many;
mod notifications;
mod problems;
mod retention;
mod spans;
mod use_now;

use scene::Scene;
