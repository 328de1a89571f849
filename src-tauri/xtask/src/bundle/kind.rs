//! The kinds of packages, and which of them this system can make.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Deb,
    Rpm,
    AppImage,
    /// The image of the engine for containers.
    Oci,
    Dmg,
    Nsis,
    Msi,
}

impl Kind {
    const ALL: [Kind; 7] = [
        Kind::Deb,
        Kind::Rpm,
        Kind::AppImage,
        Kind::Oci,
        Kind::Dmg,
        Kind::Nsis,
        Kind::Msi,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Deb => "deb",
            Kind::Rpm => "rpm",
            Kind::AppImage => "appimage",
            Kind::Oci => "oci",
            Kind::Dmg => "dmg",
            Kind::Nsis => "nsis",
            Kind::Msi => "msi",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Those that are made on this system; a bundler for another system is not available.
    pub(super) fn of_this_system() -> Vec<Kind> {
        Kind::ALL
            .into_iter()
            .filter(|kind| kind.system() == std::env::consts::OS)
            .collect()
    }

    pub(super) fn system(self) -> &'static str {
        match self {
            Kind::Deb | Kind::Rpm | Kind::AppImage | Kind::Oci => "linux",
            Kind::Dmg => "macos",
            Kind::Nsis | Kind::Msi => "windows",
        }
    }

    /// It contains the tray application.
    pub(super) fn is_desktop(self) -> bool {
        self != Kind::Oci
    }

    /// Names of the package in Tauri's folder end with this.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Kind::Deb => "deb",
            Kind::Rpm => "rpm",
            Kind::AppImage => "AppImage",
            Kind::Oci => "tar",
            Kind::Dmg => "dmg",
            Kind::Nsis => "exe",
            Kind::Msi => "msi",
        }
    }
}
