//! What packages install of the command line: manual pages and completions.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Command;
use clap_complete::Shell;

use super::print_line::failed;

/// One page for each command: `understudyd.1`, `understudyd-key-add.1`.
pub(super) fn pages(program: Command, folder: &Path) -> ExitCode {
    let written =
        std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(program, folder));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(
            &format!(
                "the manual pages cannot be written to {}: {error}",
                folder.display()
            ),
            1,
        ),
    }
}

pub(super) fn completions(mut program: Command, shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, "understudyd", &mut script);
    match std::io::stdout().write_all(&script) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => failed(&error.to_string(), 1),
        Ok(()) | Err(_) => ExitCode::SUCCESS,
    }
}
