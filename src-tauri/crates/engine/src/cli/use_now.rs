//! `use`: the provider that a client's requests go to first.

use std::process::ExitCode;

use api::{Accepted, ClientUse, Command, RefusedChoice, Snapshot, UseChoice};
use reqwest::Method;

use super::client::Engine;
use super::failed;
use super::print_line::print_line;
use super::show::{finish, print_json};

const NO_CLIENT: &str = "No client has sent a request yet. Set a client's base URL to the URL that `understudyd url` prints; the window shows the lines for each client \
                         under Settings, Connect.";

pub(super) async fn list(json: bool) -> ExitCode {
    finish(json, async {
        let snapshot: Snapshot = Engine::find()?.get("/snapshot").await?;
        if json {
            print_json(&snapshot.clients);
        } else if snapshot.clients.is_empty() {
            print_line!("{NO_CLIENT}");
        } else {
            snapshot.clients.iter().for_each(print);
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn print(client: &ClientUse) {
    let auto = || match client.choices.first() {
        Some(first) => format!("{} uses {} (auto).", client.client, first.product),
        None => format!("{}: no provider can be used.", client.client),
    };
    print_line!("{}", client.sentence.clone().unwrap_or_else(auto));
    let choice = |one: &UseChoice| match &one.cost {
        Some(cost) => format!("{} ({cost})", one.product),
        None => one.product.clone(),
    };
    let choices: Vec<String> = client.choices.iter().map(choice).collect();
    if !choices.is_empty() {
        print_line!("  Choices: auto, {}", choices.join(", "));
    }
    for refused in &client.refused {
        let RefusedChoice { product, why, .. } = refused;
        match &refused.fix {
            Some(fix) => print_line!("  {product} cannot be used: {why}. To fix it: {fix}"),
            None => print_line!("  {product} cannot be used: {why}."),
        }
    }
    if client.choices.len() < 2 && client.refused.is_empty() {
        print_line!(
            "  No other provider can be used: add a key with `understudyd key add NAME`; `understudyd key list` shows the names."
        );
    }
}

/// `client`: none if only one has sent requests.
pub(super) async fn choose(client: Option<String>, provider: String, pin: bool) -> ExitCode {
    finish(false, async {
        let engine = Engine::find()?;
        let client = match client {
            Some(client) => client,
            None => {
                let snapshot: Snapshot = engine.get("/snapshot").await?;
                match snapshot.clients.as_slice() {
                    [] => return Ok(failed(NO_CLIENT, 1)),
                    [only] => only.client.clone(),
                    [..] => {
                        return Ok(failed(
                            "name the client too: `understudyd use` lists the clients",
                            1,
                        ));
                    }
                }
            }
        };
        let auto = provider.eq_ignore_ascii_case("auto");
        let command = Command::UseNow {
            client,
            provider: (!auto).then_some(provider),
            pin,
        };
        let accepted: Accepted = engine.call(Method::POST, "/do", Some(&command)).await?;
        print_line!("{}", accepted.message);
        Ok(ExitCode::SUCCESS)
    })
    .await
}
