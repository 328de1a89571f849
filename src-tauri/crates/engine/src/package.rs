//! How this program was installed.

use std::env;
use std::path::{Path, PathBuf};

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

/// What shows the way.
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
