//! `cargo xtask`: the project's commands, each including its set-up.
//!
//! Only the standard library, so that the first command on a new machine compiles in seconds.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool speaks on its terminal"
)]

mod bundle;
mod checks;
mod clients;
mod fuzz;
mod kills;
mod litellm;
mod matrix;
mod pins;
mod python;
mod run;
mod scenarios;
mod step;
mod system;
mod test;
mod tree;
mod ui;

use std::process::ExitCode;

use step::Failed;

const USAGE: &str = "\
cargo xtask run [--release]   set up, build, and start Understudy (without a display: the engine alone)
cargo xtask test              set up, check, and run every test
cargo xtask scenarios         every failure of a provider, in every dialect, and what its client got: a table
cargo xtask matrix            what each dialect's requests become in the others: a table
cargo xtask check             format, lints, licences, the UI's own checks
cargo xtask fuzz [seconds] [target]
                              fuzz what reads a provider's or a client's bytes, each target so long (600)
cargo xtask kills [N]         kill the engine N times (1000) while requests and side effects are in flight: figures
cargo xtask clients [--client X] [--fault Y] [--way Z] [--table]
                              every real client in an outage, directly and through Understudy
cargo xtask clients --raise   the same with the newest versions, which are pinned from then on
cargo xtask clients --faults  Claude Code, Codex and the SDKs against every fault
cargo xtask clients --tasks   real agents at a task, with fallbacks that speak another dialect
cargo xtask ui                build the web UI into ui/dist
cargo xtask bundle [deb|rpm|appimage|oci|dmg|nsis|msi|all] [--profile dev|release] [--out DIR]
                              the packages of this system, with checksums and lists of their libraries";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["run"] => run::run(run::Profile::Debug),
        ["run", "--release"] => run::run(run::Profile::Release),
        ["test"] => test::test(),
        ["scenarios"] => scenarios::scenarios(),
        ["clients", arguments @ ..] => clients::run(arguments),
        ["matrix"] => matrix::matrix(),
        ["check"] => checks::set_up_and_check(),
        ["fuzz"] => fuzz::fuzz(fuzz::SECONDS, None),
        ["fuzz", seconds, target @ ..] if target.len() <= 1 => match seconds.parse() {
            Ok(seconds) => fuzz::fuzz(seconds, target.first().copied()),
            Err(_) => Err(Failed::new(format!(
                "`{seconds}` is not a number of seconds"
            ))),
        },
        ["kills"] => kills::kills(1000),
        ["kills", count] => match count.parse() {
            Ok(count) => kills::kills(count),
            Err(_) => Err(Failed::new(format!("`{count}` is not a number of kills"))),
        },
        ["ui"] => ui::build(),
        ["bundle", arguments @ ..] => {
            bundle::Request::parse(arguments).and_then(|request| bundle::bundle(&request))
        }
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        [] => Err(Failed::new(USAGE)),
        [unknown, ..] => Err(Failed::new(format!(
            "there is no `cargo xtask {unknown}`. The commands are:\n{USAGE}"
        ))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("xtask: {failed}");
            ExitCode::FAILURE
        }
    }
}
