//! A status page as it was last read.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PageView {
    pub url: String,
    pub read: Option<DateTime<Utc>>,
    /// Why the last read failed, as text.
    pub unreadable: Option<String>,
    /// The time of the page's last change, if the page states it.
    #[serde(default)]
    pub changed: Option<DateTime<Utc>>,
    /// No recording of the format exists with which the reader was checked.
    #[serde(default)]
    pub unverified: bool,
}
