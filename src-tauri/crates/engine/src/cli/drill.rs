//! A drill from the command line: what it costs, its steps, its report.

use std::process::ExitCode;
use std::time::Duration;

use api::{Drill, DrillEntry, DrillOffer, DrillReport, SetUpLine};
use catalog::MicroDollars;
use reqwest::Method;

use super::client::{CallError, Engine};
use super::consent::confirmed;
use super::print_line::print_line;
use super::show::{clock, finish, print_json, query_of};
use crate::view::fallback_test::dollars;

/// The drill did not run.
const NOT_RUN: u8 = 2;
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Args)]
pub(super) struct DrillArgs {
    /// A model of the route; default: that of the newest request
    #[arg(long)]
    model: Option<String>,
    /// Live requests of the route meet the failure too, for at most 60 seconds
    #[arg(long)]
    live: bool,
    /// Accept the cost without a prompt; by default it is shown and must be confirmed
    #[arg(long)]
    yes: bool,
    /// End the drill that runs
    #[arg(long, conflicts_with_all = ["model", "live", "yes"])]
    stop: bool,
    /// Print JSON: the drill when it has ended, or the offer where the cost needs --yes
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: DrillArgs) -> ExitCode {
    finish(args.json, drill(args)).await
}

async fn drill(args: DrillArgs) -> Result<ExitCode, CallError> {
    let engine = Engine::find()?;
    if args.stop {
        let ended: Drill = engine.call(Method::DELETE, "/drill", None::<&()>).await?;
        return Ok(report(&ended, args.json));
    }
    let live = if args.live { "true" } else { "false" };
    let mut query = vec![("live", live)];
    query.extend(args.model.as_deref().map(|model| ("model", model)));
    let path = format!("/drill/offer?{}", query_of(&query));
    let offer: DrillOffer = engine.get(&path).await?;
    if !args.json {
        print_offer(&offer, args.live);
    }
    if offer.cost.needs_yes && !args.yes {
        if args.json {
            print_json(&offer);
            return Ok(ExitCode::from(NOT_RUN));
        }
        if !confirmed("Start the drill?") {
            print_line!("No drill. `understudyd drill --yes` starts it without confirmation.");
            return Ok(ExitCode::from(NOT_RUN));
        }
    }
    let entry = DrillEntry {
        model: args.model,
        live: args.live,
        yes: true,
    };
    let mut drill: Drill = engine.call(Method::POST, "/drill", Some(&entry)).await?;
    let mut printed = 0;
    loop {
        if !args.json {
            printed = print_steps(&drill, printed);
        }
        if !drill.running {
            return Ok(report(&drill, args.json));
        }
        tokio::time::sleep(LOOK_EVERY).await;
        drill = engine.get("/drill").await?;
    }
}

fn print_offer(offer: &DrillOffer, live: bool) {
    print_line!("Drill of {}", offer.route);
    print_line!("{}", offer.message);
    print_line!("It costs {}.", offer.cost.method);
    if live {
        print_line!(
            "Live requests of this route meet the failure for at most 60 s; `understudyd drill --stop` ends it."
        );
    }
}

/// Returns the number of steps printed so far.
fn print_steps(drill: &Drill, printed: usize) -> usize {
    let clock = clock(crate::clock::wall()());
    for step in drill.steps.iter().skip(printed) {
        let at = step.at.with_timezone(&chrono::Local).format("%H:%M:%S");
        print_line!("  {at}  {}", clock.plain(&step.sentence));
    }
    drill.steps.len()
}

/// Exit code 0: a fallback carried; 1: none did.
fn report(drill: &Drill, json: bool) -> ExitCode {
    if json {
        print_json(drill);
    } else if let Some(report) = &drill.report {
        print_report(report);
    }
    match drill.report.as_ref().is_some_and(|report| report.passed) {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    }
}

fn print_report(report: &DrillReport) {
    let passed = if report.passed {
        "Passed"
    } else {
        "Not passed"
    };
    print_line!("{passed}: {}", report.message);
    if !report.client_saw.is_empty() {
        print_line!("What the client saw:");
        for line in &report.client_saw {
            print_line!("  {line}");
        }
    }
    match report.cost {
        Some(0) => print_line!("Cost: nothing."),
        Some(cost) => print_line!("Cost: {}.", dollars(MicroDollars(cost))),
        None => print_line!("Cost: not known."),
    }
    if report.today.is_empty() {
        print_line!("No client has sent a request yet: connect one to see what your set-up does.");
        return;
    }
    print_line!("With your set-up today:");
    for SetUpLine {
        failure,
        outcome,
        carried,
    } in &report.today
    {
        let mark = if *carried { "+" } else { "-" };
        print_line!("  {mark} {failure} → {outcome}");
    }
    if let Some(fix) = &report.fix {
        print_line!("{fix}");
    }
}
