//! `use`: the provider that a client's requests go to first.

use std::process::ExitCode;

use api::{Accepted, ClientUse, Command, Snapshot};
use reqwest::Method;

use super::client::Engine;
use super::failed;
use super::say::say;
use super::show::{finish, print_json};

pub(super) async fn list(json: bool) -> ExitCode {
    finish(json, async {
        let snapshot: Snapshot = Engine::find()?.get("/snapshot").await?;
        if json {
            print_json(&snapshot.clients);
        } else if snapshot.clients.is_empty() {
            say!("No client that has a choice of providers has sent a request.");
        }
        if !json {
            snapshot.clients.iter().for_each(print);
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn print(client: &ClientUse) {
    let auto = || {
        let first = client.choices.first();
        first.map_or_else(String::new, |first| {
            format!("{} uses {} (auto).", client.client, first.product)
        })
    };
    say!("{}", client.sentence.clone().unwrap_or_else(auto));
    let products: Vec<&str> = client
        .choices
        .iter()
        .map(|one| one.product.as_str())
        .collect();
    say!("  Choices: auto, {}", products.join(", "));
}

/// `client`: none if only one has sent requests.
pub(super) async fn choose(client: Option<String>, provider: String, pin: bool) -> ExitCode {
    finish(false, async {
        let engine = Engine::find()?;
        let client = match client {
            Some(client) => client,
            None => {
                let snapshot: Snapshot = engine.get("/snapshot").await?;
                let [only] = snapshot.clients.as_slice() else {
                    return Ok(failed(
                        "name the client too: `understudyd use` lists the clients",
                        1,
                    ));
                };
                only.client.clone()
            }
        };
        let auto = provider.eq_ignore_ascii_case("auto");
        let command = Command::UseNow {
            client,
            provider: (!auto).then_some(provider),
            pin,
        };
        let accepted: Accepted = engine.call(Method::POST, "/do", Some(&command)).await?;
        say!("{}", accepted.said);
        Ok(ExitCode::SUCCESS)
    })
    .await
}
