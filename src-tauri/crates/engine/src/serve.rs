//! Starting the engine: everything is built here, in order, and handed its way in and out.

use std::fs;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::RuntimeFile;
use catalog::{Catalog, REHEARSAL, Secret};
use chrono::{DateTime, Utc};
use gateway::Gateway;
use health::{Book, Thresholds};
use ledger::{Ledger, OpenError};
use stage::Stage;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch as channel};
use tokio_util::sync::CancellationToken;

use crate::clock::{self, Clock};
use crate::control::{self, Control};
use crate::event::Event;
use crate::keys::{Keychain, Keys};
use crate::main_loop::{MainLoop, Outlets};
use crate::places::{Homeless, Places};
use crate::routing::{self, Running};
use crate::runtime::{Lock, NotAlone, Published};
use crate::settings::{DEFAULT_TEXT, Settings, Wrong, reload};
use crate::state::State;
use crate::try_key::KeyTrial;
use crate::{dial, front, greeting, login, private_file, rehearsal, token};

/// Reports and questions that may wait for the loop.
const QUEUE: usize = 4096;
/// The keychain is waited for this long before the port opens; a slower one is used as soon as it answers.
const KEYCHAIN_WITHIN: Duration = Duration::from_millis(400);
/// After the last exchange has ended, connections get this long to close.
const DRAIN: Duration = Duration::from_secs(5);

/// Why the engine cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Homeless(#[from] Homeless),
    #[error(transparent)]
    NotAlone(#[from] NotAlone),
    #[error("the settings file {} has errors, and without good ones the engine does not start:\n{}", .file.display(), list(.wrong))]
    Settings { file: PathBuf, wrong: Vec<Wrong> },
    #[error("the settings file {} cannot be read: {error}. Mend its permissions, or move it away to start with the defaults.", .file.display())]
    Unreadable { file: PathBuf, error: io::Error },
    #[error("the catalogue files of your own have errors:\n{0}")]
    Catalog(String),
    #[error("{address} is taken by another program. End that program, or choose another port with [listen] port in {} (clients must then be given the new URL).", .settings.display())]
    PortTaken {
        address: SocketAddr,
        settings: PathBuf,
    },
    #[error("cannot listen on {address}: {error}")]
    Listen {
        address: SocketAddr,
        error: io::Error,
    },
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the HTTP client cannot be set up: {0}")]
    Http(#[from] reqwest::Error),
}

fn list(wrong: &[Wrong]) -> String {
    wrong
        .iter()
        .map(|w| format!("  {w}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What the command line may say differently from the settings.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    pub port: Option<u16>,
    /// Print the URLs with their tokens even where the output is no terminal.
    pub show_urls: bool,
}

pub(crate) async fn serve(options: Options) -> Result<(), StartError> {
    let places = Places::find()?;
    let lock = Lock::take(&places)?;
    // Whoever else installed one before us chose the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = clock::wall();
    let started = clock();
    let token = token::of_this_install(&places.token)?;
    let base_catalog = Arc::new(own_catalog(&places.providers)?);
    let first_start = write_default_settings(&places.settings);
    // Before the first read: a change after it is noticed.
    let changes = reload::Watching::start(&places.settings);
    let settings = read_settings(&places.settings, &base_catalog)?;
    let catalog = Arc::new(base_catalog.with_own(&settings.own));
    let listener = listen(&settings, options.port, &places.settings).await?;
    let address = listener.local_addr()?;
    let (ledger, ledger_failed) = open_ledger(&places.ledger, started)?;
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
    load_keychain(&keys, &catalog, &events).await;

    let running = Running {
        token: token.clone(),
        paused: false,
        draining: false,
        own_addresses: vec![address],
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
        settings.timers.connect,
    )?;
    let (verdicts, verdicts_seen) = channel::channel(Arc::default());
    let (gateway_config, config_seen) = channel::channel(Arc::new(routing::gateway_config(
        &settings, &catalog, &keys, &running,
    )));
    let (passed, passing) = mpsc::channel(QUEUE);
    let gateway = Gateway::new(
        config_seen,
        verdicts_seen,
        connect,
        passed,
        Arc::clone(&clock),
    );

    let state = new_state(
        &places,
        address,
        &token,
        &catalog,
        settings,
        &keys,
        ledger_failed,
        started,
    );
    let book = Book::new(
        Arc::clone(&catalog),
        Thresholds::default(),
        state.watched(),
        open_incidents(&ledger),
        started,
    );
    let (snapshots, snapshots_seen) = channel::channel(Arc::new(crate::view::snapshot::snapshot(
        &state, 0, started,
    )));
    let (endpoints, endpoints_seen) = channel::channel(Arc::default());
    let (allowed_hosts, hosts_seen) = channel::channel(state.settings.allowed_hosts.clone());
    let (targets, targets_seen) = channel::channel(Arc::new(watch::Targets::default()));
    let (nudges, nudged) = mpsc::channel(256);
    let (seen, seeing) = mpsc::channel(QUEUE);
    let (stopping, stopped) = channel::channel(false);
    let (rehearsal_until, rehearsing) = channel::channel(None);
    let control_token = Secret::new(token::random()?);
    let control = Control {
        events: events.clone(),
        snapshots: snapshots_seen,
        token: control_token.clone(),
        allowed_hosts: hosts_seen,
        keys: keys.clone(),
        trial: KeyTrial::new(endpoints_seen)?,
        ending: stopped.clone(),
    };
    let outlets = Outlets {
        snapshots,
        verdicts,
        gateway_config,
        endpoints,
        allowed_hosts,
        targets,
        nudges,
        gateway: gateway.clone(),
        stage,
        stopping,
        rehearsal: rehearsal_until,
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
    let main_loop = MainLoop::new(
        state,
        book,
        ledger,
        outlets,
        Arc::clone(&clock),
        running,
        base_catalog,
    );
    let loop_thread = start_loop(main_loop, inbox)?;

    let ending = CancellationToken::new();
    let watcher = tokio::spawn(watching.run(ending.clone()));
    tokio::spawn(forward(seeing, events.clone(), Event::Watched));
    tokio::spawn(forward(passing, events.clone(), Event::Passed));
    tokio::spawn(rehearsal::run(
        gateway.clone(),
        token.clone(),
        rehearsing,
        Arc::clone(&clock),
        events.clone(),
    ));
    tokio::spawn(settings_changes(changes, events.clone()));
    tokio::spawn(sleeps(Arc::clone(&clock), events.clone()));
    tokio::spawn(signals(events.clone()));

    let told = RuntimeFile {
        address: format!("http://{address}"),
        control_token: control_token.reveal().to_owned(),
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let published = Published::write(&places.runtime, &told)?;
    greeting::announce(
        &told,
        &token,
        first_start,
        options.show_urls || io::stdout().is_terminal(),
    );

    let mut stop = stopped;
    let stopping = async move {
        let _ = stop.wait_for(|over| *over).await;
        // Gone before the port closes: whoever sees the engine end can tell that it was meant to.
        drop(published);
    };
    front::serve(listener, gateway, control::router(control), stopping, DRAIN).await;
    ending.cancel();
    if let Ok(Err(error)) = watcher.await {
        tracing::error!(%error, "the providers were not watched");
    }
    drop(events);
    let _ = tokio::task::spawn_blocking(move || loop_thread.join()).await;
    drop(lock);
    tracing::info!("the engine has ended");
    Ok(())
}

/// The bundled catalogue with the owner's `providers/*.toml`.
pub(crate) fn own_catalog(dir: &Path) -> Result<Catalog, StartError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "toml") {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Catalog::with_files(&files).map_err(|wrong| {
        StartError::Catalog(
            wrong
                .iter()
                .map(|w| format!("  {w}"))
                .collect::<Vec<_>>()
                .join("\n"),
        )
    })
}

/// True on the first start: the owner gets a file with every setting explained.
fn write_default_settings(file: &Path) -> bool {
    if file.exists() {
        return false;
    }
    if let Err(error) = private_file::write(file, DEFAULT_TEXT.as_bytes()) {
        tracing::warn!(%error, file = %file.display(), "the settings file could not be written; the defaults are in force");
    }
    true
}

fn read_settings(file: &Path, catalog: &Catalog) -> Result<Settings, StartError> {
    match fs::read_to_string(file) {
        Ok(text) => Settings::parse(&text, catalog).map_err(|wrong| StartError::Settings {
            file: file.to_owned(),
            wrong,
        }),
        Err(gone) if gone.kind() == io::ErrorKind::NotFound => Ok(Settings::default()),
        Err(error) => Err(StartError::Unreadable {
            file: file.to_owned(),
            error,
        }),
    }
}

async fn listen(
    settings: &Settings,
    port: Option<u16>,
    file: &Path,
) -> Result<TcpListener, StartError> {
    let address = SocketAddr::new(settings.address, port.unwrap_or(settings.port));
    TcpListener::bind(address)
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => StartError::PortTaken {
                address,
                settings: file.to_owned(),
            },
            _ => StartError::Listen { address, error },
        })
}

/// A ledger that cannot be used costs the history of this run, never the run.
fn open_ledger(file: &Path, now: DateTime<Utc>) -> Result<(Ledger, Option<String>), StartError> {
    private_file::create_dir(file.parent().unwrap_or(Path::new(".")))?;
    match Ledger::open(file, now) {
        Ok(ledger) => Ok((ledger, None)),
        // Whoever went back to an older binary must know it before anything is written elsewhere.
        Err(newer @ OpenError::Newer { .. }) => {
            Err(StartError::Io(io::Error::other(newer.to_string())))
        }
        Err(error) => {
            tracing::error!(%error, "the ledger cannot be used");
            let in_memory = Ledger::in_memory(now).map_err(|e| io::Error::other(e.to_string()))?;
            Ok((in_memory, Some(error.to_string())))
        }
    }
}

fn open_incidents(ledger: &Ledger) -> Vec<health::OpenIncident> {
    ledger
        .open_incidents()
        .unwrap_or_default()
        .into_iter()
        .map(|(_, open)| open)
        .collect()
}

/// The keychain's keys, before the port opens where it answers quickly.
async fn load_keychain(keys: &Keys, catalog: &Catalog, events: &mpsc::Sender<Event>) {
    let wanted: Vec<_> = catalog
        .endpoints()
        .filter(|e| e.key_env.is_some() || e.auth != catalog::Auth::None)
        .map(|e| e.id.clone())
        .collect();
    let (keys, events) = (keys.clone(), events.clone());
    let mut loading = tokio::task::spawn_blocking(move || {
        let loaded = Keychain::open().and_then(|chain| keys.load(&chain, &wanted));
        let event = match loaded {
            Ok(()) => Event::KeysChanged,
            Err(why) => Event::KeychainFailed(why.to_string()),
        };
        let _ = events.blocking_send(event);
    });
    let _ = tokio::time::timeout(KEYCHAIN_WITHIN, &mut loading).await;
}

#[expect(
    clippy::too_many_arguments,
    reason = "the one place where the state is put together"
)]
fn new_state(
    places: &Places,
    address: SocketAddr,
    token: &Secret,
    catalog: &Arc<Catalog>,
    settings: Settings,
    keys: &Keys,
    ledger_failed: Option<String>,
    started: DateTime<Utc>,
) -> State {
    State {
        version: env!("CARGO_PKG_VERSION"),
        started,
        places: places.clone(),
        address: format!("http://{address}"),
        base_url: format!("http://{address}/t/{}", token.reveal()),
        offset: clock::local_offset(),
        catalog: Arc::clone(catalog),
        settings: Arc::new(settings),
        settings_wrong: Vec::new(),
        keys: keys.clone(),
        keychain_failed: None,
        ledger_failed,
        verdicts: Arc::default(),
        pages: Default::default(),
        plans: Vec::new(),
        breakers: Vec::new(),
        ttft: Default::default(),
        seen_in_traffic: Default::default(),
        seen_logins: Default::default(),
        sessions: Default::default(),
        standing_in: Default::default(),
        open: Default::default(),
        notices: Vec::new(),
        unshown: None,
        today: Default::default(),
        today_since: started,
        paused: false,
        draining: false,
        rehearsal_until: None,
        starts_at_login: login::is_on(),
    }
}

/// A thread of its own: the ledger's disk must never hold up a request.
fn start_loop(
    main_loop: MainLoop,
    inbox: mpsc::Receiver<Event>,
) -> io::Result<std::thread::JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    std::thread::Builder::new()
        .name("loop".into())
        .spawn(move || runtime.block_on(main_loop.run(inbox)))
}

async fn forward<T>(mut from: mpsc::Receiver<T>, to: mpsc::Sender<Event>, into: fn(T) -> Event) {
    while let Some(report) = from.recv().await {
        if to.send(into(report)).await.is_err() {
            return;
        }
    }
}

async fn settings_changes(started: notify::Result<reload::Watching>, events: mpsc::Sender<Event>) {
    let mut watching = match started {
        Ok(watching) => watching,
        Err(error) => {
            tracing::warn!(%error, "changes of the settings file will not be noticed; save them in the window, or restart the engine");
            return;
        }
    };
    while let Some(text) = watching.next().await {
        if events.send(Event::SettingsFile(text)).await.is_err() {
            return;
        }
    }
}

async fn sleeps(clock: Clock, events: mpsc::Sender<Event>) {
    while events
        .send(Event::Woke(clock::slept(&clock).await))
        .await
        .is_ok()
    {}
}

async fn signals(events: mpsc::Sender<Event>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut term), Ok(mut hup)) = (
            signal(SignalKind::terminate()),
            signal(SignalKind::hangup()),
        ) else {
            return;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = term.recv() => {}
            _ = hup.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
    let _ = events.send(Event::Quit).await;
}
