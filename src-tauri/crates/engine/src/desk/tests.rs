//! Rows of time and event, and what every face then shows, in Central European Time.

mod scene;

mod days;
mod fallbacks;
mod incidents;
mod notifications;
mod problems;
mod use_now;

use scene::Scene;
