//! Who would be asked, in which order, and why.

use std::fmt::Display;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use reqwest::Method;
use serde_json::value::RawValue;

use super::client::{CallError, Engine};
use super::say::say;
use super::show::{finish, print_json, query_of};

/// What a plan is wanted for.
pub(super) enum Of {
    /// Any request for this model.
    Model(String),
    /// The request in this file; `-`: the input.
    Request(PathBuf),
}

pub(super) async fn explain(of: Of, dialect: &str, client_login: bool, json: bool) -> ExitCode {
    let login = if client_login { "true" } else { "false" };
    let common = [("dialect", dialect), ("client_login", login)];
    finish(async {
        let explained: api::Explained = match of {
            Of::Model(model) => {
                let query = query_of(&[common[0], common[1], ("model", &model)]);
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
        say!(
            "{} ({}), route {}, delivered {}:",
            explained.model,
            explained.dialect,
            explained.route,
            explained.delivery
        );
        let mut place = 0;
        for candidate in &explained.candidates {
            let mark = if candidate.usable {
                place += 1;
                format!("{place}.")
            } else {
                "-".into()
            };
            let model = candidate.model.as_deref().unwrap_or(&explained.model);
            say!(
                "{mark:<3}{} with {model}: {}",
                candidate.endpoint,
                candidate.reason
            );
        }
        Ok(if place > 0 {
            ExitCode::SUCCESS
        } else {
            say!("Nobody can be asked.");
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
