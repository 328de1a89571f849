//! The rpm, read by rpm's own programs and unpacked into an empty folder.

use std::path::Path;
use std::process::Command;

use super::program::Program;
use super::{files, is_root, package, succeeds};

/// Without a database of installed packages.
fn query(rpm: &Path, arguments: &[&str]) -> String {
    succeeds(
        Command::new("rpm")
            .args(["--query", "--package"])
            .args(arguments)
            .arg(rpm),
    )
}

/// rpm in another root folder. The libraries that the package depends on are this machine's, and its script needs a shell.
fn rpm(root: &Path, arguments: &[&str]) -> Command {
    let mut rpm = if is_root() {
        Command::new("rpm")
    } else {
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "rpm"]);
        unshare
    };
    rpm.arg(format!("--root={}", root.display()))
        .args(arguments)
        .args(["--dbpath=/rpmdb", "--nodeps", "--noscripts"]);
    rpm
}

#[test]
fn the_rpm_holds_what_the_deb_holds_and_its_engine_starts() {
    let Some(package) = package(".rpm") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    succeeds(rpm(folder.path(), &["--install"]).arg(&package));
    let found = files(folder.path());
    for file in [
        "usr/bin/understudy 755",
        "usr/bin/understudyd 755",
        "usr/lib/systemd/user/understudy.service 644",
        "usr/share/applications/Understudy.desktop 644",
        "usr/share/licenses/understudy/LICENSE 644",
        "usr/share/man/man1/understudyd.1.gz 644",
        "usr/share/metainfo/dev.understudy.desktop.metainfo.xml 644",
        "usr/share/zsh/site-functions/_understudyd 644",
    ] {
        assert!(
            found.iter().any(|f| f == file),
            "{file} is not in {found:#?}"
        );
    }

    let home = folder.path().join("home");
    let settings = home.join(".config/understudy");
    std::fs::create_dir_all(&settings).unwrap();
    let text = "[watch]\npages = false\nonline_hosts = []\n";
    std::fs::write(settings.join("settings.toml"), text).unwrap();
    let engine = folder
        .path()
        .join("usr/bin/understudyd")
        .display()
        .to_string();
    let home = home.display().to_string();
    let log = folder.path().join("engine.log");
    let mut program = Program::new(&[&engine], &[("HOME", &home)], &log);
    program.start();
    program.rehearses();
    program.stop();

    succeeds(rpm(folder.path(), &["--erase"]).arg("understudy"));
    let mut left = files(folder.path());
    left.retain(|file| !file.starts_with("home/.") && !file.starts_with("rpmdb/"));
    assert_eq!(left, ["engine.log 644"]);
}

#[test]
fn the_rpm_states_its_dependencies_and_the_script_that_runs_before_a_removal() {
    let Some(rpm) = package(".rpm") else { return };
    let version = query(&rpm, &["--queryformat", "%{NAME} %{VERSION} %{LICENSE}"]);
    assert_eq!(
        version,
        concat!("understudy ", env!("CARGO_PKG_VERSION"), " MIT")
    );
    let requires = query(&rpm, &["--requires"]);
    for needed in [
        "libwebkit2gtk-4.1.so.0",
        "libgtk-3.so.0",
        "libc.so.6(GLIBC_2.",
        "ca-certificates",
    ] {
        assert!(requires.contains(needed), "{needed}: {requires}");
    }
    // The same script as the deb's, which that package's tests run.
    let scripts = query(&rpm, &["--scripts"]);
    let script = include_str!("../../../src-tauri/packages/linux/before-removal.sh");
    assert!(scripts.contains("preuninstall scriptlet"), "{scripts}");
    assert!(scripts.contains(script.trim()), "{scripts}");
    assert!(!scripts.contains("postinstall"), "{scripts}");
}
