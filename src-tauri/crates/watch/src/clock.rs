use std::sync::Arc;

use chrono::{DateTime, Utc};

/// The wall clock.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;
