//! The real LiteLLM proxy that the tests put behind Understudy. It has an environment of its own, since it wants other
//! versions of the SDKs than its clients.

use std::path::PathBuf;

use crate::clients;
use crate::pins::Pins;
use crate::python;
use crate::step::{Failed, Outcome};

/// The program. What cannot be installed fails the run, at a desk too.
pub(crate) fn install() -> Outcome<PathBuf> {
    let pins = Pins::read()?;
    let client = pins.client("litellm")?;
    clients::install_one(&pins, client)?;
    let program = python::program(&clients::folder(client), "litellm");
    if program.exists() {
        Ok(program)
    } else {
        let pinned = client.pinned().join(" ");
        Err(Failed::new(format!("{pinned} brought no program")))
    }
}
