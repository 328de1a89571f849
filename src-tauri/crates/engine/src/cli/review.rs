use std::process::ExitCode;

use api::{
    Accepted, Closing, Command, ReviewAttempt, ReviewClose, ReviewItem, ReviewPage,
    ReviewReopenSeveral, ReviewRetrySeveral, ReviewState, ReviewSummary,
};
use catalog::MicroDollars;
use clap::{Args, Subcommand};
use reqwest::Method;

use super::client::Engine;
use super::drain::{self, DrainArgs};
use super::print_line::{print_document, print_line};
use super::show::{finish, local, print_accepted, print_json};

/// A complete response may take as long as the longest attempt, and there may be several attempts.
const RUN_WITHIN: std::time::Duration = std::time::Duration::from_secs(60 * 60);

#[derive(Debug, Subcommand)]
pub(super) enum ReviewCommand {
    /// Parked requests, and those closed within 14 days, newest first
    List(ListArgs),
    /// One item with its request
    Show {
        id: String,
        #[arg(long)]
        json: bool,
    },
    /// Close an item: it was done by hand
    Done {
        id: String,
        #[arg(long)]
        note: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Close an item: it need not be done
    Dismiss {
        id: String,
        #[arg(long)]
        note: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Open closed items again
    Reopen {
        #[arg(required = true)]
        ids: Vec<String>,
        #[arg(long)]
        json: bool,
    },
    /// Let parked requests of a pipeline finish without a click, or not; shows the cost first
    Drain(DrainArgs),
    /// Store the secret of a pipeline's webhook in the keychain: read from a prompt without echo, or from standard input
    Secret {
        #[arg(long)]
        pipeline: String,
    },
    /// Run all parked requests again, one after the other; `status` shows the progress
    Retry {
        /// Only requests of this incident
        #[arg(long)]
        incident: Option<i64>,
        /// Only requests of this pipeline
        #[arg(long)]
        pipeline: Option<String>,
        /// Send nothing; print the number of items
        #[arg(long)]
        count: bool,
        #[arg(long)]
        json: bool,
    },
    /// Send the request again and print its response; exit code 1 if it failed again
    Run {
        #[arg(required_unless_present = "pipeline")]
        id: Option<String>,
        /// All parked requests of this pipeline, one after the other
        #[arg(long, conflicts_with = "id")]
        pipeline: Option<String>,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Include closed items
    #[arg(long)]
    all: bool,
    #[arg(long, default_value_t = 50)]
    limit: u32,
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: ReviewCommand) -> ExitCode {
    match command {
        ReviewCommand::List(ListArgs { all, limit, json }) => list(all, limit, json).await,
        ReviewCommand::Show { id, json } => show(&id, json).await,
        ReviewCommand::Done { id, note, json } => close(&id, Closing::Done, note, json).await,
        ReviewCommand::Dismiss { id, note, json } => {
            close(&id, Closing::Dismissed, note, json).await
        }
        ReviewCommand::Reopen { ids, json } => reopen(ids, json).await,
        ReviewCommand::Drain(args) => drain::switch(args).await,
        ReviewCommand::Secret { pipeline } => drain::secret(pipeline).await,
        ReviewCommand::Retry {
            incident,
            pipeline,
            count,
            json,
        } => retry(incident, pipeline, count, json).await,
        ReviewCommand::Run {
            id: Some(id), json, ..
        } => run_again(&id, json).await,
        ReviewCommand::Run {
            id: None,
            pipeline,
            json,
        } => run_several(pipeline, json).await,
    }
}

async fn list(all: bool, limit: u32, json: bool) -> ExitCode {
    finish(json, async {
        let page: ReviewPage = Engine::find()?
            .get(&format!("/review?limit={limit}&all={all}"))
            .await?;
        if json {
            print_json(&page);
        } else {
            let waits = |item: &&ReviewSummary| item.state == ReviewState::Open;
            let (open, settled): (Vec<_>, Vec<_>) = page.items.iter().partition(waits);
            if open.is_empty() {
                print_line!("No request waits for review.");
            }
            open.into_iter().for_each(print_summary);
            if !settled.is_empty() {
                let since = if all {
                    "Closed"
                } else {
                    "Answered in the last 14 days"
                };
                print_line!("");
                print_line!("{since}:");
            }
            settled.into_iter().for_each(print_summary);
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn print_summary(item: &ReviewSummary) {
    let whose = item.pipeline.as_deref().unwrap_or(&item.route);
    let which = item.item.as_deref().unwrap_or("-");
    print_line!(
        "{}  {:<9} {}  {whose:<16} {which:<16} {} × failed",
        item.id,
        state(item.state),
        local(item.last),
        item.failures
    );
    print_line!("                  {}", item.why);
    if let Some(drain) = &item.drain {
        print_line!("                  {drain}");
    }
    if let Some(note) = &item.note {
        print_line!("                  Note: {note}");
    }
    if let Some(exchange) = item.settled_by {
        print_line!("                  Answered by request {exchange}.");
    }
}

fn print_attempt(attempt: &ReviewAttempt) {
    let by = [&attempt.endpoint, &attempt.model].map(|part| part.as_deref().unwrap_or("-"));
    let cost = match attempt.cost {
        Some(cost) => MicroDollars(cost).to_string(),
        None => "cost unknown".to_owned(),
    };
    print_line!(
        "Request {}  {}  {}  {}  {cost}  {}",
        attempt.exchange,
        local(attempt.at),
        attempt.client,
        by.join(" "),
        attempt.reason
    );
}

async fn show(id: &str, json: bool) -> ExitCode {
    finish(json, async {
        let item: ReviewItem = Engine::find()?.get(&path(id, "")).await?;
        if json {
            print_json(&item);
            return Ok(ExitCode::SUCCESS);
        }
        print_summary(&item.summary);
        print_line!("");
        print_document(item.request.as_deref().unwrap_or("(no request)"));
        print_line!("");
        print_line!("{}", item.kept);
        if !item.attempts.is_empty() {
            print_line!("");
        }
        item.attempts.iter().for_each(print_attempt);
        if let Some(run) = &item.run {
            print_line!("");
            print_line!("Run again {}: status {}", local(run.at), run.status);
            print_document(&run.answer);
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

async fn close(id: &str, closing: Closing, note: Option<String>, json: bool) -> ExitCode {
    finish(json, async {
        let close = ReviewClose { closing, note };
        let accepted: Accepted = Engine::find()?
            .call(Method::POST, &path(id, "/close"), Some(&close))
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

async fn reopen(ids: Vec<String>, json: bool) -> ExitCode {
    finish(json, async {
        let engine = Engine::find()?;
        let accepted: Accepted = match &*ids {
            [id] => {
                engine
                    .call(Method::POST, &path(id, "/reopen"), None::<&()>)
                    .await?
            }
            _ => {
                let several = ReviewReopenSeveral { ids };
                engine
                    .call(Method::POST, "/review/reopen", Some(&several))
                    .await?
            }
        };
        if json {
            print_json(&accepted);
        } else {
            print_line!("{}", accepted.message);
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

async fn retry(
    incident: Option<i64>,
    pipeline: Option<String>,
    count_only: bool,
    json: bool,
) -> ExitCode {
    finish(false, async {
        let command = Command::ReviewRetryAll {
            incident,
            pipeline,
            count_only,
        };
        let accepted: Accepted = Engine::find()?
            .call(Method::POST, "/do", Some(&command))
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

async fn run_several(pipeline: Option<String>, json: bool) -> ExitCode {
    finish(json, async {
        let several = ReviewRetrySeveral {
            ids: None,
            pipeline,
        };
        let accepted: Accepted = Engine::find()?
            .call(Method::POST, "/review/retry", Some(&several))
            .await?;
        print_accepted(&accepted, json);
        Ok(ExitCode::SUCCESS)
    })
    .await
}

async fn run_again(id: &str, json: bool) -> ExitCode {
    finish(json, async {
        let item: ReviewItem = Engine::find_patient(RUN_WITHIN)?
            .call(Method::POST, &path(id, "/run"), None::<&()>)
            .await?;
        let answered = item.run.as_ref().is_some_and(|run| run.answered);
        if json {
            print_json(&item);
        } else if let Some(run) = &item.run {
            print_document(&run.answer);
        }
        Ok(if answered {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    })
    .await
}

/// Ids are hexadecimal; any other input must not become a different path.
fn path(id: &str, action: &str) -> String {
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("/review/{id}{action}")
}

fn state(state: ReviewState) -> &'static str {
    match state {
        ReviewState::Open => "open",
        ReviewState::Answered => "answered",
        ReviewState::Done => "done",
        ReviewState::Dismissed => "dismissed",
    }
}
