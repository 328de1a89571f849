//! The web UI: installed and built only when its sources changed.

use std::path::PathBuf;

use crate::step::{Done, Outcome, call, fetch, step};
use crate::system::{npm, require_node};
use crate::tree::{Stamp, content_hash, root};

pub(crate) fn build() -> Outcome {
    install()?;
    step("web UI", || {
        let stamp = Stamp::of("ui", content_hash(&[folder()])?);
        if stamp.is_current() && folder().join("dist/index.html").exists() {
            return Ok(Done::Already("built".into()));
        }
        call(
            npm()
                .current_dir(folder())
                .args(["run", "build", "--silent"]),
        )?;
        stamp.set()?;
        Ok(Done::Did("built into ui/dist".into()))
    })
}

/// The UI's own lint, type check and tests.
pub(crate) fn check() -> Outcome {
    install()?;
    for script in ["lint", "check"] {
        step(&format!("web UI {script}"), || npm_run(script))?;
    }
    Ok(())
}

pub(crate) fn test() -> Outcome {
    install()?;
    step("web UI tests", || npm_run("test"))
}

pub(crate) fn generated() -> PathBuf {
    folder().join("src/generated")
}

fn folder() -> PathBuf {
    root().join("ui")
}

fn npm_run(script: &str) -> Outcome<Done> {
    call(
        npm()
            .current_dir(folder())
            .args(["run", script, "--silent"]),
    )?;
    Ok(Done::Did("clean".into()))
}

fn install() -> Outcome {
    step("web UI packages", || {
        require_node()?;
        let lists = [
            folder().join("package.json"),
            folder().join("package-lock.json"),
        ];
        let stamp = Stamp::of("npm", content_hash(&lists)?);
        if stamp.is_current() && folder().join("node_modules").exists() {
            return Ok(Done::Already("installed".into()));
        }
        fetch(npm().current_dir(folder()).args([
            "ci",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]))?;
        stamp.set()?;
        Ok(Done::Did("installed".into()))
    })
}
