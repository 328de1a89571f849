//! Candidates for a model, their order, and the reasons.

use std::fmt::Display;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use reqwest::Method;
use serde_json::value::RawValue;

use super::client::{CallError, Engine};
use super::print_line::print_line;
use super::show::{finish, print_json, query_of};

/// Input of a plan.
pub(super) enum Of {
    /// Any request for this model.
    Model(String),
    /// The request in this file; `-`: standard input.
    Request(PathBuf),
}

/// The caller of the request.
#[derive(Debug, clap::Args)]
pub(super) struct CallerArgs {
    /// The client's kind of login; default: as in recent requests
    #[arg(long, value_enum)]
    login: Option<Login>,
    /// The client has a subscription login: same as `--login subscription`
    #[arg(long, hide = true, conflicts_with = "login")]
    client_login: bool,
    /// The request belongs to this pipeline
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// The client is neither a coding agent nor a pipeline
    #[arg(long, conflicts_with = "pipeline")]
    application: bool,
    /// The client's name, for the choice made with `use`: "Claude Code"
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Login {
    None,
    Key,
    Subscription,
}

impl CallerArgs {
    fn query(&self) -> Vec<(&'static str, &str)> {
        let login = match self.login {
            _ if self.client_login => Some("subscription"),
            None => None,
            Some(Login::None) => Some("none"),
            Some(Login::Key) => Some("key"),
            Some(Login::Subscription) => Some("subscription"),
        };
        let mut query: Vec<_> = login.map(|login| ("login", login)).into_iter().collect();
        query.extend(self.pipeline.as_deref().map(|name| ("pipeline", name)));
        query.extend(self.client.as_deref().map(|name| ("client", name)));
        query.extend(self.application.then_some(("application", "true")));
        query
    }
}

pub(super) async fn explain(of: Of, dialect: &str, caller: &CallerArgs, json: bool) -> ExitCode {
    let common = [caller.query(), vec![("dialect", dialect)]].concat();
    finish(json, async {
        let explained: api::Explained = match of {
            Of::Model(model) => {
                let query = query_of(&[common.as_slice(), &[("model", &model)]].concat());
                Engine::find()?.get(&format!("/explain?{query}")).await?
            }
            Of::Request(file) => {
                let body = read(&file)?;
                let query = query_of(&common);
                let path = format!("/explain?{query}");
                let engine = Engine::find()?;
                engine.call(Method::POST, &path, Some(&body)).await?
            }
        };
        if json {
            print_json(&explained);
            return Ok(ExitCode::SUCCESS);
        }
        print_line!(
            "{} ({}), route {}, delivered {}:",
            explained.model,
            explained.dialect,
            explained.route,
            explained.delivery
        );
        if let Some(until) = explained.drill_until {
            let until = until.with_timezone(&chrono::Local).format("%H:%M:%S");
            print_line!(
                "A drill is running: the primary fails on purpose for live requests until {until}. `understudyd drill --stop` ends it."
            );
        }
        let mut place = 0;
        for candidate in &explained.candidates {
            let mark = if candidate.usable {
                place += 1;
                format!("{place}.")
            } else {
                "-".into()
            };
            let model = candidate.model.as_deref().unwrap_or(&explained.model);
            print_line!(
                "{mark:<3}{} with {model}: {}",
                candidate.endpoint,
                candidate.reason
            );
        }
        for fallback in &explained.fallbacks {
            print_line!("{}: {}", fallback.name, fallback.message);
        }
        if let Some(no_fallback) = &explained.no_fallback {
            print_line!("{no_fallback}");
        }
        Ok(if place > 0 {
            ExitCode::SUCCESS
        } else {
            print_line!("No candidate is eligible.");
            ExitCode::from(1)
        })
    })
    .await
}

fn read(file: &Path) -> Result<Box<RawValue>, CallError> {
    let unusable = |why: &dyn Display| CallError::File {
        file: file.display().to_string(),
        why: why.to_string(),
    };
    let read = if file.as_os_str() == "-" {
        let mut body = Vec::new();
        std::io::stdin().read_to_end(&mut body).map(|_| body)
    } else {
        std::fs::read(file)
    };
    let body = read.map_err(|error| unusable(&error))?;
    serde_json::from_slice(&body).map_err(|error| unusable(&error))
}
