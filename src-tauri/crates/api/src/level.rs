use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A verdict as UIs show it. Unknown is a separate level, neither good nor bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Level {
    Operational,
    Maintenance,
    Degraded,
    PartialOutage,
    MajorOutage,
    Unknown,
}
