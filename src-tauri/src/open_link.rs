//! Opens a page of a provider, or a report, in the user's browser.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Only an address of the web, and no other file or program: the page can send any text.
pub(crate) fn is_web(url: &str) -> bool {
    url.strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// The desktop's own program opens it; `Err`: a sentence for the user.
pub(crate) fn open(url: &str) -> Result<(), String> {
    if !is_web(url) {
        return Err("Only an address that begins with https:// can be opened.".into());
    }
    start(opener(url.as_ref())).map_err(|error| {
        format!("This desktop opens no browser ({error}). Copy the address instead.")
    })
}

/// A file that this program wrote.
pub(crate) fn open_file(file: &Path) -> Result<(), String> {
    start(opener(file.as_os_str())).map_err(|error| {
        let file = file.display();
        format!("{file} is saved, but this desktop opens no browser ({error}). Open it there.")
    })
}

/// An opener that finds no program ends within this time. One that runs longer is the browser itself.
const FAILS_WITHIN: Duration = Duration::from_secs(3);

fn start(mut opener: Command) -> io::Result<()> {
    let mut child = opener
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let (ended, end) = std::sync::mpsc::channel();
    // A program that has ended must be waited for, or it stays in the process list.
    std::thread::spawn(move || {
        let _ = ended.send(child.wait());
    });
    match end.recv_timeout(FAILS_WITHIN) {
        Ok(Ok(status)) if !status.success() => Err(io::Error::other(status.to_string())),
        Ok(Err(error)) => Err(error),
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

fn opener(what: &OsStr) -> Command {
    let mut command = if cfg!(windows) {
        let mut command = Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        command
    } else if cfg!(target_os = "macos") {
        Command::new("open")
    } else {
        Command::new("xdg-open")
    };
    command.arg(what);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn an_opener_that_fails_is_an_error() {
        assert!(start(Command::new("true")).is_ok());
        let failed = start(Command::new("false")).unwrap_err();
        assert_eq!(failed.to_string(), "exit status: 1");
        assert!(start(Command::new("no-such-opener")).is_err());
    }

    #[test]
    fn only_an_address_of_the_web_is_opened() {
        assert!(is_web("https://platform.openai.com/api-keys"));
        for other in [
            "https://",
            "http://platform.openai.com",
            "file:///etc/passwd",
            "--help",
            "https://a b",
            "https://a\nb",
        ] {
            assert!(!is_web(other), "{other}");
        }
    }
}
