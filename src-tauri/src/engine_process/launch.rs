//! Starts the engine so that it continues after the application ends: in a separate session, without terminal or pipes.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use tokio::process::{Child, Command};

/// The first argument with which this program replaces itself by another one in a new session.
pub(crate) const DETACH: &str = "--detach";
/// The engine writes its log to the file that this variable names.
const LOG_FILE: &str = "UNDERSTUDY_LOG_FILE";
/// For a tooltip and a menu line, in characters.
const LONGEST_LINE: usize = 240;

/// The named program, else the one next to this program, else the one in PATH.
pub(crate) fn find_program(named: Option<PathBuf>) -> Option<PathBuf> {
    if named.is_some() {
        return named;
    }
    let name = format!("understudyd{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe()
        .ok()
        .and_then(|own| Some(own.parent()?.join(&name)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).map(|folder| folder.join(&name));
    beside
        .into_iter()
        .chain(in_path)
        .find(|program| program.is_file())
}

/// Starts `understudyd serve` with its output in `output`, and its log in `log`, which the engine bounds in size. The output of
/// the last start is kept next to it.
pub(crate) fn launch(program: &Path, output: &Path, log: &Path) -> io::Result<Child> {
    if let Some(folder) = output.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let _ = std::fs::rename(output, output.with_extension("out.1"));
    let printed = private_file(output)?;
    let mut command = detached(program)?;
    command
        .arg("serve")
        .env("NO_COLOR", "1")
        .env(LOG_FILE, log)
        .stdin(Stdio::null())
        .stdout(printed.try_clone()?)
        .stderr(printed);
    Command::from(command).spawn()
}

/// A first start prints the address for clients, which contains the token.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// The last line of output, shortened.
pub(crate) fn last_line(output: &Path) -> Option<String> {
    let text = std::fs::read(output).ok()?;
    let text = String::from_utf8_lossy(&text);
    let line = text
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())?;
    if line.chars().count() <= LONGEST_LINE {
        return Some(line.to_owned());
    }
    let start: String = line.chars().take(LONGEST_LINE).collect();
    Some(format!("{start}…"))
}

/// The standard library's `Command` cannot create a session, and a closure between fork and exec would be unsafe code.
/// So this program starts itself; that process creates the session and becomes the engine, with the same pid.
#[cfg(unix)]
fn detached(program: &Path) -> io::Result<std::process::Command> {
    // After an update the file is no longer at its path, but the kernel still has it.
    let own = if cfg!(target_os = "linux") {
        PathBuf::from("/proc/self/exe")
    } else {
        std::env::current_exe()?
    };
    let mut command = std::process::Command::new(own);
    command.arg(DETACH).arg(program);
    Ok(command)
}

#[cfg(windows)]
fn detached(program: &Path) -> io::Result<std::process::Command> {
    use std::os::windows::process::CommandExt;
    const DETACHED_PROCESS: u32 = 0x0000_0008;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    let mut command = std::process::Command::new(program);
    command.creation_flags(DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
    Ok(command)
}

/// Becomes the program that the arguments name.
#[cfg(unix)]
#[expect(
    clippy::print_stderr,
    reason = "standard error is the file in which our parent looks for the reason"
)]
pub(crate) fn detach(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    use std::os::unix::process::CommandExt;
    let Some(program) = arguments.next() else {
        eprintln!("{DETACH} needs a program");
        return ExitCode::FAILURE;
    };
    if let Err(error) = rustix::process::setsid() {
        eprintln!("cannot make a session: {error}");
        return ExitCode::FAILURE;
    }
    let error = std::process::Command::new(&program).args(arguments).exec();
    eprintln!("{} cannot be started: {error}", program.display());
    ExitCode::FAILURE
}

#[cfg(not(unix))]
pub(crate) fn detach(_: impl Iterator<Item = OsString>) -> ExitCode {
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_LINE, last_line};

    #[test]
    fn the_last_line_with_text() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out");
        assert_eq!(last_line(&file), None);
        std::fs::write(
            &file,
            "listening\nport 4747 is taken by another program\n\n",
        )
        .unwrap();
        assert_eq!(
            last_line(&file).unwrap(),
            "port 4747 is taken by another program"
        );
        std::fs::write(&file, "é".repeat(1_000)).unwrap();
        assert_eq!(last_line(&file).unwrap().chars().count(), LONGEST_LINE + 1);
    }
}
