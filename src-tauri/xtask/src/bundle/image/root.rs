//! The files of the image: the engine, the libraries that the dynamic loader finds for it on this machine, and the certificates of
//! well-known authorities. There is no shell and no package manager.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::libraries;
use super::super::stage::Stage;
use crate::step::{Failed, Outcome, ask};

/// The user of the container, and the folder of its files.
pub(super) const USER: u64 = 10001;
pub(super) const DATA: &str = "data";

/// Debian and Ubuntu, then Fedora.
const CERTIFICATES: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

pub(super) fn fill(root: &Path, stage: &Stage) -> Outcome {
    let engine = stage.engine();
    add(root, &engine, "/usr/bin/understudyd", 0o755)?;
    let mut owners = BTreeSet::new();
    for library in libraries_of(&engine)? {
        add(root, &library, &library.display().to_string(), 0o755)?;
        owners.extend(package_of(&library));
    }
    let certificates = CERTIFICATES.map(Path::new);
    let certificates = certificates.iter().find(|file| file.exists());
    let certificates = certificates.ok_or_else(|| {
        Failed::new("this machine has no certificates of authorities: install ca-certificates")
    })?;
    add(root, certificates, CERTIFICATES[0], 0o644)?;
    owners.insert("ca-certificates".to_owned());
    for package in &owners {
        add_package(root, package)?;
    }

    for (path, text) in [
        (
            "/etc/passwd",
            format!(
                "root:x:0:0:root:/:/nologin\nunderstudy:x:{USER}:{USER}:Understudy:/{DATA}:/nologin\n"
            ),
        ),
        ("/etc/group", format!("root:x:0:\nunderstudy:x:{USER}:\n")),
        ("/etc/nsswitch.conf", "hosts: files dns\n".to_owned()),
    ] {
        write(root, path, text.as_bytes(), 0o644)?;
    }
    if Path::new("/etc/os-release").exists() {
        add(root, Path::new("/etc/os-release"), "/etc/os-release", 0o644)?;
    }
    let license = crate::tree::root().join("LICENSE");
    add(root, &license, "/usr/share/doc/understudy/copyright", 0o644)?;
    let shared = stage.shared();
    for name in [
        &format!("{}.gz", libraries::LICENSES),
        libraries::ENGINE_LIST,
    ] {
        let inside = format!("/usr/share/doc/understudy/{name}");
        add(root, &shared.join(name), &inside, 0o644)?;
    }
    folder(root, "tmp", 0o1777)?;
    folder(root, DATA, 0o700)
}

/// "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)" and "/lib64/ld-linux-x86-64.so.2 (0x…)".
fn libraries_of(program: &Path) -> Outcome<Vec<PathBuf>> {
    let printed = ask(Command::new("ldd").arg(program))?;
    if let Some(missing) = printed.lines().find(|line| line.contains("not found")) {
        return Err(Failed::new(format!("the engine needs {}", missing.trim())));
    }
    Ok(paths(&printed))
}

fn paths(printed: &str) -> Vec<PathBuf> {
    let words = printed.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        words.find(|word| word.starts_with('/'))
    });
    words.map(PathBuf::from).collect()
}

/// The Debian package of a library. Packages name the path with or without `/usr`.
fn package_of(library: &Path) -> Option<String> {
    let merged = Path::new("/usr").join(library.strip_prefix("/").ok()?);
    let candidates = [library.to_path_buf(), merged, library.canonicalize().ok()?];
    candidates.iter().find_map(|path| {
        let owner = ask(Command::new("dpkg-query").arg("--search").arg(path)).ok()?;
        owner.split(':').next().map(str::to_owned)
    })
}

/// Its license, and its entry where scanners of images look for packages. Not on a system without dpkg.
fn add_package(root: &Path, package: &str) -> Outcome {
    let Ok(entry) = ask(Command::new("dpkg-query").args(["--status", package])) else {
        return Ok(());
    };
    let list = format!("/var/lib/dpkg/status.d/{package}");
    write(root, &list, entry.as_bytes(), 0o644)?;
    let license = format!("/usr/share/doc/{package}/copyright");
    let source = Path::new(&license);
    if source.exists() {
        add(root, source, &license, 0o644)?;
    }
    Ok(())
}

fn add(root: &Path, source: &Path, path: &str, mode: u32) -> Outcome {
    write(root, path, &std::fs::read(source)?, mode)
}

fn write(root: &Path, path: &str, bytes: &[u8], mode: u32) -> Outcome {
    let path = path.trim_start_matches('/');
    let mut parent = PathBuf::new();
    for part in Path::new(path)
        .parent()
        .into_iter()
        .flat_map(Path::components)
    {
        parent.push(part);
        folder(root, &parent.display().to_string(), 0o755)?;
    }
    let file = root.join(path);
    std::fs::write(&file, bytes)?;
    set_mode(&file, mode)
}

fn folder(root: &Path, path: &str, mode: u32) -> Outcome {
    let folder = root.join(path);
    std::fs::create_dir_all(&folder)?;
    set_mode(root, 0o755)?;
    set_mode(&folder, mode)
}

/// Without regard to the umask.
#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(
        path,
        std::fs::Permissions::from_mode(mode),
    )?)
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> Outcome {
    Err(Failed::new("an image is written on Linux only"))
}

#[cfg(test)]
mod tests {
    use super::paths;

    #[test]
    fn the_loaders_list_names_each_library_by_its_path() {
        let printed = "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        let found: Vec<String> = paths(printed)
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        assert_eq!(
            found,
            [
                "/lib/x86_64-linux-gnu/libm.so.6",
                "/lib64/ld-linux-x86-64.so.2"
            ]
        );
    }
}
