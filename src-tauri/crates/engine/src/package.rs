//! How this program was installed, and how the owner removes it.

use std::env;
use std::path::{Path, PathBuf};

use api::Installed;

/// Lists of installed files of the system's package databases.
const DPKG_LISTS: &str = "var/lib/dpkg/info";
const RPM_DATABASES: [&str; 2] = ["var/lib/rpm", "usr/lib/sysimage/rpm"];
/// The name of the package.
const NAME: &str = "understudy";

/// The ways to install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Package {
    Deb,
    Rpm,
    /// The file that was started.
    AppImage(PathBuf),
    /// `cargo install`, into this folder.
    Cargo(PathBuf),
    /// A build folder of the source.
    Source(PathBuf),
    MacApp(PathBuf),
    WindowsInstaller,
    Container,
    /// A program that was copied by hand.
    Copied(PathBuf),
}

/// What shows the way; all of it is read once at the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub exe: PathBuf,
    /// The variable that an AppImage sets for its program.
    pub appimage: Option<PathBuf>,
    /// The lists of the Debian package contain the program.
    pub in_dpkg: bool,
    pub has_rpm: bool,
    pub in_container: bool,
}

pub(crate) fn installed() -> Installed {
    described(&of_this_program())
}

pub(crate) fn of_this_program() -> Package {
    installed_as(&facts())
}

fn facts() -> Facts {
    let root = Path::new("/");
    let has = |place: &str| root.join(place).exists();
    Facts {
        exe: env::current_exe().unwrap_or_default(),
        appimage: env::var_os("APPIMAGE").map(PathBuf::from),
        in_dpkg: has(&format!("{DPKG_LISTS}/{NAME}.list")),
        has_rpm: RPM_DATABASES.into_iter().any(has),
        in_container: has(".dockerenv") || has("run/.containerenv"),
    }
}

pub(crate) fn installed_as(facts: &Facts) -> Package {
    let exe = &facts.exe;
    let folder = exe.parent().unwrap_or(Path::new("")).to_owned();
    let contains = |part: &str| exe.components().any(|one| one.as_os_str() == part);
    if let Some(file) = &facts.appimage {
        Package::AppImage(file.clone())
    } else if cfg!(windows) && contains("Program Files") {
        Package::WindowsInstaller
    } else if let Some(app) = exe
        .ancestors()
        .find(|at| at.extension() == Some("app".as_ref()))
    {
        Package::MacApp(app.to_owned())
    } else if exe.starts_with("/usr/bin") && facts.in_dpkg {
        Package::Deb
    } else if exe.starts_with("/usr/bin") && facts.has_rpm {
        Package::Rpm
    } else if folder.ends_with(".cargo/bin") {
        Package::Cargo(folder)
    } else if contains("target") && (folder.ends_with("debug") || folder.ends_with("release")) {
        Package::Source(folder)
    } else if facts.in_container {
        Package::Container
    } else {
        Package::Copied(exe.clone())
    }
}

pub(crate) fn described(package: &Package) -> Installed {
    let with = |as_what: &str, removal: Option<String>, explained: &str| Installed {
        as_what: as_what.into(),
        removal,
        explained: explained.into(),
    };
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
    match package {
        Package::Deb => with(
            "the Debian package",
            Some(format!("sudo apt remove {NAME}")),
            "Run this in a terminal.",
        ),
        Package::Rpm => with(
            "the RPM package",
            Some(format!("sudo dnf remove {NAME}")),
            "Run this in a terminal.",
        ),
        Package::AppImage(file) => with(
            "an AppImage",
            Some(format!("rm {}", quoted(file))),
            "An AppImage is one file: delete it.",
        ),
        Package::Cargo(_) => with(
            "a cargo package",
            Some(format!("cargo uninstall {NAME}d")),
            "Run this in a terminal.",
        ),
        Package::Source(folder) => with(
            "a build from source",
            None,
            &format!(
                "It was built from source: delete its folder. The program is in {}.",
                folder.display()
            ),
        ),
        Package::MacApp(app) => with(
            "a macOS application",
            None,
            &format!("Move {} to the Trash.", app.display()),
        ),
        Package::WindowsInstaller => with(
            "a Windows installer",
            None,
            "Remove Understudy in Settings → Apps → Installed apps.",
        ),
        Package::Container => with(
            "a container",
            None,
            "Remove the container, and its volume with the settings and the history.",
        ),
        Package::Copied(exe) => with(
            "a single program",
            Some(format!("rm {}", quoted(exe))),
            "No package of this computer contains it: delete the program.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(exe: &str) -> Facts {
        Facts {
            exe: exe.into(),
            ..Facts::default()
        }
    }

    #[cfg(unix)]
    #[test]
    fn each_way_to_install_has_its_own_removal() {
        let removal = |facts: Facts| described(&installed_as(&facts)).removal;
        let line = |text: &str| Some(text.to_owned());
        let deb = Facts {
            in_dpkg: true,
            ..of("/usr/bin/understudyd")
        };
        assert_eq!(removal(deb), line("sudo apt remove understudy"));
        let rpm = Facts {
            has_rpm: true,
            ..of("/usr/bin/understudyd")
        };
        assert_eq!(removal(rpm), line("sudo dnf remove understudy"));
        let appimage = Facts {
            appimage: Some("/home/ada/It's here/Understudy.AppImage".into()),
            ..of("/tmp/.mount_x/usr/bin/understudyd")
        };
        assert_eq!(
            removal(appimage),
            line(r"rm '/home/ada/It'\''s here/Understudy.AppImage'")
        );
        assert_eq!(
            removal(of("/home/ada/.cargo/bin/understudyd")),
            line("cargo uninstall understudyd")
        );
        assert_eq!(
            removal(of("/usr/local/bin/understudyd")),
            line("rm '/usr/local/bin/understudyd'")
        );
    }

    #[test]
    fn a_program_of_another_place_is_no_package_although_there_is_one() {
        let copied = Facts {
            in_dpkg: true,
            has_rpm: true,
            ..of("/opt/understudyd")
        };
        assert_eq!(
            installed_as(&copied),
            Package::Copied("/opt/understudyd".into())
        );
        let source = of("/home/ada/understudy/target/release/understudyd");
        assert_eq!(described(&installed_as(&source)).removal, None);
        let app = of("/Applications/Understudy.app/Contents/MacOS/understudyd");
        assert_eq!(
            installed_as(&app),
            Package::MacApp("/Applications/Understudy.app".into())
        );
    }
}
