//! `understudyd incidents`.

use std::process::ExitCode;

use ::words::Clock;
use api::{Accepted, Incident, IncidentPage, IncidentSummary};
use clap::Args;
use reqwest::Method;

use super::client::Engine;
use super::mark::{self, IncidentCommand};
use super::print_line::print_line;
use super::show::{clock, finish, local, print_json, query_of, text_of};
use super::{impact, interruption};
use crate::view::words;

#[derive(Debug, Args)]
pub(super) struct IncidentsArgs {
    #[command(subcommand)]
    command: Option<IncidentCommand>,
    /// Show only this incident, with its impact, its timeline and the interrupted work
    id: Option<i64>,
    /// Mark this interrupted session as checked
    #[arg(long, value_name = "NUMBER", requires = "id")]
    checked: Option<i64>,
    /// Only incidents with this text in themselves or in a failed request: a status such as 529, or what a client showed
    #[arg(long, value_name = "TEXT", conflicts_with = "id")]
    search: Option<String>,
    #[arg(long, default_value_t = 20)]
    limit: u32,
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: IncidentsArgs) -> ExitCode {
    match (args.command, args.checked, args.id) {
        (Some(command), _, _) => mark::run(command).await,
        (None, Some(number), _) => checked(number).await,
        (None, None, Some(id)) => incident(id, args.json).await,
        (None, None, None) => incidents(args.search, args.limit, args.json).await,
    }
}

async fn incidents(search: Option<String>, limit: u32, json: bool) -> ExitCode {
    finish(json, async {
        let text = search.unwrap_or_default();
        let query = query_of(&[("limit", &limit.to_string()), ("text", &text)]);
        let page: IncidentPage = Engine::find()?.get(&format!("/incidents?{query}")).await?;
        if json {
            print_json(&page);
        } else if page.incidents.is_empty() && !text.is_empty() {
            print_line!("No incident has the text \"{}\".", api::escape(&text));
        } else if page.incidents.is_empty() {
            print_line!("No incident was recorded.");
        } else {
            let clock = clock(crate::clock::wall()());
            let incidents = page.incidents.iter();
            incidents.for_each(|incident| print_incident(incident, &clock));
        }
        if !json {
            for crash in &page.unexpected_ends {
                print_line!(
                    "       Understudy ended unexpectedly at {} and was started again at {}. `understudyd doctor` shows where its log is.",
                    local(crash.ended),
                    local(crash.started)
                );
            }
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn print_incident(incident: &IncidentSummary, clock: &Clock) {
    let until = incident.closed.map_or_else(
        || "open".into(),
        |closed| format!("until {}", local(closed)),
    );
    print_line!(
        "{:>5}  {}  {until}  {} (at worst {})",
        incident.id,
        local(incident.opened),
        incident.title,
        words::level_words(incident.peak)
    );
    print_line!(
        "       {} requests affected, {} answered by a fallback. {}",
        incident.exchanges_hit,
        incident.carried_by_fallback,
        impact::at_risk(incident.impact.as_ref(), clock)
    );
}

async fn incident(id: i64, json: bool) -> ExitCode {
    finish(json, async {
        let incident: Incident = Engine::find()?.get(&format!("/incidents/{id}")).await?;
        if json {
            print_json(&incident);
            return Ok(ExitCode::SUCCESS);
        }
        let clock = clock(crate::clock::wall()());
        print_incident(&incident.summary, &clock);
        impact::print(&incident);
        let evidence = text_of(&clock, &incident.evidence_spans, &incident.evidence);
        print_line!("       {evidence}");
        for entry in &incident.timeline {
            let text = text_of(&clock, &entry.spans, &entry.text);
            print_line!("       {}  {text}", local(entry.at));
        }
        for session in &incident.interrupted {
            for line in interruption::lines(&clock, session, id) {
                print_line!("       {line}");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

async fn checked(interruption: i64) -> ExitCode {
    finish(false, async {
        let accepted: Accepted = Engine::find()?
            .call(
                Method::POST,
                &format!("/interruptions/{interruption}/checked"),
                None::<&()>,
            )
            .await?;
        print_line!("{}", accepted.message);
        Ok(ExitCode::SUCCESS)
    })
    .await
}
