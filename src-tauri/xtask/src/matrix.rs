//! `cargo xtask matrix`: every known fault of translation between dialects, in all six directions: correct, or refused
//! with a reason.

use crate::checks::cargo;
use crate::step::{Done, Outcome, call, step};

pub(crate) fn matrix() -> Outcome {
    step("translations in six directions", || {
        let mut command = cargo();
        command.args([
            "test",
            "--locked",
            "-p",
            "translate",
            "--test",
            "translated_requests",
            "--test",
            "translate",
        ]);
        // The test's own output is the table.
        command.args(["--", "--nocapture", "matrix::"]);
        call(&mut command)?;
        Ok(Done::Did("as expected".into()))
    })
}
