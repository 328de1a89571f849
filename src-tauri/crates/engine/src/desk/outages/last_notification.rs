//! The last notification of an open incident.

use chrono::{DateTime, Utc};

use crate::settings::Weight;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::desk) struct LastNotification {
    pub(super) sentence: String,
    pub(super) weight: Weight,
    pub(super) at: DateTime<Utc>,
}
