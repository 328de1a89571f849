//! `understudyd`: human output by default, `--json` for scripts, exit codes.

mod answer;
mod client;
mod compact;
mod connect;
mod consent;
mod drain;
mod drill;
mod effects;
mod examine;
mod explain;
mod fallback_test;
mod health;
mod impact;
mod incidents;
mod interruption;
mod keys;
mod manual;
mod mark;
mod print_line;
mod report;
mod review;
mod show;
mod start;
mod status;
mod stop;
mod token;
mod traffic;
mod transfer;
mod update;
mod url;
mod use_now;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::logging::{self, LogFormat};
use crate::serve::Options;
use answer::{Siblings, YesNoOrAsk, YesOrNo, may_go_to};
use print_line::failed;

/// Watches AI providers and fails over when one breaks.
#[derive(Debug, Parser)]
#[command(name = "understudyd", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the engine (the default)
    Serve {
        /// Listen on this port instead of the one in the settings; 0 uses any free port
        #[arg(long)]
        port: Option<u16>,
        /// Print the URLs with their tokens even if the output is not a terminal
        #[arg(long)]
        show_urls: bool,
        /// Format of log lines; default: the value of UNDERSTUDY_LOG_FORMAT
        #[arg(long, value_name = "FORMAT")]
        log_format: Option<LogFormat>,
        /// Write the log to this file, and to two earlier ones of at most 10 MiB each; default: the value of
        /// UNDERSTUDY_LOG_FILE, else standard error
        #[arg(long, value_name = "FILE")]
        log_file: Option<PathBuf>,
        /// If another engine is running, print its address as JSON
        #[arg(long)]
        json: bool,
    },
    /// State of your providers, routes and pipelines; exit code 0: all work, 1: one does not, 2: unknown
    Status {
        /// All providers, routes and pipelines
        #[arg(long)]
        details: bool,
        #[arg(long)]
        json: bool,
    },
    /// The incident log, newest first
    #[command(alias = "incident", args_conflicts_with_subcommands = true)]
    Incidents(incidents::IncidentsArgs),
    /// Requests and their attempts, newest first
    Traffic(traffic::TrafficArgs),
    /// Parked requests of pipelines; lists them without a subcommand
    #[command(args_conflicts_with_subcommands = true)]
    Review {
        #[command(subcommand)]
        command: Option<review::ReviewCommand>,
        #[command(flatten)]
        listing: review::ListArgs,
    },
    /// Side effects of pipelines, such as invoices; lists the unfinished ones without a subcommand
    Effects(effects::EffectsArgs),
    /// A report about a month or an incident: HTML, Markdown, CSV or JSON, for you or for a customer
    Report(report::ReportArgs),
    /// Check the installation; exit code 1 if a check fails, 2 if no engine runs
    Doctor {
        #[arg(long)]
        json: bool,
    },
    /// Check that the engine accepts requests, for service managers; exit code 0: it does, 1: it is stopping, 2: none runs
    Health,
    /// The URL to point a client at, token included
    Url {
        /// The web UI's URL instead
        #[arg(long)]
        ui: bool,
        #[arg(long)]
        json: bool,
    },
    /// Connect a client: show the change of its settings file, make it after your yes, and undo it; lists all clients without
    /// arguments
    ///
    /// Exit code 0: done. 1: a file cannot be changed, or the test failed. 2: nothing was changed, because there was no yes, no
    /// such client, or nothing to connect.
    Connect(connect::ConnectArgs),
    /// Provider keys: tested once, stored in the keychain
    Key {
        #[command(subcommand)]
        command: keys::KeyCommand,
    },
    /// Tokens of persons and devices: named, shown in `traffic`, revocable
    Token {
        #[command(subcommand)]
        command: token::TokenCommand,
    },
    /// Simulate an outage of the rehearsal provider; no real provider is affected
    Rehearse {
        /// Duration in seconds
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Make the primary fail for a test request, to see if a fallback answers; exit code 0 if one does, 1 if none does, 2 if
    /// the drill did not run
    Drill(drill::DrillArgs),
    /// Test each fallback with one tool turn of two steps; exit code 0 when all pass, 1 when one does not, 2 when none was
    /// tested
    Test(fallback_test::TestArgs),
    /// How a request would be routed
    Route {
        #[command(subcommand)]
        command: RouteCommand,
    },
    /// Allow fallbacks with a key billed per token to serve clients that have their own subscription
    #[command(name = "paid-fallbacks", alias = "paid-stand-ins")]
    PaidFallbacks { answer: YesNoOrAsk },
    /// Answer the open question: may a paid fallback be used until the provider is back?
    Allow { answer: YesOrNo },
    /// May another model of the same login serve requests if only one model fails (Opus → Sonnet)?
    Siblings { answer: Siblings },
    /// May paid fallbacks be used for the rest of today?
    PaidFallbacksToday { answer: YesOrNo },
    /// Where may requests of pipelines and applications go when their provider fails?
    MayGoTo {
        /// keep (no change; answers the question on Now), named, same-vendor, any, or endpoints: openai,deepseek
        scope: String,
        /// Only for this pipeline
        #[arg(long, value_name = "NAME")]
        pipeline: Option<String>,
    },
    /// Send a client's requests to one provider first, until midnight; lists clients and choices without arguments
    Use {
        /// The client; not needed if only one has sent requests
        #[arg(value_name = "CLIENT")]
        first: Option<String>,
        /// auto, or a provider: claude, gpt
        #[arg(value_name = "NAME")]
        second: Option<String>,
        /// Keep the choice after midnight, until you choose auto
        #[arg(long, requires = "first")]
        pin: bool,
        #[arg(long, conflicts_with = "first")]
        json: bool,
    },
    /// Write settings and provider files for another computer, without keys, tokens and paths
    Export(transfer::ExportArgs),
    /// Read the settings and provider files of another computer: shows the changes, and writes them after your consent
    Import(transfer::ImportArgs),
    /// The file with the history
    Ledger {
        #[command(subcommand)]
        command: LedgerCommand,
    },
    /// Send requests straight to the primary until `resume`
    Pause,
    /// End `pause`
    Resume,
    /// Stop the engine when its open requests have ended
    Stop,
    /// Print the completions of this command line for a shell
    Completions { shell: clap_complete::Shell },
    /// Write the manual pages into this folder, for packages
    #[command(hide = true)]
    Manual { folder: PathBuf },
    /// Whether a newer version was published; exit code 69 if no place for updates is configured
    Update {
        /// Only reads the signed description: nothing is downloaded or installed
        #[arg(long, required = true)]
        check: bool,
        #[arg(long)]
        json: bool,
    },
    /// Run the rehearsal provider as a separate server that serves any model, for tests with real clients
    Stage {
        #[arg(long)]
        port: u16,
        /// Act like this vendor: anthropic, openai, gemini, deepseek, mistral, groq, xai, moonshot, zai, openrouter, together,
        /// vllm, ollama; by-model: the vendor of the requested model
        #[arg(long = "as", value_name = "VENDOR", default_value = "plain")]
        acting: stage::VendorChoice,
    },
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    /// Return the free space of the ledger to the disk; only while no engine runs. Exit code 3: one runs
    Compact,
}

#[derive(Debug, Subcommand)]
enum RouteCommand {
    /// Show the candidates for this model, their order, and why other endpoints are excluded
    Explain {
        #[arg(required_unless_present = "request")]
        model: Option<String>,
        /// File with the body of a client request; shows the candidates for exactly this request. `-` reads standard input
        #[arg(long, value_name = "FILE", conflicts_with = "model")]
        request: Option<PathBuf>,
        /// anthropic, openai-chat or openai-responses
        #[arg(long, default_value = "anthropic")]
        dialect: String,
        #[command(flatten)]
        caller: explain::CallerArgs,
        #[arg(long)]
        json: bool,
    },
}

pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let threads = if matches!(
        cli.command,
        None | Some(Command::Serve { .. } | Command::Stage { .. })
    ) {
        2
    } else {
        1
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("the runtime cannot start: {error}"), 1),
    };
    let code = runtime.block_on(run(cli.command.unwrap_or(Command::Serve {
        port: None,
        show_urls: false,
        log_format: None,
        log_file: None,
        json: false,
    })));
    runtime.shutdown_background();
    code
}
async fn run(command: Command) -> ExitCode {
    match command {
        Command::Serve {
            port,
            show_urls,
            log_format,
            log_file,
            json,
        } => {
            let options = Options {
                version: env!("CARGO_PKG_VERSION"),
                port,
                show_urls,
            };
            let log = logging::begin(log_format, log_file);
            start::engine(options, log, json).await
        }
        Command::Stage { port, acting } => {
            logging::begin(None, None);
            start::stage(port, acting).await
        }
        Command::Health => health::health().await,
        Command::Completions { shell } => manual::completions(Cli::command(), shell),
        Command::Manual { folder } => manual::pages(Cli::command(), &folder),
        Command::Url { ui, json } => url::url(ui, json).await,
        Command::Status { details, json } => status::status(details, json).await,
        Command::Incidents(args) => incidents::run(args).await,
        Command::Traffic(args) => traffic::run(args).await,
        Command::Review { command, listing } => {
            review::run(command.unwrap_or(review::ReviewCommand::List(listing))).await
        }
        Command::Effects(args) => effects::run(args).await,
        Command::Report(args) => report::run(args).await,
        Command::Doctor { json } => examine::doctor(json).await,
        Command::Connect(args) => connect::run(args).await,
        Command::Key { command } => keys::run(command).await,
        Command::Token { command } => token::run(command).await,
        Command::Drill(args) => drill::run(args).await,
        Command::Test(args) => fallback_test::run(args).await,
        Command::Rehearse { seconds } => show::act(api::Command::Rehearse { seconds }).await,
        Command::Route {
            command:
                RouteCommand::Explain {
                    model,
                    request,
                    dialect,
                    caller,
                    json,
                },
        } => {
            let of = match request {
                Some(file) => explain::Of::Request(file),
                None => explain::Of::Model(model.unwrap_or_default()),
            };
            explain::explain(of, &dialect, &caller, json).await
        }
        Command::PaidFallbacks { answer } => {
            let allow = match answer {
                YesNoOrAsk::Yes => Some(true),
                YesNoOrAsk::No => Some(false),
                YesNoOrAsk::Ask => None,
            };
            show::act(api::Command::PaidFallbacks { allow }).await
        }
        Command::Allow { answer } => {
            let allow = matches!(answer, YesOrNo::Yes);
            show::act(api::Command::PaidUntilBack { allow }).await
        }
        Command::Siblings { answer } => {
            let allow = match answer {
                Siblings::On => Some(true),
                Siblings::Off => Some(false),
                Siblings::Ask => None,
            };
            show::act(api::Command::Siblings { allow }).await
        }
        Command::PaidFallbacksToday { answer } => {
            let allow = matches!(answer, YesOrNo::Yes);
            show::act(api::Command::PaidFallbacksToday { allow }).await
        }
        Command::MayGoTo { scope, pipeline } => {
            let scope = may_go_to(&scope);
            show::act(api::Command::MayGoTo { pipeline, scope }).await
        }
        Command::Use {
            first,
            second,
            pin,
            json,
        } => match (first, second) {
            (None, _) => use_now::list(json).await,
            (Some(provider), None) => use_now::choose(None, provider, pin).await,
            (Some(client), Some(provider)) => use_now::choose(Some(client), provider, pin).await,
        },
        Command::Export(args) => transfer::export(args).await,
        Command::Import(args) => transfer::import(&args),
        Command::Ledger {
            command: LedgerCommand::Compact,
        } => compact::compact().await,
        Command::Update { check: _, json } => update::check(env!("CARGO_PKG_VERSION"), json).await,
        Command::Pause => show::act(api::Command::Pause).await,
        Command::Resume => show::act(api::Command::Resume).await,
        Command::Stop => stop::stop().await,
    }
}

/// Whether these words are a valid command; the error is clap's.
#[cfg(test)]
pub(crate) fn parses(words: &[String]) -> Result<(), clap::Error> {
    Cli::try_parse_from(words).map(drop)
}
