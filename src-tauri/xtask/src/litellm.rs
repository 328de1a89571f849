//! The real LiteLLM proxy that the tests place behind Understudy. It has a separate environment, because it needs other
//! versions of the SDKs than its clients.

use std::path::PathBuf;

use crate::clients;
use crate::pins::Pins;
use crate::python;
use crate::step::{Failed, Outcome};

/// Path of the program. If it cannot be installed, the run fails, locally too.
pub(crate) fn install() -> Outcome<PathBuf> {
    let pins = Pins::read()?;
    let client = pins.client("litellm")?;
    clients::install_one(&pins, client)?;
    let program = python::program(&clients::folder(client), "litellm");
    if program.exists() {
        Ok(program)
    } else {
        let pinned = client.pinned().join(" ");
        Err(Failed::new(format!("{pinned} contains no program")))
    }
}
