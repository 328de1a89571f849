//! Named tokens of persons, devices and pipelines.

use std::process::ExitCode;

use api::{Accepted, NewToken, TokenList, TokenName};
use clap::Subcommand;
use reqwest::Method;

use super::client::{CallError, Engine};
use super::print_line::{failed, print_line};
use super::show::{local, print_json};

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Create a token for a person, a device or a pipeline, and print once the base URLs with it. Caps and consent are the same for all
    /// tokens; the control API and the metrics do not accept it
    Add {
        /// Such as "Anna's laptop"; shown in `traffic`
        name: String,
        /// Count its requests for this pipeline, unless their path names another one
        #[arg(long)]
        pipeline: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// List the tokens: name, pipeline, created, last used
    List {
        #[arg(long)]
        json: bool,
    },
    /// Revoke a token; its next request is refused
    Revoke { name: String },
}

pub(super) async fn run(command: TokenCommand) -> ExitCode {
    let done = match command {
        TokenCommand::Add {
            name,
            pipeline,
            json,
        } => add(TokenName { name, pipeline }, json).await,
        TokenCommand::List { json } => list(json).await,
        TokenCommand::Revoke { name } => revoke(name).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ (CallError::NotRunning | CallError::Busy)) => failed(&error.to_string(), 2),
        Err(error) => failed(&error.to_string(), 1),
    }
}

async fn add(body: TokenName, json: bool) -> Result<(), CallError> {
    let engine = Engine::find()?;
    let new: NewToken = engine.call(Method::POST, "/tokens", Some(&body)).await?;
    if json {
        print_json(&new);
        return Ok(());
    }
    match &new.pipeline {
        Some(pipeline) => print_line!(
            "The token \"{}\" of the pipeline \"{pipeline}\" is shown only now:",
            new.name
        ),
        None => print_line!("The token \"{}\" is shown only now:", new.name),
    }
    for (at, url) in new.urls.iter().enumerate() {
        let place = if at == 0 {
            "  (this computer, or a tunnel to it)"
        } else {
            ""
        };
        print_line!("  {url}{place}");
    }
    if new.pipeline.is_some() {
        print_line!(
            "Or as the API key, with a base URL that has no token: {}",
            new.token
        );
    }
    for closed in &new.closed {
        print_line!("{closed}");
    }
    print_line!(
        "`understudyd token revoke` ends it. Caps and consent are the same as for this computer's own token."
    );
    Ok(())
}

async fn list(json: bool) -> Result<(), CallError> {
    let list: TokenList = Engine::find()?.get("/tokens").await?;
    if json {
        print_json(&list);
        return Ok(());
    }
    if list.tokens.is_empty() {
        print_line!("No named tokens. `understudyd token add NAME` creates one.");
    }
    for token in &list.tokens {
        let used = match token.last_used {
            Some(at) => format!("last used {}", local(at)),
            None => "never used".to_owned(),
        };
        let of = token.pipeline.as_deref();
        let of = of.map_or_else(String::new, |name| format!("  pipeline {name}"));
        print_line!(
            "{:<30} created {}  {used}{of}",
            token.name,
            local(token.created)
        );
    }
    Ok(())
}

async fn revoke(name: String) -> Result<(), CallError> {
    let body = TokenName {
        name,
        pipeline: None,
    };
    let engine = Engine::find()?;
    let done: Accepted = engine
        .call(Method::POST, "/tokens/revoke", Some(&body))
        .await?;
    print_line!("{}", done.message);
    Ok(())
}
