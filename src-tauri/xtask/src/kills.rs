//! `cargo xtask kills N`: N random `kill -9` of the engine while requests, side effects, parked requests and their drain are in flight.

use crate::checks::cargo;
use crate::step::{Done, Outcome, call, step};
use crate::system::{self, Purpose};
use crate::ui;

/// Kills of a run without a number.
pub(crate) const COUNT: u32 = 1000;

pub(crate) fn kills(count: u32) -> Outcome {
    system::install(Purpose::Tests)?;
    ui::build()?;
    step("kills", || {
        let mut command = cargo();
        command.args(["test", "--locked", "-p", "engine", "--test", "acceptance"]);
        // The test's own output is the figures.
        command.args(["--", "--nocapture", "effects::kills::"]);
        call(command.env("UNDERSTUDY_KILLS", count.to_string()))?;
        Ok(Done::Did(format!(
            "{count} times, nothing was lost or repeated"
        )))
    })
}
