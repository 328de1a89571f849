//! `cargo xtask bundle`: the packages of this system, their checksums and the lists of their libraries.
//!
//! Tauri's bundler writes the desktop packages. It comes from npm as a ready program, and for deb and rpm it downloads nothing.

mod checksums;
mod desktop;
mod glibc;
mod image;
mod json;
mod kind;
mod libraries;
mod request;
mod stage;

use std::path::{Path, PathBuf};

use crate::run::{Profile, build_binaries};
use crate::step::{Done, Failed, Outcome, step};
use crate::system::{self, Purpose};
use crate::tree::target;
use crate::ui;

use kind::Kind;
pub(crate) use request::Request;
use stage::Stage;

/// The package of each kind that was made, or the reason why it was not.
pub(crate) fn bundle(request: &Request) -> Outcome {
    let with_desktop = request.kinds.iter().any(|kind| kind.is_desktop());
    system::install(if with_desktop {
        Purpose::Desktop
    } else {
        Purpose::Engine
    })?;
    ui::build()?;
    build_binaries(request.profile, with_desktop)?;
    from_built(request)
}

/// The packages for the tests, of the binaries that the test run has built.
pub(crate) fn for_tests() -> Outcome<PathBuf> {
    let out = target().join("packages/tests");
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    let linux = cfg!(target_os = "linux");
    let kinds: &[Kind] = if linux {
        &[Kind::Deb, Kind::Rpm, Kind::Oci]
    } else {
        &[]
    };
    from_built(&Request {
        kinds: kinds.to_vec(),
        profile: Profile::Debug,
        out: out.clone(),
    })?;
    Ok(out)
}

fn from_built(request: &Request) -> Outcome {
    std::fs::create_dir_all(&request.out)?;
    let mut stage = Stage::new(request.profile)?;
    step("lists of libraries", || libraries::write(&request.out))?;
    stage.fill(&request.kinds, &request.out)?;
    let mut failures = Vec::new();
    for kind in &request.kinds {
        let made = step(kind.name(), || {
            let package = match kind {
                Kind::Oci => image::write(&stage, &request.out)?,
                Kind::Deb | Kind::Rpm | Kind::AppImage | Kind::Dmg | Kind::Nsis | Kind::Msi => {
                    desktop::write(&stage, *kind, &request.out)?
                }
            };
            Ok(Done::Did(described(&package)?))
        });
        if let Err(failed) = made {
            failures.push(failed.to_string());
        }
    }
    step("checksums", || checksums::write(&request.out))?;
    if failures.is_empty() {
        Ok(())
    } else {
        Err(Failed::new(failures.join("\n")))
    }
}

fn described(package: &Path) -> Outcome<String> {
    let size = std::fs::metadata(package)?.len();
    Ok(format!(
        "{}, {}.{} MB",
        package.display(),
        size / 1_000_000,
        size % 1_000_000 / 100_000
    ))
}
