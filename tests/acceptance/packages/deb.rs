//! The deb, unpacked by dpkg into an empty root folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::program::Program;
use super::{both, files, is_root, package, printed, succeeds};

/// An empty root folder with dpkg's own files and one user.
pub(super) struct CleanRoot {
    pub(super) folder: TempDir,
    deb: PathBuf,
}

const HOME: &str = "home/alice";

impl CleanRoot {
    pub(super) fn new() -> Option<CleanRoot> {
        let deb = package(".deb")?;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for created in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "etc", HOME] {
            std::fs::create_dir_all(root.join(created)).unwrap();
        }
        std::fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
        std::fs::write(
            root.join("etc/passwd"),
            "alice:x:1000:1000::/home/alice:/bin/sh\n",
        )
        .unwrap();
        Some(CleanRoot { folder, deb })
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(super) fn home(&self) -> PathBuf {
        self.path(HOME)
    }

    /// The package's own scripts run too. The libraries that it depends on are this machine's.
    fn dpkg(&self) -> Command {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg(format!("--root={}", self.folder.path().display()))
            .args(["--force-script-chrootless", "--force-depends"])
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C.UTF-8");
        if !is_root() {
            dpkg.arg("--force-not-root");
        }
        dpkg
    }

    pub(super) fn install(&self) -> String {
        printed(self.dpkg().arg("--install").arg(&self.deb))
    }

    pub(super) fn remove(&self) -> String {
        printed(self.dpkg().args(["--remove", "understudy"]))
    }

    /// Every file but dpkg's own, with its mode.
    fn files(&self) -> Vec<String> {
        let mut all = files(self.folder.path());
        all.retain(|file| !file.starts_with("var/lib/dpkg/"));
        all
    }

    pub(super) fn program(&self) -> Program {
        let program = self.path("usr/bin/understudyd").display().to_string();
        let home = self.home().display().to_string();
        Program::new(&[&program], &[("HOME", &home)], &self.path("engine.log"))
    }

    /// Settings that read no page of the network.
    pub(super) fn settings(&self, more: &str) {
        let folder = self.home().join(".config/understudy");
        std::fs::create_dir_all(&folder).unwrap();
        let text = format!("[watch]\npages = false\nonline_hosts = []\n{more}");
        std::fs::write(folder.join("settings.toml"), text).unwrap();
    }
}

/// The paths of the table in docs/packages.md.
fn documented() -> Vec<&'static str> {
    let page = include_str!("../../../docs/packages.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `/"));
    let paths: Vec<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    assert!(paths.len() > 5, "{paths:?}");
    paths
}

#[test]
fn the_deb_installs_starts_and_is_removed_without_a_trace() {
    let Some(root) = CleanRoot::new() else { return };
    root.install();
    let found = root.files();
    for path in documented() {
        let file = path.trim_start_matches('/');
        let is_there = |found: &String| {
            found.starts_with(&format!("{file} "))
                || (file.ends_with('/') && found.starts_with(file))
        };
        assert!(found.iter().any(is_there), "{path} is not in {found:#?}");
    }
    for file in [
        "usr/share/doc/understudy/changelog.gz",
        "usr/share/doc/understudy/copyright",
        "usr/share/doc/understudy/third-party-licenses.txt.gz",
        "usr/share/doc/understudy/understudy.cdx.json",
        "usr/share/doc/understudy/understudyd.cdx.json",
        "usr/share/fish/vendor_completions.d/understudyd.fish",
        "usr/share/man/man1/understudyd-key-add.1.gz",
        "usr/share/zsh/vendor-completions/_understudyd",
    ] {
        let file = format!("{file} 644");
        assert!(found.contains(&file), "{file} is not in {found:#?}");
    }
    for file in &found {
        let mode = if file.starts_with("usr/bin/") {
            " 755"
        } else {
            " 644"
        };
        assert!(file.ends_with(mode), "{file}");
    }

    root.settings("");
    let mut program = root.program();
    assert_eq!(
        program.run(&["--version"]).trim(),
        concat!("understudyd ", env!("CARGO_PKG_VERSION"))
    );
    program.start();
    program.rehearses();
    assert_eq!(program.run(&["health"]), "The engine accepts requests.\n");
    program.stop();

    let printed = root.remove();
    assert!(
        !printed.contains("understudy:"),
        "nothing is left to say: {printed}"
    );
    let left = root.files();
    let own = [
        "home/alice/.config/understudy/",
        "home/alice/.local/share/understudy/",
    ];
    let others: Vec<&String> = left
        .iter()
        .filter(|file| !own.iter().any(|folder| file.starts_with(folder)))
        .collect();
    assert_eq!(others, ["engine.log 644", "etc/passwd 644"]);
    for folder in ["usr", "opt", "lib"] {
        assert!(!root.path(folder).exists(), "{folder}");
    }
}

/// Without the authorities' certificates the engine does not start.
#[test]
fn the_deb_depends_on_what_its_programs_need() {
    let Some(deb) = package(".deb") else { return };
    let mut field = Command::new("dpkg-deb");
    let depends = printed(field.arg("--field").arg(deb).arg("Depends"));
    let needed = [
        "libc6 (>= 2.",
        "libwebkit2gtk-4.1-0",
        "libgtk-3-0",
        "ca-certificates",
    ];
    for library in needed {
        assert!(depends.contains(library), "{library}: {depends}");
    }
}

#[test]
fn the_removal_names_each_user_whose_clients_depend_on_it_and_edits_nothing() {
    let Some(root) = CleanRoot::new() else { return };
    root.install();
    let receipts = root
        .home()
        .join(".local/share/understudy/clients/claude-code.json");
    let link = root
        .home()
        .join(".config/systemd/user/default.target.wants/understudy.service");
    for file in [&receipts, &link] {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    }
    std::fs::write(&receipts, "{}").unwrap();
    std::os::unix::fs::symlink("/usr/lib/systemd/user/understudy.service", &link).unwrap();
    root.settings("");
    let mut program = root.program();
    program.start();

    let upgrade = root.install();
    assert!(
        !upgrade.contains("understudy:"),
        "an upgrade is silent: {upgrade}"
    );
    let printed = root.remove();
    let runs = format!(
        "understudy: an engine still runs (process {}). It answers its clients until it is stopped or its user logs out.",
        program.process()
    );
    for line in [
        runs.as_str(),
        "understudy: clients of these users still send their requests to Understudy. The removal does not change their files.",
        "  alice: understudyd connect --undo-all    # claude-code",
        "understudy: the start at login is on for these users. After the removal the link has no effect and can be deleted.",
        "  alice: rm /home/alice/.config/systemd/user/default.target.wants/understudy.service",
    ] {
        assert!(
            printed.lines().any(|printed| printed == line),
            "{line}\n{printed}"
        );
    }
    assert!(receipts.exists() && link.is_symlink());
    assert!(!root.path("usr").exists());
    program.rehearses();
}

#[test]
fn the_desktop_and_the_service_manager_accept_their_files() {
    let Some(root) = CleanRoot::new() else { return };
    root.install();
    let desktop = root.path("usr/share/applications/Understudy.desktop");
    let printed = succeeds(Command::new("desktop-file-validate").arg(&desktop));
    assert_eq!(printed, "", "no warning either");
    let metainfo = root.path("usr/share/metainfo/dev.understudy.desktop.metainfo.xml");
    succeeds(
        Command::new("appstreamcli")
            .args(["validate", "--no-net"])
            .arg(&metainfo),
    );
    let described = std::fs::read_to_string(&metainfo).unwrap();
    for part in [
        "<launchable type=\"desktop-id\">Understudy.desktop</launchable>",
        concat!("<release version=\"", env!("CARGO_PKG_VERSION"), "\""),
    ] {
        assert!(described.contains(part), "{part}");
    }

    // The program of the unit is looked up in this machine's /usr/bin.
    let unit = root.path("understudy.service");
    let packaged = root.path("usr/lib/systemd/user/understudy.service");
    let text = std::fs::read_to_string(packaged).unwrap();
    assert!(
        text.contains("ExecStart=/usr/bin/understudyd serve\n"),
        "{text}"
    );
    let here = root.path("usr/bin/understudyd").display().to_string();
    std::fs::write(&unit, text.replace("/usr/bin/understudyd", &here)).unwrap();
    let checked = verify(&unit, root.folder.path());
    assert!(!checked.contains("understudy.service"), "{checked}");
}

fn verify(unit: &Path, runtime: &Path) -> String {
    let checked = Command::new("systemd-analyze")
        .args(["verify", "--user"])
        .arg(unit)
        .env("XDG_RUNTIME_DIR", runtime)
        .output();
    checked.map_or_else(|_| String::new(), |output| both(&output))
}
