use std::io::{self, IsTerminal, Read};
use std::process::ExitCode;

use api::{
    Accepted, EffectItem, EffectPage, EffectSettle, EffectSettled, EffectState, EffectSummary,
    KeyEntry,
};
use clap::{Args, Subcommand};
use reqwest::Method;

use super::client::Engine;
use super::print_line::{failed, print_document, print_line};
use super::show::{finish, local, print_json};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct EffectsArgs {
    #[command(subcommand)]
    command: Option<EffectsCommand>,
    #[command(flatten)]
    listing: ListArgs,
}

#[derive(Debug, Subcommand)]
enum EffectsCommand {
    /// Unfinished side effects, newest first
    List(ListArgs),
    /// One side effect with its request and its result
    Show {
        id: String,
        #[arg(long)]
        json: bool,
    },
    /// Decide what happens to a side effect whose outcome is unknown, after a check at its receiver
    Settle(SettleArgs),
    /// Store a secret of a receiver in the keychain: read from a prompt without echo, or from standard input
    Secret {
        /// As in the settings: { keychain = "NAME" }
        name: String,
    },
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Include those that are done
    #[arg(long)]
    all: bool,
    #[arg(long, default_value_t = 50)]
    limit: u32,
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct SettleArgs {
    id: String,
    /// It arrived: its client gets a result for its key
    #[arg(long, group = "word", required_unless_present_any = ["send_again", "drop"])]
    arrived: bool,
    /// It did not arrive: send it again
    #[arg(long, group = "word")]
    send_again: bool,
    /// It is not needed any more
    #[arg(long, group = "word")]
    drop: bool,
    /// With --arrived: the status that the client gets; default: 200
    #[arg(long, requires = "arrived")]
    status: Option<u16>,
    /// With --arrived: the body that the client gets, such as {"number": "INV-17"}
    #[arg(long, requires = "arrived")]
    body: Option<String>,
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: EffectsArgs) -> ExitCode {
    let EffectsArgs { command, listing } = args;
    match command.unwrap_or(EffectsCommand::List(listing)) {
        EffectsCommand::List(ListArgs { all, limit, json }) => list(all, limit, json).await,
        EffectsCommand::Show { id, json } => show(&id, json).await,
        EffectsCommand::Settle(args) => settle(args).await,
        EffectsCommand::Secret { name } => secret(&name).await,
    }
}

async fn list(all: bool, limit: u32, json: bool) -> ExitCode {
    finish(json, async {
        let page: EffectPage = Engine::find()?
            .get(&format!("/effects?limit={limit}&all={all}"))
            .await?;
        if json {
            print_json(&page);
        } else if page.items.is_empty() {
            print_line!("No side effect is unfinished.");
        }
        if !json {
            page.items.iter().for_each(print_summary);
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn print_summary(effect: &EffectSummary) {
    let item = effect.item.as_deref().unwrap_or("-");
    print_line!(
        "{:<6} {:<8} {}  {:<16} {item:<16} key {}",
        effect.id,
        state(effect.state),
        local(effect.at),
        effect.name,
        effect.key
    );
    if let Some(why) = &effect.why {
        print_line!("       {why}");
    }
    match effect.state {
        EffectState::Unknown => print_line!(
            "       Check at the receiver, then: understudyd effects settle {} --arrived | --send-again | --drop",
            effect.id
        ),
        EffectState::Unsent => print_line!(
            "       It was never sent: understudyd effects settle {} --send-again | --drop",
            effect.id
        ),
        EffectState::Waiting | EffectState::Sending | EffectState::Done | EffectState::Dropped => {}
    }
    if let (Some(status), Some(ended)) = (effect.status, effect.ended) {
        let by = match effect.settled {
            Some(EffectSettled::Arrived) => ", by your decision",
            Some(EffectSettled::SentAgain) => ", after it was sent again",
            Some(EffectSettled::Dropped) | None => "",
        };
        print_line!("       Status {status} {}{by}", local(ended));
    }
}

async fn show(id: &str, json: bool) -> ExitCode {
    finish(json, async {
        let item: EffectItem = Engine::find()?.get(&path(id, "")).await?;
        if json {
            print_json(&item);
            return Ok(ExitCode::SUCCESS);
        }
        print_summary(&item.summary);
        print_line!("");
        print_document(&item.request);
        if let Some(result) = &item.result {
            print_line!("");
            print_line!("Result: status {}", result.status);
            print_document(result.body.as_deref().unwrap_or("(too large to keep)"));
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

async fn settle(args: SettleArgs) -> ExitCode {
    let SettleArgs { id, json, .. } = &args;
    finish(*json, async {
        let settle = if args.arrived {
            EffectSettle::Arrived {
                status: args.status,
                body: args.body.clone(),
            }
        } else if args.send_again {
            EffectSettle::SendAgain
        } else {
            EffectSettle::Drop
        };
        let accepted: Accepted = Engine::find()?
            .call(Method::POST, &path(id, "/settle"), Some(&settle))
            .await?;
        if *json {
            print_json(&accepted);
        } else {
            print_line!("{}", accepted.message);
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// A secret is never a command-line argument: it would appear in the shell history and in the process list.
async fn secret(name: &str) -> ExitCode {
    let key = match read_secret(name) {
        Ok(key) => key,
        Err(error) => return failed(&format!("the secret cannot be read: {error}"), 1),
    };
    finish(false, async {
        let name: String = name
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .collect();
        let accepted: Accepted = Engine::find()?
            .call(
                Method::PUT,
                &format!("/effects/secrets/{name}"),
                Some(&KeyEntry { key }),
            )
            .await?;
        print_line!("{}", accepted.message);
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn read_secret(name: &str) -> io::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(format!("Secret {name} (not shown): "));
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    Ok(text.trim().to_owned())
}

/// Any other input must not become a different path.
fn path(id: &str, action: &str) -> String {
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("/effects/{id}{action}")
}

fn state(state: EffectState) -> &'static str {
    match state {
        EffectState::Waiting => "waiting",
        EffectState::Sending => "sending",
        EffectState::Unknown => "unknown",
        EffectState::Unsent => "unsent",
        EffectState::Done => "done",
        EffectState::Dropped => "dropped",
    }
}
