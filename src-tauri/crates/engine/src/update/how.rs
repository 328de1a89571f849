//! How each package is updated. Pure.

use crate::package::Package;

/// The command, if there is one, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct How {
    pub command: Option<String>,
    pub explained: String,
}

/// The running engine passes its port on to the new one, so no package needs a stop first.
pub(crate) fn update(package: &Package) -> How {
    let with = |command: Option<&str>, explained: &str| How {
        command: command.map(str::to_owned),
        explained: explained.to_owned(),
    };
    match package {
        Package::Deb => with(
            Some("sudo apt update && sudo apt install understudy"),
            "It is installed as a Debian package: the repository or the file that it came from has the new version.",
        ),
        Package::Rpm => with(
            Some("sudo dnf upgrade understudy"),
            "It is installed as an RPM package: the repository or the file that it came from has the new version.",
        ),
        Package::AppImage(file) => with(
            None,
            &format!(
                "It is an AppImage: replace {} by the new file.",
                file.display()
            ),
        ),
        Package::Cargo(_) => with(
            Some("cargo install --locked understudyd"),
            "It was installed by cargo.",
        ),
        Package::Source(_) => with(
            Some("git pull && cargo xtask run"),
            "It was built from source: run this in the clone.",
        ),
        Package::MacApp(app) => with(
            None,
            &format!(
                "It is a macOS application: replace {} by the new one.",
                app.display()
            ),
        ),
        Package::WindowsInstaller => with(
            None,
            "It was installed by an installer: run the installer of the new version.",
        ),
        Package::Container => with(
            None,
            "It runs in a container: pull the new image, and create the container again with the same volume.",
        ),
        Package::Copied(exe) => with(
            None,
            &format!(
                "No package of this computer contains it: replace {}.",
                exe.display()
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{Facts, installed_as};

    #[test]
    fn each_package_has_its_own_update() {
        let of = |exe: &str, in_dpkg: bool, has_rpm: bool| {
            let facts = Facts {
                exe: exe.into(),
                in_dpkg,
                has_rpm,
                ..Facts::default()
            };
            update(&installed_as(&facts)).command.unwrap_or_default()
        };
        assert!(of("/usr/bin/understudyd", true, false).contains("apt"));
        assert!(of("/usr/bin/understudyd", false, true).contains("dnf"));
        assert!(of("/home/a/.cargo/bin/understudyd", true, false).contains("cargo install"));
        assert!(of("/home/a/x/target/debug/understudyd", true, false).contains("git pull"));
        let copied = Package::Copied("/opt/understudyd".into());
        assert!(update(&copied).explained.contains("/opt/understudyd"));
    }
}
