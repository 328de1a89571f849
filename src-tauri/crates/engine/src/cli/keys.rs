use std::io::{self, IsTerminal, Read};
use std::process::ExitCode;

use api::{KeyEntry, KeyState, KeyTried, Snapshot};
use clap::Subcommand;
use reqwest::Method;

use super::client::{CallError, Engine};
use super::print_line::{failed, print_line};

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Add a key: read from a prompt without echo, or from standard input
    Add { endpoint: String },
    /// Remove a key
    Remove { endpoint: String },
    /// List the endpoints with a key, and its source
    List,
}

pub(super) async fn run(command: KeyCommand) -> ExitCode {
    let done = match command {
        KeyCommand::Add { endpoint } => add(&endpoint).await,
        KeyCommand::Remove { endpoint } => remove(&endpoint).await,
        KeyCommand::List => list().await,
    };
    done.unwrap_or_else(|error| failed(&error.to_string(), 2))
}
async fn add(endpoint: &str) -> Result<ExitCode, CallError> {
    let engine = Engine::find()?;
    let key = match read_key(endpoint) {
        Ok(key) => key,
        Err(error) => return Ok(failed(&format!("the key cannot be read: {error}"), 1)),
    };
    let tried: KeyTried = engine
        .call(
            Method::PUT,
            &format!("/keys/{endpoint}"),
            Some(&KeyEntry { key }),
        )
        .await?;
    print_line!("{}", tried.message);
    Ok(if tried.works == Some(false) {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}
async fn remove(endpoint: &str) -> Result<ExitCode, CallError> {
    let printed: KeyTried = Engine::find()?
        .call(Method::DELETE, &format!("/keys/{endpoint}"), None::<&()>)
        .await?;
    print_line!("{}", printed.message);
    Ok(ExitCode::SUCCESS)
}
async fn list() -> Result<ExitCode, CallError> {
    let snapshot: Snapshot = Engine::find()?.get("/snapshot").await?;
    for endpoint in snapshot
        .providers
        .iter()
        .filter(|p| !p.rehearsal)
        .flat_map(|p| &p.endpoints)
    {
        let state = match endpoint.key {
            KeyState::NotNeeded => "not needed".into(),
            KeyState::Missing => format!("none: `understudyd key add {}`", endpoint.id),
            KeyState::Keychain => "in the keychain".into(),
            KeyState::Environment => format!(
                "from {}",
                endpoint.key_env.as_deref().unwrap_or("the environment")
            ),
            KeyState::Memory => "in memory until the engine stops".into(),
            KeyState::ClientLogin => "clients use their own login".into(),
        };
        print_line!("{:<14} {state}", endpoint.id);
    }
    Ok(ExitCode::SUCCESS)
}

/// The key is never a command-line argument: it would appear in the shell history and in the process list.
pub(super) fn read_key(endpoint: &str) -> io::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(format!("Key for {endpoint} (not shown): "));
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    Ok(text.trim().to_owned())
}
