//! The owner's marks on items of an incident.

use std::process::ExitCode;

use api::{Accepted, ItemMark, MarkItem};
use clap::{Subcommand, ValueEnum};
use reqwest::Method;

use super::client::Engine;
use super::print_line::print_line;
use super::show::{finish, print_json};

#[derive(Debug, Subcommand)]
pub(super) enum IncidentCommand {
    /// State what became of an item that failed; one that waits leaves the review queue
    Mark {
        /// Number of the incident
        incident: i64,
        pipeline: String,
        /// As `understudyd incidents NUMBER` lists it
        item: String,
        mark: MarkChoice,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum MarkChoice {
    Recovered,
    Lost,
    /// Remove the mark
    None,
}

pub(super) async fn run(command: IncidentCommand) -> ExitCode {
    let IncidentCommand::Mark {
        incident,
        pipeline,
        item,
        mark,
        json,
    } = command;
    let wanted = MarkItem {
        pipeline,
        item,
        mark: match mark {
            MarkChoice::Recovered => Some(ItemMark::Recovered),
            MarkChoice::Lost => Some(ItemMark::Lost),
            MarkChoice::None => None,
        },
    };
    finish(json, async {
        let path = format!("/incidents/{incident}/mark");
        let accepted: Accepted = Engine::find()?
            .call(Method::POST, &path, Some(&wanted))
            .await?;
        if json {
            print_json(&accepted);
        } else {
            print_line!("{}", accepted.message);
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}
