//! Start of the engine: builds all parts in order and connects their channels.

mod ending;
mod first_run;
mod inputs;
mod publish;
mod sources;
#[cfg(debug_assertions)]
mod test_fault;
mod upgrade;
mod vital;

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use api::RuntimeFile;
use catalog::{REHEARSAL, Secret};
use gateway::{Gateway, Promise};
use stage::Stage;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch as channel};
use tokio_util::sync::CancellationToken;

use crate::apart::apart;
use crate::clock;
use crate::control::{self, Control, Faces};
use crate::courier::Courier;
use crate::descriptors::Descriptors;
use crate::desk::{Desk, LedgerTrouble};
use crate::effects::{self, Book, EffectsConfig, Relay, Services};
use crate::event::LoopEvent;
use crate::front::Front;
use crate::handover::Successor;
use crate::keys::Keys;
use crate::listening::Listening;
use crate::logging::Log;
use crate::main_loop::{Beside, MainLoop, Outlets};
use crate::metrics::Metrics;
use crate::named_tokens::NamedTokens;
use crate::places::Places;
use crate::reads::Reads;
use crate::routing::{self, Running};
use crate::settings::reload;
use crate::state::{Start, State};
use crate::try_key::KeyTrial;
use crate::view::facts::PageFacts;
use crate::{
    computer, delivery, dial, exposure, greeting, login, opening, package, rehearsal, token,
};

pub(crate) use ending::Ended;
use ending::Ending;
use inputs::{
    OpenedLedger, alone, listen, load_keychain, open_incidents, open_ledger, read_settings,
    read_tokens, write_default_settings,
};
pub(crate) use inputs::{StartError, own_catalog};
use publish::Publication;
use sources::{forward, network_changes, settings_changes, signals, sleeps, succession};
use vital::Vital;

/// Queue length for reports and queries to the loop.
const QUEUE: usize = 4096;
/// Reports of requests: those of a disk that stalls for some seconds under a thousand requests a second.
const REPORTS: usize = 16_384;
/// Connections get this time to close after the last exchange has ended.
const DRAIN: Duration = Duration::from_secs(5);
/// Maximum wait for the check of the modes of files.
const EXPOSURE_WITHIN: Duration = Duration::from_secs(2);

/// Command-line options that override settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Version of this engine: it takes over from an older one.
    pub version: &'static str,
    pub port: Option<u16>,
    /// Print the URLs with their tokens even if the output is no terminal.
    pub show_urls: bool,
}

pub(crate) async fn serve(options: Options, log: Log) -> Result<Ended, StartError> {
    let places = Places::find()?;
    let (lock, inherited) = alone(&places, (options.version, options.port)).await?;
    // An error means that a provider is already installed; it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exposed = {
        let places = places.clone();
        let closing = apart(move || exposure::close(&places));
        // A disk that hangs shows again when the ledger is opened.
        let closed = tokio::time::timeout(EXPOSURE_WITHIN, closing).await;
        closed.ok().and_then(Result::ok).unwrap_or_default()
    };
    let descriptors = Descriptors::raise();
    let clock = clock::wall();
    let started = clock();
    if let Some(at) = lock.crashed() {
        tracing::error!(%at, "the last run ended unexpectedly; the lines before show the reason");
    }
    let ran = places.token.exists();
    let (token, token_unwritten) = token::of_this_install(&places.token)?;
    let tokens = read_tokens(&places.tokens);
    let base_catalog = Arc::new(own_catalog(&places.providers)?);
    let first_start = write_default_settings(&places.settings);
    // Started before the first read, so that no later change is missed.
    let changes = reload::Watching::start(&places.settings);
    let settings = read_settings(&places.settings, &base_catalog)?;
    let catalog = Arc::new(settings.catalog(&base_catalog));
    let listener = match inherited {
        Some(listener) => listener,
        None => listen(&settings, options.port, &places.settings).await?,
    };
    let address = listener.local_addr()?;
    let opening = opening::begin(&places.ledger, started);
    let OpenedLedger {
        mut ledger,
        trouble: ledger_trouble,
        opening,
    } = open_ledger(&places.ledger, started, opening).await?;
    let kept = upgrade::keep_scope(
        &places.settings,
        settings,
        &mut ledger,
        ledger_trouble.as_ref().map(LedgerTrouble::what).as_deref(),
        &base_catalog,
        (first_start, ran),
    );
    let first_questions = ledger_trouble.is_none() && first_run::is_open(&mut ledger, ran);
    let spent_today = ledger
        .probes_spent(
            started
                .date_naive()
                .and_time(chrono::NaiveTime::MIN)
                .and_utc(),
        )
        .unwrap_or_default();

    let (events, inbox) = mpsc::channel(QUEUE);
    let keys = Keys::from_environment(catalog.endpoints());
    load_keychain(&keys, &catalog, &kept.settings, &events).await;

    let running = Running {
        token: token.clone(),
        named_tokens: tokens
            .as_ref()
            .map_or_else(|_| Default::default(), NamedTokens::for_gateway),
        paused: false,
        draining: false,
        own_addresses: vec![address],
        exchanges: descriptors.exchanges,
        spending: Default::default(),
        sibling: Default::default(),
        announce: true,
        use_now: Default::default(),
        drill: None,
    };
    let stage = Stage::embedded();
    let stage_host = catalog
        .provider(&REHEARSAL.into())
        .and_then(|p| p.endpoints.first())
        .map(|e| e.base.clone())
        .unwrap_or_default();
    let connect = dial::connect(
        stage.clone(),
        stage_host.trim_start_matches("http://"),
        kept.settings.timers.connect,
    )?;
    let (verdicts, verdicts_seen) = channel::channel(Arc::default());
    let (gateway_config, config_seen) = channel::channel(Arc::new(routing::gateway_config(
        &kept.settings,
        &catalog,
        &keys,
        &running,
    )));
    let (passed, passing) = mpsc::channel(REPORTS);
    let (promises, promised) = mpsc::channel(QUEUE);
    let (conversations, conversing) = mpsc::channel(QUEUE);
    let gateway = Gateway::new(
        config_seen,
        verdicts_seen,
        connect,
        passed,
        promises,
        conversations,
        Arc::clone(&clock),
    );

    let (effects_config, effects_seen) = channel::channel(EffectsConfig::default());
    let (effects_work, effects_working) = mpsc::channel(QUEUE);
    let relay = {
        let gateway = gateway.clone();
        let dial = effects::dialer(kept.settings.timers.connect)?;
        let begin_work: effects::Stops = Arc::new(move || Box::new(gateway.begin_work()));
        let book = Book::new(effects_work);
        let clock = Arc::clone(&clock);
        Relay::new(Services::new(book, dial, effects_seen, begin_work, clock))
    };

    let listening = Listening::new(address, &kept.settings, options.port);
    let url = listening.url();
    let state = State::new(Start {
        at: started,
        computer: computer::name(),
        places: places.clone(),
        listening,
        token: token.clone(),
        tokens,
        zone: clock::local_zone(),
        catalog: Arc::clone(&catalog),
        settings: kept.settings,
        keys: keys.clone(),
        ledger_trouble,
        scope_answer: kept.answer,
        scope_unwritten: kept.unwritten,
        starts_at_login: login::is_on(),
        first_run: first_questions,
        installed: package::installed(),
        log_place: log.place(&places.logs),
        crashed: lock.crashed(),
        exposed,
    });
    let (snapshots, snapshots_seen) = channel::channel(Arc::new(crate::view::snapshot::snapshot(
        &state, 0, started,
    )));
    let (facts, facts_seen) = channel::channel(Arc::new(PageFacts::of(&state)));
    let reads = Reads::new(ledger.file().map(ToOwned::to_owned));
    let (endpoints, endpoints_seen) = channel::channel(Arc::default());
    let (allowed_hosts, hosts_seen) = channel::channel(state.settings.allowed_hosts.clone());
    let (network, network_seen) = channel::channel(Arc::default());
    let (targets, targets_seen) = channel::channel(Arc::new(watch::Targets::default()));
    let (nudges, nudged) = mpsc::channel(256);
    let (seen, seeing) = mpsc::channel(QUEUE);
    let (stopping, stopped) = channel::channel(false);
    let (withdrawn, withdrawing) = channel::channel(false);
    let (rehearsal_until, rehearsing) = channel::channel(None);
    let control_token = Secret::new(token::random()?);
    let mut first_snapshot = snapshots_seen.clone();
    let faces = Faces::default();
    let successor = Successor::default();
    let control = Control {
        events: events.clone(),
        snapshots: snapshots_seen,
        token: control_token.clone(),
        allowed_hosts: hosts_seen,
        keys: keys.clone(),
        trial: KeyTrial::new(endpoints_seen)?,
        ending: withdrawing,
        faces: faces.clone(),
        gateway: gateway.clone(),
        relay: relay.clone(),
        client_token: token.clone(),
        reads: reads.clone(),
        facts: facts_seen,
        places: places.clone(),
        clock: Arc::clone(&clock),
        successor: successor.clone(),
    };
    let courier = Courier {
        gateway: gateway.clone(),
        token: token.clone(),
        sender: delivery::Sender::new()?,
        clock: Arc::clone(&clock),
        events: events.downgrade(),
        runtime: Handle::current(),
    };
    let outlets = Outlets {
        courier,
        snapshots,
        facts,
        verdicts,
        gateway_config,
        endpoints,
        effects: effects_config,
        allowed_hosts,
        network,
        targets,
        nudges,
        gateway: gateway.clone(),
        stage,
        stopping,
        rehearsal: rehearsal_until,
        faces,
        metrics: Metrics::default(),
        log,
    };
    let watching = watch::Watch {
        catalog: Arc::clone(&catalog),
        targets: targets_seen,
        nudges: nudged,
        seen,
        clock: Arc::clone(&clock),
        seed: u64::from_str_radix(&control_token.reveal()[..16], 16).unwrap_or_default(),
        spent_today,
    };
    let desk = Desk::new(state, open_incidents(&ledger), running, base_catalog);
    let beside = Beside::new(reads.clone(), &events, Handle::current());
    let main_loop = MainLoop::new(desk, (ledger, opening), outlets, beside, Arc::clone(&clock));
    let loop_thread = start_loop(main_loop, inbox, promised)?;

    let over = CancellationToken::new();
    let mut vital = Vital::default();
    let watcher = watching.run(over.clone());
    vital.spawn(async move {
        if let Err(error) = watcher.await {
            tracing::error!(%error, "status pages and probes are not checked");
        }
    });
    vital.spawn(forward(seeing, events.clone(), LoopEvent::Watched));
    vital.spawn(forward(passing, events.clone(), LoopEvent::Passed));
    vital.spawn(forward(effects_working, events.clone(), LoopEvent::Effects));
    let resuming = relay.clone();
    tokio::spawn(async move { resuming.resume().await });
    vital.spawn(forward(conversing, events.clone(), LoopEvent::Conversation));
    tokio::spawn(rehearsal::run(
        gateway.clone(),
        token.clone(),
        rehearsing,
        Arc::clone(&clock),
        events.clone(),
    ));
    tokio::spawn(control::warm_charts(reads, clock()));
    vital.spawn(settings_changes(changes, events.clone()));
    vital.spawn(sleeps(Arc::clone(&clock), events.clone()));
    vital.spawn(network_changes(events.clone()));
    vital.spawn(signals(events.clone()));
    vital.spawn(succession(successor.clone(), events.clone()));
    #[cfg(debug_assertions)]
    vital.spawn(test_fault::wait(events.clone()));

    let reported = RuntimeFile {
        address: url,
        control_token: control_token.reveal().to_owned(),
        pid: std::process::id(),
        version: options.version.into(),
    };
    // A client that finds the engine gets a complete snapshot. An error means that the loop has ended, which stops all tasks
    // below.
    let _ = first_snapshot.changed().await;
    let mut publication = Publication {
        runtime: places.runtime.clone(),
        reported: reported.clone(),
        token: token_unwritten.then(|| (places.token.clone(), token.clone())),
    };
    let first = publication.write();
    // Reads and writes files, and calls systemctl.
    drop(apart(login::refresh));
    greeting::announce(
        &reported,
        &token,
        first_questions,
        options.show_urls || io::stdout().is_terminal(),
    );

    let publishing = publication.written(first, events.clone());
    let ending = Ending {
        stopped,
        vital: &mut vital,
        gateway: gateway.clone(),
        clock,
    };
    let mut ended = Ended::Stopped;
    let stopping = async {
        ended = ending.wait(publishing).await;
        // The file is removed before the port closes and the event streams end, so that clients can recognize a deliberate
        // stop.
        withdrawn.send_replace(true);
    };
    let front = Front::new(
        gateway,
        relay,
        control::router(control),
        descriptors.clients,
    );
    let network = front.clone().network(network_seen, events.clone());
    front
        .serve((listener, successor), network, stopping, DRAIN)
        .await;
    // The loop answers until here: a response is sent only after it is stored. An error means that the loop has ended.
    let _ = events.send(LoopEvent::PortClosed).await;
    over.cancel();
    drop(events);
    let _ = tokio::task::spawn_blocking(move || loop_thread.join()).await;
    drop(lock);
    tracing::info!("the engine has ended");
    Ok(ended)
}

/// A separate thread, so that the ledger's disk never blocks a request.
fn start_loop(
    main_loop: MainLoop,
    inbox: mpsc::Receiver<LoopEvent>,
    promises: mpsc::Receiver<Promise>,
) -> io::Result<std::thread::JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    std::thread::Builder::new()
        .name("loop".into())
        .spawn(move || runtime.block_on(main_loop.run(inbox, promises)))
}
