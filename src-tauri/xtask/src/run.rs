//! `cargo xtask run`.

use std::path::PathBuf;
use std::process::Command;

use crate::checks::cargo;
use crate::step::{Done, Outcome, call, step};
use crate::system::{self, Purpose};
use crate::tree::target;
use crate::ui;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

/// Starts the desktop application where there is a display, else the engine, whose first output names the web UI's
/// address.
pub(crate) fn run(profile: Profile) -> Outcome {
    let desktop = has_display();
    system::install(if desktop {
        Purpose::Desktop
    } else {
        Purpose::Engine
    })?;
    ui::build()?;
    build_binaries(profile, desktop)?;
    if desktop {
        println!("xtask: starting understudy; look for it in the system tray");
        become_program(&mut Command::new(binary(profile, "understudy")))
    } else {
        println!(
            "xtask: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set): starting the engine alone"
        );
        become_program(Command::new(binary(profile, "understudyd")).args(["serve", "--show-urls"]))
    }
}

/// Builds `understudyd`, and the desktop application if `desktop` is set.
pub(crate) fn build_binaries(profile: Profile, desktop: bool) -> Outcome {
    step("build", || {
        let mut build = cargo();
        build.args(["build", "--locked", "--package", "engine"]);
        if desktop {
            build.args(["--package", "understudy"]);
        }
        if profile == Profile::Release {
            build.arg("--release");
        }
        call(&mut build)?;
        Ok(Done::Did(format!(
            "built {}",
            target().join(profile.folder()).display()
        )))
    })
}

impl Profile {
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

pub(crate) fn binary(profile: Profile, name: &str) -> PathBuf {
    target()
        .join(profile.folder())
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION)
}

/// Replaces this process: the program gets all signals, and its exit code is the command's.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Outcome {
    use std::os::unix::process::CommandExt;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Outcome {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1))
}
