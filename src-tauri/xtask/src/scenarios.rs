//! `cargo xtask scenarios`: the result of every provider failure, as tables.

use crate::checks::cargo;
use crate::step::{Done, Outcome, call, step};
use crate::system::{self, Purpose};
use crate::ui;

/// The crate, its test binary, and the name of its scenarios.
const WORLDS: [(&str, &str, &str); 2] = [
    ("gateway", "scenes", "scenarios under paused time"),
    ("engine", "acceptance", "scenarios over sockets"),
];

pub(crate) fn scenarios() -> Outcome {
    system::install(Purpose::Tests)?;
    ui::build()?;
    for (package, binary, name) in WORLDS {
        step(name, || {
            let mut command = cargo();
            command.args(["test", "--locked", "-p", package, "--test", binary]);
            // The tests' own output is the tables.
            command.args(["--", "--nocapture", "scenarios::"]);
            call(&mut command)?;
            Ok(Done::Did("as expected".into()))
        })?;
    }
    Ok(())
}
