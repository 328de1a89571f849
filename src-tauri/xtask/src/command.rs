//! The arguments of `cargo xtask`.

use crate::clients::Selection;
use crate::run::Profile;
use crate::step::{Failed, Outcome};
use crate::{bundle, checks, clients, fuzz, kills, matrix, run, scenarios, test, ui};

pub(crate) const USAGE: &str = "\
cargo xtask run [--release]   set up, build, and start Understudy (without a display: the engine alone)
cargo xtask test              set up, check, and run every test
cargo xtask scenarios         every failure of a provider, in every dialect, and what its client got: a table
cargo xtask matrix            what each dialect's requests become in the others: a table
cargo xtask check             format, lints, licences, the UI's own checks
cargo xtask fuzz [seconds] [target]
                              fuzz what reads a provider's or a client's bytes, each target so long (600)
cargo xtask kills [N]         kill the engine N times (1000) while requests, side effects and drains are in flight: figures
cargo xtask clients [--client X] [--fault Y] [--way Z] [--table]
                              every real client in an outage, directly and through Understudy
cargo xtask clients --raise   the same with the newest versions, which are pinned from then on
cargo xtask clients --faults  Claude Code, Codex and the SDKs against every fault
cargo xtask clients --tasks   real agents at a task, with fallbacks that speak another dialect
cargo xtask clients --client n8n --invoices
                              the workflows of the documentation in n8n, with outages and kills: one invoice for each order
cargo xtask ui                build the web UI into ui/dist
cargo xtask bundle [deb|rpm|appimage|oci|dmg|nsis|msi|all] [--profile dev|release] [--out DIR]
                              the packages of this system, with checksums and lists of their libraries";

#[derive(Debug)]
pub(crate) enum Command<'a> {
    Run(Profile),
    Test,
    Scenarios,
    Clients(Selection<'a>),
    Matrix,
    Check,
    Fuzz {
        seconds: u32,
        target: Option<&'a str>,
    },
    Kills(u32),
    Ui,
    Bundle(bundle::Request),
    Help,
}

impl<'a> Command<'a> {
    pub(crate) fn parse(arguments: &[&'a str]) -> Outcome<Command<'a>> {
        Ok(match arguments {
            ["run"] => Command::Run(Profile::Debug),
            ["run", "--release"] => Command::Run(Profile::Release),
            ["test"] => Command::Test,
            ["scenarios"] => Command::Scenarios,
            ["clients", arguments @ ..] => Command::Clients(Selection::parse(arguments)?),
            ["matrix"] => Command::Matrix,
            ["check"] => Command::Check,
            ["fuzz"] => Command::Fuzz {
                seconds: fuzz::SECONDS,
                target: None,
            },
            ["fuzz", seconds, target @ ..] if target.len() <= 1 => Command::Fuzz {
                seconds: seconds
                    .parse()
                    .map_err(|_| Failed::new(format!("`{seconds}` is not a number of seconds")))?,
                target: target.first().copied().map(fuzz::target).transpose()?,
            },
            ["kills"] => Command::Kills(kills::COUNT),
            ["kills", count] => Command::Kills(
                count
                    .parse()
                    .map_err(|_| Failed::new(format!("`{count}` is not a number of kills")))?,
            ),
            ["ui"] => Command::Ui,
            ["bundle", arguments @ ..] => Command::Bundle(bundle::Request::parse(arguments)?),
            ["help" | "--help" | "-h"] => Command::Help,
            [] => return Err(Failed::new(USAGE)),
            [
                name
                @ ("run" | "test" | "scenarios" | "matrix" | "check" | "fuzz" | "kills" | "ui"),
                rest @ ..,
            ] => {
                return Err(Failed::new(format!(
                    "`cargo xtask {name}` does not accept `{}`. The commands are:\n{USAGE}",
                    rest.join(" ")
                )));
            }
            [unknown, ..] => {
                return Err(Failed::new(format!(
                    "there is no `cargo xtask {unknown}`. The commands are:\n{USAGE}"
                )));
            }
        })
    }

    pub(crate) fn perform(self) -> Outcome {
        match self {
            Command::Run(profile) => run::run(profile),
            Command::Test => test::test(),
            Command::Scenarios => scenarios::scenarios(),
            Command::Clients(selection) => clients::run(&selection),
            Command::Matrix => matrix::matrix(),
            Command::Check => checks::set_up_and_check(),
            Command::Fuzz { seconds, target } => fuzz::fuzz(seconds, target),
            Command::Kills(count) => kills::kills(count),
            Command::Ui => ui::build(),
            Command::Bundle(request) => bundle::bundle(&request),
            Command::Help => {
                println!("{USAGE}");
                Ok(())
            }
        }
    }
}
