//! The real coding agents that the acceptance tests talk to, installed from npm at the versions they were measured with.

use std::path::PathBuf;

use crate::step::{Done, Outcome, call, step};
use crate::system::npm;
use crate::tree::{Stamp, target};

const CLIENTS: &[&str] = &["@anthropic-ai/claude-code@2.1.197", "@openai/codex@0.169.0"];

/// The folder with `node_modules/.bin/{claude,codex}`; None: they could not be installed, and their tests are left out.
pub(crate) fn install() -> Outcome<Option<PathBuf>> {
    let folder = target().join("clients");
    let stamp = Stamp::of("clients", CLIENTS.join(" "));
    let bin = folder.join("node_modules").join(".bin");
    let there = || {
        ["claude", "codex"]
            .iter()
            .all(|client| bin.join(client).exists())
    };
    let mut installed = true;
    step("real clients", || {
        if stamp.is_current() && there() {
            return Ok(Done::Already(CLIENTS.join(" and ")));
        }
        std::fs::create_dir_all(&folder)?;
        let outcome = call(
            npm()
                .args([
                    "install",
                    "--no-audit",
                    "--no-fund",
                    "--no-save",
                    "--loglevel=error",
                    "--prefix",
                ])
                .arg(&folder)
                .args(CLIENTS),
        );
        match outcome {
            Ok(()) if there() => {
                stamp.set()?;
                Ok(Done::Did(format!("installed {}", CLIENTS.join(" and "))))
            }
            Ok(()) => {
                installed = false;
                Ok(Done::Did(
                    "WARNING: npm installed no programs: THE TESTS WITH REAL CLIENTS ARE LEFT OUT"
                        .into(),
                ))
            }
            Err(failed) => {
                installed = false;
                Ok(Done::Did(format!(
                    "WARNING: {failed}: THE TESTS WITH REAL CLIENTS ARE LEFT OUT"
                )))
            }
        }
    })?;
    Ok(installed.then_some(folder))
}
