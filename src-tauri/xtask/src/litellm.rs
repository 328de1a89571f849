//! The real LiteLLM proxy that the tests put behind Understudy. It has an environment of its own, since it wants other
//! versions of the SDKs than its clients.

use std::path::PathBuf;

use crate::python;
use crate::step::{Done, Failed, Outcome, step};
use crate::tree::{Stamp, target};

/// The newest of which PyPI has every part that it names.
const PACKAGE: &str = "litellm[proxy]==1.105.7";

/// The program. What cannot be installed fails the run, at a desk too.
pub(crate) fn install() -> Outcome<PathBuf> {
    let environment = target().join("clients").join("litellm");
    let program = python::program(&environment, "litellm");
    let stamp = Stamp::of("litellm", PACKAGE.to_owned());
    step("LiteLLM", || {
        if stamp.is_current() && program.exists() {
            return Ok(Done::Already(PACKAGE.to_owned()));
        }
        python::install(&environment, &[PACKAGE])?;
        if !program.exists() {
            return Err(Failed::new(format!("{PACKAGE} brought no program")));
        }
        stamp.set()?;
        Ok(Done::Did(format!("installed {PACKAGE}")))
    })?;
    Ok(program)
}
