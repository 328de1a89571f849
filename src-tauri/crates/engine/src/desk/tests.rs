//! Rows of time and event, and what every face then shows, in Central European Time.

mod scene;

mod incidents;

use scene::Scene;
