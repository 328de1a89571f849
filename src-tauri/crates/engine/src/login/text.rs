//! The texts that start the engine at login: a systemd unit, a desktop entry, a launch agent, a registry value. Pure.

use std::path::Path;

/// A stop may last `drain_s`, which is 60 s by default, and its last writes. A clean end is deliberate and causes no restart; nor
/// does exit code 3, a second engine. A crash always causes one, however many there were.
pub(super) fn unit(engine: &str) -> String {
    // systemd rejects quotes and backslashes in a path, and expands specifiers.
    let engine = format!("\"{}\"", engine.replace('%', "%%"));
    format!(
        "[Unit]\nDescription=Understudy engine\nAfter=network.target\nStartLimitIntervalSec=0\n\n[Service]\nExecStart={engine} serve\nRestart=on-failure\nRestartSec=2\nRestartPreventExitStatus=3\nKillMode=mixed\nTimeoutStopSec=90\n\n[Install]\nWantedBy=default.target\n"
    )
}

/// The program of a unit that any version of Understudy wrote; None: its owner wrote or changed it.
pub(super) fn program_of_own_unit(unit: &str) -> Option<String> {
    let mut program = None;
    for line in unit.lines() {
        if let Some(command) = line.strip_prefix("ExecStart=") {
            let quoted = command.strip_suffix(" serve")?;
            let path = quoted
                .strip_prefix('"')
                .and_then(|path| path.strip_suffix('"'));
            program = Some(path?.replace("%%", "%"));
        } else if !LINES.contains(&line) {
            return None;
        }
    }
    program
}

/// Every line of every version, besides the command.
const LINES: [&str; 14] = [
    "",
    "[Unit]",
    "Description=Understudy engine",
    "After=network.target",
    "StartLimitIntervalSec=0",
    "[Service]",
    "Restart=on-failure",
    "RestartSec=2",
    "RestartPreventExitStatus=3",
    "KillMode=mixed",
    "TimeoutStopSec=60",
    "TimeoutStopSec=90",
    "[Install]",
    "WantedBy=default.target",
];

/// For desktops without systemd. The entry's format escapes a string twice: once as an argument, once as a value.
pub(super) fn desktop_entry(engine: &str) -> String {
    let mut argument = String::new();
    for letter in engine.chars() {
        if matches!(letter, '"' | '`' | '$' | '\\') {
            argument.push('\\');
        }
        argument.push(letter);
    }
    let value = argument.replace('\\', "\\\\").replace('%', "%%");
    format!(
        "[Desktop Entry]\nType=Application\nName=Understudy engine\nExec=\"{value}\" serve\nNoDisplay=true\nX-GNOME-Autostart-enabled=true\n"
    )
}

/// Label of the launch agent, and so the name of its file.
pub(super) const LABEL: &str = "dev.understudy.engine";

/// launchd discards standard error, so the log has a file. A second engine ends with an error and is started again once a minute:
/// it takes the place of the first if that one is gone.
pub(super) fn launch_agent(engine: &str, log: &str) -> String {
    let arguments = [engine, "serve", "--log-file", log]
        .map(|argument| format!("    <string>{}</string>\n", escaped(argument)))
        .concat();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  <string>{LABEL}</string>\n  <key>ProgramArguments</key>\n  <array>\n{arguments}  </array>\n  <key>RunAtLoad</key>\n  <true/>\n  <key>KeepAlive</key>\n  <dict>\n    <key>SuccessfulExit</key>\n    <false/>\n  </dict>\n  <key>ThrottleInterval</key>\n  <integer>60</integer>\n  <key>ExitTimeOut</key>\n  <integer>90</integer>\n</dict>\n</plist>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Windows ignores a longer value of the Run key.
const LONGEST_RUN_VALUE: usize = 260;

/// Value of the Run key. The tray application starts the engine without a console window, so it is preferred. None: too long.
#[cfg_attr(
    not(any(test, windows)),
    expect(dead_code, reason = "for the registry")
)]
pub(super) fn run_value(engine: &Path, tray: Option<&Path>) -> Option<String> {
    let value = match tray {
        Some(tray) => format!("\"{}\"", tray.display()),
        None => format!("\"{}\" serve", engine.display()),
    };
    (value.encode_utf16().count() <= LONGEST_RUN_VALUE).then_some(value)
}

/// The Task Manager's switch for a value of the Run key: an odd first byte is "off".
#[cfg_attr(
    not(any(test, windows)),
    expect(dead_code, reason = "for the registry")
)]
pub(super) fn is_approved(startup_approved: Option<&[u8]>) -> bool {
    startup_approved
        .and_then(<[u8]>::first)
        .is_none_or(|first| first % 2 == 0)
}

#[cfg(test)]
mod tests;
