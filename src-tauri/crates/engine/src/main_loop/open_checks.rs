use std::collections::BTreeMap;

use api::{Accepted, ControlError};

use crate::event::Reply;

/// Rounds of "Check now" that the watch has not reported yet.
#[derive(Debug, Default)]
pub(super) struct OpenChecks {
    pub last: u64,
    pub waiting: BTreeMap<u64, Reply<Result<Accepted, ControlError>>>,
}
