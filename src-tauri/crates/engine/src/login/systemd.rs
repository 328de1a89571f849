//! A systemd user unit: the packaged one where there is one, else one that is written for this user.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::LoginError;
use super::text;

const UNIT: &str = "understudy.service";
/// Where packages put units of users.
const PACKAGED: [&str; 2] = ["/usr/local/lib/systemd/user", "/usr/lib/systemd/user"];

/// The folders that count.
pub(super) struct Systemd {
    units: PathBuf,
    packaged: Option<PathBuf>,
}

impl Systemd {
    /// `config`: the folder of this user's settings.
    pub(super) fn of(config: &Path) -> Systemd {
        let packaged = PACKAGED.map(|folder| Path::new(folder).join(UNIT));
        Systemd {
            units: config.join("systemd/user"),
            packaged: packaged.into_iter().find(|unit| unit.is_file()),
        }
    }

    fn own(&self) -> PathBuf {
        self.units.join(UNIT)
    }

    fn wanted(&self) -> PathBuf {
        self.units.join("default.target.wants").join(UNIT)
    }

    pub(super) fn is_on(&self) -> bool {
        let unit = self.packaged.is_some() || self.own().exists();
        unit && self.wanted().symlink_metadata().is_ok()
    }

    pub(super) fn turn_on(&self, engine: &str) -> Result<(), LoginError> {
        let wanted = self.wanted();
        let folder = wanted.parent().unwrap_or(&self.units);
        fs::create_dir_all(folder).map_err(LoginError::at(&wanted))?;
        let unit = match &self.packaged {
            Some(packaged) => {
                // This user's own unit would come before it.
                if self.own_program().is_some() {
                    remove(&self.own())?;
                }
                packaged.clone()
            }
            None => {
                let own = self.own();
                fs::write(&own, text::unit(engine)).map_err(LoginError::at(&own))?;
                own
            }
        };
        remove(&wanted)?;
        link(&unit, &wanted).map_err(LoginError::at(&wanted))?;
        reload();
        Ok(())
    }

    pub(super) fn turn_off(&self) -> Result<(), LoginError> {
        remove(&self.wanted())?;
        if self.packaged.is_none() || self.own_program().is_some() {
            remove(&self.own())?;
        }
        reload();
        Ok(())
    }

    /// Replaces the unit that an earlier version wrote. One that its owner changed stays. True: there was one.
    pub(super) fn refresh(&self, engine: &str) -> Result<bool, LoginError> {
        let Some(program) = self.own_program().filter(|_| self.is_on()) else {
            return Ok(false);
        };
        let kept = if Path::new(&program).is_file() {
            &program
        } else {
            engine
        };
        let present = fs::read_to_string(self.own()).unwrap_or_default();
        if self.packaged.is_none() && present == text::unit(kept) {
            return Ok(false);
        }
        self.turn_on(kept)?;
        Ok(true)
    }

    /// The program of this user's unit, if a version of Understudy wrote it.
    fn own_program(&self) -> Option<String> {
        let unit = fs::read_to_string(self.own()).ok()?;
        text::program_of_own_unit(&unit)
    }
}

fn remove(path: &Path) -> Result<(), LoginError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LoginError::at(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(unix)]
fn link(unit: &Path, wanted: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(unit, wanted)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The unit is enabled by a link, which the next login finds. A reload lets `systemctl` show it now.
fn reload() {
    let reported = Command::new("systemctl")
        .args(["--user", "daemon-reload"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !reported.is_ok_and(|status| status.success()) {
        tracing::info!("no user manager runs now; the unit counts from the next login");
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn systemd(home: &Path, packaged: bool) -> Systemd {
        let unit = home.join("lib").join(UNIT);
        if packaged {
            let folder = fs::create_dir_all(home.join("lib"));
            let written = folder.and_then(|()| fs::write(&unit, "packaged"));
            assert!(written.is_ok(), "{written:?}");
        }
        Systemd {
            units: home.join("user"),
            packaged: packaged.then_some(unit),
        }
    }

    #[test]
    fn a_packaged_unit_is_enabled_and_none_is_written() {
        let home = tempfile::tempdir().unwrap();
        // A version from before the package wrote its own.
        systemd(home.path(), false)
            .turn_on("/old/understudyd")
            .unwrap();
        let systemd = systemd(home.path(), true);
        systemd.turn_on("/usr/bin/understudyd").unwrap();
        assert!(systemd.is_on() && !systemd.own().exists());
        let target = fs::read_link(systemd.wanted()).unwrap();
        assert_eq!(fs::read_to_string(target).unwrap(), "packaged");
        systemd.turn_off().unwrap();
        assert!(!systemd.is_on() && systemd.packaged.as_ref().unwrap().exists());
    }

    #[test]
    fn a_unit_of_an_earlier_version_gets_the_present_text() {
        let home = tempfile::tempdir().unwrap();
        let systemd = systemd(home.path(), false);
        assert!(!systemd.refresh("/new/understudyd").unwrap(), "it is off");
        systemd.turn_on("/gone/understudyd").unwrap();
        let present = fs::read_to_string(systemd.own()).unwrap();
        let earlier = present.replace("StartLimitIntervalSec=0\n", "");
        fs::write(systemd.own(), &earlier).unwrap();
        assert!(systemd.refresh("/new/understudyd").unwrap());
        let written = fs::read_to_string(systemd.own()).unwrap();
        assert_eq!(
            written,
            text::unit("/new/understudyd"),
            "the program of the earlier one is gone"
        );
        let changed = written.replace("RestartSec=2", "RestartSec=5");
        fs::write(systemd.own(), &changed).unwrap();
        assert!(!systemd.refresh("/new/understudyd").unwrap());
        assert_eq!(
            fs::read_to_string(systemd.own()).unwrap(),
            changed,
            "the owner's unit stays"
        );
    }
}
