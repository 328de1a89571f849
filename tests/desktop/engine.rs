//! A control API on loopback that serves the test's snapshots and records what it receives.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use api::{
    Accepted, Command, ControlError, Notification, NotificationOutcome, RuntimeFile, Snapshot,
    TrayView,
};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{Stream, unfold};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::desk::Desk;
use crate::wait::until;

const TOKEN: &str = "control-token-of-a-test";
/// The origin of the window's page.
const PAGE: &str = "tauri://localhost";

pub(crate) struct Engine {
    kept: Kept,
    runtime_file: PathBuf,
    server: AbortHandle,
}

#[derive(Clone)]
struct Kept {
    snapshot: watch::Sender<Snapshot>,
    /// The response to a command.
    refusal: Arc<Mutex<Option<ControlError>>>,
    commands: Arc<Mutex<Vec<Command>>>,
    /// Every client was disconnected.
    disconnected: Arc<Mutex<bool>>,
    outcomes: Arc<Mutex<Vec<(u64, NotificationOutcome)>>>,
    open: watch::Sender<bool>,
    /// Removed at the next request for the snapshot.
    removed_on_request: Arc<Mutex<Option<PathBuf>>>,
    /// Event streams that the window's page opened.
    pages: Arc<Mutex<usize>>,
}

impl Engine {
    /// Starts it where the tray application on this desktop finds it.
    pub(crate) async fn start(desk: &Desk, view: TrayView) -> Self {
        let kept = Kept {
            snapshot: watch::Sender::new(snapshot(1, view)),
            refusal: Arc::default(),
            commands: Arc::default(),
            disconnected: Arc::default(),
            outcomes: Arc::default(),
            open: watch::Sender::new(true),
            removed_on_request: Arc::default(),
            pages: Arc::default(),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/control/snapshot", get(present))
            .route("/control/events", get(events))
            .route("/control/exchanges", get(exchanges))
            .route("/control/incidents", get(incidents))
            .route("/control/reports", get(report_choices))
            .route("/control/report", get(report))
            .route("/control/connect", get(connected).delete(disconnect))
            .route("/control/do", post(command))
            .route("/control/notices/{id}", post(outcome))
            .layer(from_fn_with_state(kept.clone(), door))
            .with_state(kept.clone());
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });

        let runtime_file = desk.runtime_file();
        std::fs::create_dir_all(runtime_file.parent().unwrap()).unwrap();
        let runtime = RuntimeFile {
            address,
            control_token: TOKEN.into(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").into(),
        };
        std::fs::write(&runtime_file, serde_json::to_vec(&runtime).unwrap()).unwrap();
        Self {
            kept,
            runtime_file,
            server: server.abort_handle(),
        }
    }

    pub(crate) fn show(&self, view: TrayView) {
        self.change(|snapshot| snapshot.tray = view);
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        self.kept.snapshot.send_modify(|snapshot| {
            change(snapshot);
            snapshot.seq += 1;
        });
    }

    pub(crate) fn refuse_commands(&self, error: &str, fix: &str) {
        let refusal = ControlError {
            error: error.into(),
            fix: Some(fix.into()),
        };
        *self.kept.refusal.lock().unwrap() = Some(refusal);
    }

    pub(crate) fn is_disconnected(&self) -> bool {
        *self.kept.disconnected.lock().unwrap()
    }

    pub(crate) async fn received(&self, command: Command) {
        until(&format!("{command:?}"), || async {
            let commands = self.kept.commands.lock().unwrap();
            if commands.contains(&command) {
                Ok(())
            } else {
                Err(format!("{commands:?}"))
            }
        })
        .await;
    }

    pub(crate) fn commands(&self) -> Vec<Command> {
        self.kept.commands.lock().unwrap().clone()
    }

    pub(crate) fn forget_outcomes(&self) {
        self.kept.outcomes.lock().unwrap().clear();
    }

    pub(crate) async fn outcome_of(&self, notification: u64) -> NotificationOutcome {
        until(&format!("what became of notice {notification}"), || async {
            let outcomes = self.kept.outcomes.lock().unwrap();
            let found = outcomes
                .iter()
                .find(|(id, _)| *id == notification)
                .map(|(_, outcome)| outcome.clone());
            found.ok_or_else(|| format!("{outcomes:?}"))
        })
        .await
    }

    /// Waits until the window's page has connected this many times.
    pub(crate) async fn page_connects(&self, times: usize) {
        until("the window's page to connect", || async {
            let pages = *self.kept.pages.lock().unwrap();
            if pages >= times {
                Ok(())
            } else {
                Err(format!("{pages} times"))
            }
        })
        .await;
    }

    /// Like a stop whose connections close before the runtime file is removed: the file is removed after one more
    /// request.
    pub(crate) fn stop_connections_first(&self) {
        *self.kept.removed_on_request.lock().unwrap() = Some(self.runtime_file.clone());
        self.kept.open.send_replace(false);
    }

    /// Like a clean stop: the runtime file is removed, then the connections close.
    pub(crate) fn stop(self) {
        std::fs::remove_file(&self.runtime_file).unwrap();
        self.kept.open.send_replace(false);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Checks the token, and handles the browser's preflight request of the window's page for another origin.
async fn door(State(_): State<Kept>, request: Request, next: Next) -> Response {
    let allow = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, PAGE),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "x-understudy-control, content-type",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, PUT, DELETE",
        ),
    ];
    if request.method() == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, allow).into_response();
    }
    let token = request.headers().get(api::CONTROL_HEADER);
    if token.is_none_or(|token| token.as_bytes() != TOKEN.as_bytes()) {
        let error = ControlError {
            error: "The control token is missing or wrong.".into(),
            fix: None,
        };
        return (StatusCode::FORBIDDEN, Json(error)).into_response();
    }
    (allow, next.run(request).await).into_response()
}

async fn present(State(kept): State<Kept>) -> Json<Snapshot> {
    if let Some(file) = kept.removed_on_request.lock().unwrap().take() {
        std::fs::remove_file(file).unwrap();
    }
    Json(kept.snapshot.borrow().clone())
}

async fn events(
    State(kept): State<Kept>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    if headers
        .get(header::ORIGIN)
        .is_some_and(|origin| origin == PAGE)
    {
        *kept.pages.lock().unwrap() += 1;
    }
    let mut snapshots = kept.snapshot.subscribe();
    snapshots.mark_changed();
    let from = (snapshots, kept.open.subscribe());
    Sse::new(unfold(from, |(mut snapshots, mut open)| async move {
        tokio::select! {
            changed = snapshots.changed() => changed.ok()?,
            _ = open.wait_for(|open| !open) => return None,
        }
        let data = serde_json::to_string(&*snapshots.borrow_and_update()).unwrap();
        let event = Event::default().event("snapshot").data(data);
        Some((Ok(event), (snapshots, open)))
    }))
}

/// Three requests, which differ in their models.
async fn exchanges() -> Json<Value> {
    let exchange = |id: u64| {
        json!({
            "id": id, "started": "2026-06-21T18:04:00Z", "client": "Claude Code", "session": null, "pipeline": null, "item": null, "dialect": "anthropic",
            "route": "claude", "model": format!("model-{id}"), "streamed": true, "rehearsal": false, "end": "turned_away",
            "story": format!("The story of request {id}."), "status": 403, "total_ms": 1, "ttft_ms": null,
            "cost_estimate": null, "cost_of_estimated_tokens": 0, "stand_in": false, "restarts": 0, "shown_early": false,
            "passed_over": [], "attempts": []
        })
    };
    Json(json!({ "exchanges": [exchange(3), exchange(2), exchange(1)], "next": null }))
}

async fn incidents() -> Json<Value> {
    Json(json!({ "incidents": [], "next": null }))
}

async fn report_choices() -> Json<Value> {
    let month = json!({ "month": "2026-06", "title": "June 2026", "is_over": true });
    Json(json!({
        "months": [month], "customers": ["Miller Ltd"], "tables": ["uptime"], "zone": "Europe/Berlin", "owner": null,
        "logo_problem": null
    }))
}

/// Its text is the parameters of the request.
async fn report(RawQuery(query): RawQuery) -> String {
    query.unwrap_or_default()
}

async fn command(State(kept): State<Kept>, Json(command): Json<Command>) -> Response {
    kept.commands.lock().unwrap().push(command);
    match kept.refusal.lock().unwrap().clone() {
        Some(refusal) => (StatusCode::CONFLICT, Json(refusal)).into_response(),
        None => Json(Accepted {
            message: "Done.".into(),
        })
        .into_response(),
    }
}

/// One client, which is connected until all are disconnected.
async fn connected(State(kept): State<Kept>) -> Json<Value> {
    let state = match *kept.disconnected.lock().unwrap() {
        true => "not_connected",
        false => "confirmed",
    };
    let client = json!({
        "id": "a-tool", "name": "A tool", "method": "edit", "state": state, "message": "", "fix": null, "files": [],
        "losses": [], "lines": [], "last_request": null, "testable": false
    });
    Json(json!({ "base_url": "", "clients": [client], "unsupported": [], "elsewhere": [] }))
}

async fn disconnect(State(kept): State<Kept>) -> Json<Value> {
    *kept.disconnected.lock().unwrap() = true;
    Json(
        json!({ "message": "A tool is disconnected.", "changed": [], "left": [], "open_sessions": 0 }),
    )
}

async fn outcome(
    State(kept): State<Kept>,
    Path(id): Path<u64>,
    Json(outcome): Json<NotificationOutcome>,
) -> StatusCode {
    kept.outcomes.lock().unwrap().push((id, outcome));
    kept.snapshot.send_modify(|snapshot| {
        snapshot
            .notifications
            .retain(|notification| notification.id != id)
    });
    StatusCode::NO_CONTENT
}

fn snapshot(seq: u64, tray: TrayView) -> Snapshot {
    serde_json::from_value(json!({
        "seq": seq,
        "at": "2026-06-21T18:04:00Z",
        "engine": {
            "version": env!("CARGO_PKG_VERSION"),
            "started": "2026-06-21T08:00:00Z",
            "address": "http://127.0.0.1:4747",
            "base_url": "http://127.0.0.1:4747/t/token-of-a-test",
            "paused": false, "draining": false,
            "sessions": [], "problems": [],
            "settings_file": "settings.toml", "ledger_file": "ledger.sqlite",
            "starts_at_login": false,
            "paid_stand_ins": { "allowed": null, "by_settings_file": false, "cap": 10_000_000, "spent": 0 }
        },
        "headline": { "level": "operational", "sentence": "All your providers work.", "consequence": null },
        "tray": tray,
        // In the engine's format for an endpoint's models: one name in two dialects.
        "providers": [], "routes": [route("openai-chat"), route("openai-responses")], "open_incidents": [], "review_open": 0, "review_retry": null, "last_outage": null, "notices": [],
        "today": {
            "exchanges": 0, "failed": 0, "carried_by_fallback": 0,
            "spent_estimate": 0, "spent_of_estimated_tokens": 0, "probes_estimate": 0, "unpriced": 0
        }
    }))
    .unwrap()
}

fn route(dialect: &str) -> Value {
    let first = json!({ "endpoint": "lead", "model": null, "usable": true, "reason": "the primary, with your key" });
    json!({
        "name": "o3*", "models": "o3*", "dialect": dialect, "candidates": [first], "active": null, "fallbacks": [],
        "stand_in": { "state": "ready" }
    })
}

pub(crate) fn notification(
    id: u64,
    kind: &str,
    urgency: &str,
    title: &str,
    body: &str,
) -> Notification {
    serde_json::from_value(json!({
        "id": id, "at": "2026-06-21T18:04:00Z", "kind": kind, "thread": "incident-7",
        "title": title, "body": body, "urgency": urgency, "incident": 7
    }))
    .unwrap()
}
