//! Commands find the engine from another environment: a cron job, ssh, `su`.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::desk::{Desk, text};

/// `understudyd` with the folders of the platform.
fn command(desk: &Desk, arguments: &[&str], runtime_folder: Option<&Path>) -> Command {
    let mut command = desk.command(arguments);
    command.env_remove("UNDERSTUDY_HOME").stdin(Stdio::null());
    if let Some(folder) = runtime_folder {
        command.env("XDG_RUNTIME_DIR", folder);
    }
    command
}

struct Engine(Child);

impl Engine {
    fn start(desk: &Desk, runtime_folder: &Path) -> Engine {
        let settings = desk.file(".config/understudy/settings.toml");
        std::fs::create_dir_all(settings.parent().unwrap()).unwrap();
        std::fs::rename(desk.file("settings.toml"), settings).unwrap();
        let log = std::fs::File::create(desk.file("engine.log")).unwrap();
        let mut serve = command(desk, &["serve", "--port", "0"], Some(runtime_folder));
        let engine = serve.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let engine = Engine(engine);
        let lock = data(desk).join("lock");
        while std::fs::read(&lock).unwrap_or_default().is_empty() {
            std::thread::yield_now();
        }
        engine
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn data(desk: &Desk) -> PathBuf {
    desk.file(".local/share/understudy")
}

fn works(desk: &Desk, arguments: &[&str], runtime_folder: Option<&Path>) {
    let output = command(desk, arguments, runtime_folder).output().unwrap();
    let error = text(&output.stderr);
    assert!(
        output.status.success(),
        "{arguments:?}: {error}{}",
        desk.log()
    );
}

#[test]
fn commands_without_the_runtime_folder_find_the_engine() {
    let desk = Desk::new();
    let folder = desk.file("session");
    let _engine = Engine::start(&desk, &folder);
    works(&desk, &["url"], None);
    works(&desk, &["pause"], None);
    works(&desk, &["resume"], Some(&folder));
    assert!(folder.join("understudy/engine.json").exists());
}

#[test]
fn the_runtime_folder_of_another_user_is_not_used() {
    let desk = Desk::new();
    let folder = match std::fs::metadata("/proc/self").unwrap().uid() {
        0 => {
            let folder = desk.file("session");
            std::fs::create_dir(&folder).unwrap();
            std::os::unix::fs::chown(&folder, Some(1), None).unwrap();
            folder
        }
        _ => PathBuf::from("/"),
    };
    let _engine = Engine::start(&desk, &folder);
    works(&desk, &["url"], Some(&folder));
    works(&desk, &["pause"], Some(&folder));
    assert!(data(&desk).join("run/engine.json").exists());
}

#[test]
fn a_file_of_another_user_is_named() {
    let mut desk = Desk::started();
    desk.obey_permissions();
    let open = std::fs::Permissions::from_mode(0o700);
    for name in ["run", "lock"] {
        let path = desk.file(name);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
        for arguments in [&["status"] as &[&str], &["url"]] {
            let output = desk.run(arguments);
            let error = text(&output.stderr);
            assert!(!output.status.success());
            let path = path.display().to_string();
            let is_named = error.contains(&path) && error.contains("XDG_RUNTIME_DIR");
            assert!(is_named, "{arguments:?}, {name}: {error}");
        }
    }
    for name in ["run", "lock"] {
        std::fs::set_permissions(desk.file(name), open.clone()).unwrap();
    }
    desk.printed(&["pause"]);
}

#[test]
fn a_token_that_cannot_be_read_is_named_at_the_start() {
    let mut desk = Desk::new();
    desk.ran_before();
    desk.obey_permissions();
    let token = desk.file("token");
    std::fs::remove_file(&token).unwrap();
    std::fs::create_dir(&token).unwrap();
    let output = desk.run(&["serve", "--port", "0"]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains(&token.display().to_string()), "{error}");
}
