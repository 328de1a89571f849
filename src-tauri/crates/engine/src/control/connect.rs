//! Connecting clients over HTTP. Files are read and written beside the loop.

use api::{
    Check, ConnectChange, ConnectDone, ConnectEntry, ConnectPage, ConnectState, ConnectTest,
    Exchange,
};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use connect::{Client, Refusal, RefusalKind};
use ledger::ExchangeFilter;

use super::shown::Shown;
use super::{Control, Refused};
use crate::connections::{
    Connections, LastRequests, address, begin_test, checks, control_error, is_seen_as,
};
use crate::places::Places;
use crate::view::page;

/// A session without a request for this long has ended.
const SESSION: TimeDelta = TimeDelta::hours(1);
/// Of the newest requests, the last of each client is found.
const NEWEST: u32 = 1000;

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Refused {
        let status = match refusal.kind {
            RefusalKind::Outdated => StatusCode::CONFLICT,
            RefusalKind::Nothing => StatusCode::NOT_FOUND,
            RefusalKind::Unusable | RefusalKind::Own => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Refused(status, control_error(refusal))
    }
}

/// Runs a step that reads or writes files.
async fn on_files<T: Send + 'static>(
    control: &Control,
    step: impl FnOnce(Connections) -> T + Send + 'static,
) -> Result<T, Refused> {
    let origin = control.snapshots.borrow().engine.address.clone();
    let token = control.client_token.clone();
    let done = tokio::task::spawn_blocking(move || {
        let places = Places::find().map_err(|error| error.to_string())?;
        let of = Connections::new(&places, address(&origin, &token), None, true);
        Ok::<T, String>(step(of))
    });
    let done = done.await.map_err(|_| Refused::ending())?;
    done.map_err(|why| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, why, None))
}

/// Names of the clients whose settings point here; none if their files cannot be read.
pub(super) async fn connected(control: &Control) -> Vec<String> {
    let page = on_files(control, |of| of.page(&LastRequests::new())).await;
    let clients = page.map(|page| page.clients).unwrap_or_default();
    let is_connected = |state| matches!(state, ConnectState::Connected | ConnectState::Confirmed);
    let connected = clients
        .into_iter()
        .filter(|client| is_connected(client.state));
    connected.map(|client| client.name).collect()
}

async fn last_requests(control: &Control) -> Result<LastRequests, Refused> {
    let read = control.read(|ledger| {
        let page = ledger.find_exchanges(&ExchangeFilter::default(), NEWEST, None)?;
        let mut last = LastRequests::new();
        for (_, row) in page.rows {
            let newest = last.entry(row.client).or_insert(row.started);
            *newest = row.started.max(*newest);
        }
        Ok(last)
    });
    let mut last = read.await?;
    // Requests that have not ended yet.
    for session in &control.snapshots.borrow().engine.sessions {
        let newest = last
            .entry(session.client.clone())
            .or_insert(session.last_seen);
        *newest = session.last_seen.max(*newest);
    }
    Ok(last)
}

fn open_sessions(control: &Control, of: impl Fn(&str) -> bool) -> u32 {
    let now = (control.clock)();
    let snapshot = control.snapshots.borrow();
    let open = snapshot.engine.sessions.iter().filter(|session| {
        of(&session.client) && (session.open > 0 || now - session.last_seen < SESSION)
    });
    u32::try_from(open.count()).unwrap_or(u32::MAX)
}

pub(super) async fn list(State(control): State<Control>) -> Result<Shown<ConnectPage>, Refused> {
    let last = last_requests(&control).await?;
    let page = on_files(&control, move |of| of.page(&last));
    Ok(Shown(page.await?))
}

pub(super) async fn change(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Shown<ConnectChange>, Refused> {
    let client = Client::named(&id)?;
    let change = on_files(&control, move |of| of.change(client));
    Ok(Shown(change.await??))
}

pub(super) async fn connect(
    State(control): State<Control>,
    Path(id): Path<String>,
    Json(entry): Json<ConnectEntry>,
) -> Result<Shown<ConnectDone>, Refused> {
    let client = Client::named(&id)?;
    let open = open_sessions(&control, |name| is_seen_as(client, name));
    let now = (control.clock)();
    let done = on_files(&control, move |of| {
        of.connect(client, &entry.revision, open, now)
    });
    Ok(Shown(done.await??))
}

pub(super) async fn disconnect(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Shown<ConnectDone>, Refused> {
    let client = Client::named(&id)?;
    let open = open_sessions(&control, |name| is_seen_as(client, name));
    let done = on_files(&control, move |of| of.disconnect(client, open));
    Ok(Shown(done.await??))
}

pub(super) async fn disconnect_all(
    State(control): State<Control>,
) -> Result<Shown<ConnectDone>, Refused> {
    let open = open_sessions(&control, |name| {
        Client::all().any(|client| is_seen_as(client, name))
    });
    let done = on_files(&control, move |of| of.disconnect_all(open).0);
    Ok(Shown(done.await?))
}

/// Responds when the program has ended; it is stopped when the window leaves.
pub(super) async fn test(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Shown<ConnectTest>, Refused> {
    let client = Client::named(&id)?;
    let now = (control.clock)();
    let begun = on_files(&control, move |of| {
        begin_test(client, &of.surroundings, now)
    });
    let turn = begun.await??;
    let since = turn.started();
    let seen = move || exchanges_since(control.clone(), since);
    Ok(Shown(turn.run(seen).await))
}

async fn exchanges_since(control: Control, since: DateTime<Utc>) -> Vec<Exchange> {
    let facts = control.facts();
    let filter = ExchangeFilter {
        since: Some(since),
        ..ExchangeFilter::default()
    };
    let read = control.read(move |ledger| page::exchanges(ledger, &*facts, &filter, 50, None));
    // The next check may succeed.
    read.await
        .map_or_else(|_| Vec::new(), |page| page.exchanges)
}

/// Lines of the doctor: one for each client that is connected or points elsewhere.
pub(super) async fn doctor_checks(control: &Control) -> Result<Vec<Check>, Refused> {
    let last = last_requests(control).await?;
    let page = on_files(control, move |of| of.page(&last)).await?;
    Ok(checks(&page))
}
