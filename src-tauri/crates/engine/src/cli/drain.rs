//! `review drain` and `review secret`: parked requests that finish without a person.

use std::process::ExitCode;

use api::{Accepted, DrainOffer, DrainSwitch, WebhookSecret};
use clap::{Args, ValueEnum};
use reqwest::Method;

use super::client::Engine;
use super::consent::confirmed;
use super::keys::read_key;
use super::print_line::print_line;
use super::show::{finish, print_accepted, print_json, query_of};

#[derive(Debug, Args)]
pub(super) struct DrainArgs {
    /// Absent: only show what it would do and cost
    to: Option<Switch>,
    #[arg(long)]
    pipeline: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// Shows the cost, and requests consent before it switches on.
pub(super) async fn switch(args: DrainArgs) -> ExitCode {
    let DrainArgs {
        to,
        pipeline,
        yes,
        json,
    } = args;
    finish(json, async {
        let engine = Engine::find()?;
        let on = to == Some(Switch::On);
        if to != Some(Switch::Off) {
            let query = query_of(&[("pipeline", &pipeline)]);
            let offer: DrainOffer = engine.get(&format!("/review/drain?{query}")).await?;
            if to.is_none() && json {
                print_json(&offer);
            } else if !json {
                let state = if offer.on { "on" } else { "off" };
                print_line!(
                    "Draining of {} is {state}. {}",
                    offer.pipeline,
                    offer.sentence
                );
            }
            if to.is_none() {
                return Ok(ExitCode::SUCCESS);
            }
            if on && !yes && !confirmed("Switch it on?") {
                print_line!("Nothing was changed.");
                return Ok(ExitCode::SUCCESS);
            }
        }
        let switch = DrainSwitch { pipeline, on };
        let accepted: Accepted = engine
            .call(Method::POST, "/review/drain", Some(&switch))
            .await?;
        print_accepted(&accepted, json);
        Ok(ExitCode::SUCCESS)
    })
    .await
}

pub(super) async fn secret(pipeline: String) -> ExitCode {
    finish(false, async {
        let secret = match read_key(&format!("the webhook of {pipeline}")) {
            Ok(secret) => secret,
            Err(error) => {
                print_line!("The secret cannot be read: {error}");
                return Ok(ExitCode::from(1));
            }
        };
        let entry = WebhookSecret { pipeline, secret };
        let accepted: Accepted = Engine::find()?
            .call(Method::PUT, "/review/secret", Some(&entry))
            .await?;
        print_accepted(&accepted, false);
        Ok(ExitCode::SUCCESS)
    })
    .await
}
