//! `understudyd stop`.

use std::process::ExitCode;

use api::{Accepted, Command, ConnectClient, ConnectPage, ConnectState};
use reqwest::Method;

use super::client::{CallError, Engine};
use super::print_line::print_line;
use super::show::finish;

/// Stops the engine, and names the clients whose settings still point to it.
pub(super) async fn stop() -> ExitCode {
    finish(false, async {
        let engine = Engine::find()?;
        // An engine that cannot list its clients is stopped like any other.
        let page: Result<ConnectPage, CallError> = engine.get("/connect").await;
        let accepted: Accepted = engine
            .call(Method::POST, "/do", Some(&Command::StopEngine))
            .await?;
        print_line!("{}", accepted.message);
        if let Some(left) = page.ok().and_then(|page| left_behind(&page.clients)) {
            print_line!("{left}");
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// A stop never edits a client's settings.
fn left_behind(clients: &[ConnectClient]) -> Option<String> {
    let points_here = |client: &&ConnectClient| match client.state {
        ConnectState::Connected | ConnectState::Confirmed => true,
        ConnectState::Absent
        | ConnectState::NotConnected
        | ConnectState::Elsewhere
        | ConnectState::Overridden
        | ConnectState::Unusable
        | ConnectState::Unknown => false,
    };
    let names: Vec<String> = clients
        .iter()
        .filter(points_here)
        .map(|client| client.name.clone())
        .collect();
    let (verb, their) = match names.len() {
        0 => return None,
        1 => ("is", "Its"),
        _ => ("are", "Their"),
    };
    Some(format!(
        "{} {verb} still connected. {their} requests fail until the engine starts again. To disconnect: `understudyd connect --undo-all`.",
        crate::view::words::list(&names)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str, state: ConnectState) -> ConnectClient {
        ConnectClient {
            id: name.to_lowercase(),
            name: name.into(),
            method: api::ConnectMethod::Edit,
            state,
            message: String::new(),
            fix: None,
            files: Vec::new(),
            notes: Vec::new(),
            losses: Vec::new(),
            lines: Vec::new(),
            last_request: None,
            testable: false,
        }
    }

    #[test]
    fn a_stop_names_the_clients_that_point_here_and_the_way_to_disconnect_them() {
        let clients = [
            client("Claude Code", ConnectState::Confirmed),
            client("aider", ConnectState::NotConnected),
            client("Codex", ConnectState::Connected),
        ];
        assert_eq!(
            left_behind(&clients).unwrap(),
            "Claude Code and Codex are still connected. Their requests fail until the engine starts again. To disconnect: `understudyd connect --undo-all`."
        );
        assert!(
            left_behind(&clients[..1])
                .unwrap()
                .starts_with("Claude Code is still connected. Its requests fail")
        );
        assert_eq!(left_behind(&clients[1..2]), None);
    }
}
