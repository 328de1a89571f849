//! Opens a page of a provider, or a report, in the user's browser.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

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

fn start(mut opener: Command) -> io::Result<()> {
    let mut child = opener
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // A program that has ended must be waited for, or it stays in the process list.
    std::thread::spawn(move || child.wait());
    Ok(())
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
    use super::is_web;

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
