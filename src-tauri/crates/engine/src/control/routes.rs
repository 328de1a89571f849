use std::convert::Infallible;

use api::{
    Accepted, CONTROL_HEADER, Command, Doctor, HEARTBEAT, NotificationOutcome, SettingsText,
    Snapshot,
};
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router, middleware};
use bytes::Bytes;
use futures_util::stream;
use gateway::{Caller, CallerKind, Login};
use serde::Deserialize;

use super::face::Face;
use super::shown::Shown;
use super::{
    Control, Refused, connect, drill, effects, exchanges, fallbacks, guard, hand_over, health,
    incidents, keys, pipelines, report, retry_all, review, review_requests, review_secret,
    review_several, series, shown, tokens, transfer, ui,
};
use crate::event::ControlRequest;

/// Apart from review requests, settings are the largest body that this API receives.
const BODY_LIMIT: usize = 1 << 20;
/// Maximum size of a request in an explain call.
const REQUEST_LIMIT: usize = 32 << 20;

pub(crate) fn router(control: Control) -> Router {
    let guarded = Router::new()
        .route("/snapshot", get(snapshot))
        .route("/events", get(events))
        .route("/do", post(act))
        .route("/hand-over", post(hand_over::hand_over))
        .route("/incidents", get(incidents::list))
        .route("/incidents/{id}", get(incidents::show))
        .route("/incidents/{id}/mark", post(incidents::mark))
        .route("/exchanges", get(exchanges::list))
        .route("/exchanges/{id}", get(exchanges::show))
        .route("/notices/{id}", post(notification))
        .route("/interruptions/{id}/checked", post(checked))
        .route("/reports", get(report::choices))
        .route("/report", get(report::show))
        .route("/review", get(review::list))
        .route("/review/close", post(review_several::close))
        .route("/review/reopen", post(review_several::reopen))
        .route("/review/retry", post(review_several::retry))
        .route(
            "/review/drain",
            get(review_several::offer).post(review_several::switch),
        )
        .route("/review/secret", put(review_secret::put))
        .route("/review/{id}", get(review::show))
        .route("/review/{id}/requests", get(review_requests::list))
        .route("/review/{id}/close", post(review::close))
        .route("/review/{id}/reopen", post(review::reopen))
        .route("/review/{id}/run", post(review::run))
        .route("/effects", get(effects::list))
        .route("/effects/{id}", get(effects::show))
        .route("/effects/{id}/settle", post(effects::settle))
        .route("/effects/secrets/{name}", put(effects::add_secret))
        .route("/settings", get(settings).put(save_settings))
        .route("/pipelines", get(pipelines::list))
        .route(
            "/pipelines/{name}",
            put(pipelines::put).delete(pipelines::remove),
        )
        .route("/keys/{endpoint}", put(keys::add).delete(keys::remove))
        .route("/tokens", get(tokens::list).post(tokens::add))
        .route("/tokens/revoke", post(tokens::revoke))
        .route("/export", get(transfer::export))
        .route(
            "/import",
            post(transfer::import).layer(DefaultBodyLimit::max(REQUEST_LIMIT)),
        )
        .route("/fallbacks", get(fallbacks::list))
        .route("/fallbacks/test", post(fallbacks::test))
        .route(
            "/drill",
            get(drill::show).post(drill::begin).delete(drill::end),
        )
        .route("/drill/offer", get(drill::offer))
        .route("/series/uptime", get(series::uptime))
        .route("/series/latency", get(series::latency))
        .route("/series/cost", get(series::cost))
        .route("/series/incidents/{id}", get(series::incident))
        .route("/series/incidents/{id}/requests", get(series::lanes))
        .route("/series/ribbon/{provider}", get(series::ribbon))
        .route(
            "/connect",
            get(connect::list).delete(connect::disconnect_all),
        )
        .route(
            "/connect/{id}",
            post(connect::connect).delete(connect::disconnect),
        )
        .route("/connect/{id}/change", get(connect::change))
        .route("/connect/{id}/test", post(connect::test))
        .route("/doctor", get(doctor))
        .route(
            "/explain",
            get(explain)
                .post(explain_request)
                .layer(DefaultBodyLimit::max(REQUEST_LIMIT)),
        )
        .layer(middleware::from_fn_with_state(
            control.clone(),
            guard::token,
        ));
    Router::new()
        .nest("/control", guarded)
        .route("/metrics", get(metrics))
        .route("/ui", get(|| async { Redirect::permanent("/ui/") }))
        .route("/ui/", get(ui::index))
        .route("/ui/{*path}", get(ui::file))
        .layer(middleware::from_fn_with_state(control.clone(), guard::host))
        // A container's health probe uses a host name that is not in the settings.
        .route("/healthz", get(health::health))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(control)
}

async fn snapshot(State(control): State<Control>) -> Shown<Snapshot> {
    Shown(Snapshot::clone(&control.snapshots.borrow()))
}

/// Server-sent events: a full snapshot on connect, then one on every change.
async fn events(State(control): State<Control>) -> Response {
    let mut snapshots = control.snapshots.clone();
    snapshots.mark_changed();
    let face = Face::new(control.faces.clone(), control.events.clone());
    let changes = stream::unfold(
        (snapshots, control.ending.clone(), face),
        |(mut snapshots, mut ending, face)| async move {
            let line = tokio::select! {
                // The last snapshot, which reports that the engine is stopping, is sent before the stream ends.
                biased;
                Ok(()) = snapshots.changed() => {
                    let json = shown::json(&**snapshots.borrow_and_update()).ok()?;
                    [b"event: snapshot\ndata: ", &*json, b"\n\n"].concat()
                }
                _ = ending.wait_for(|over| *over) => return None,
                () = tokio::time::sleep(HEARTBEAT) => b": still here\n\n".to_vec(),
            };
            Some((
                Ok::<_, Infallible>(Bytes::from(line)),
                (snapshots, ending, face),
            ))
        },
    );
    (
        [
            (header::CONTENT_TYPE, "text/event-stream"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        Body::from_stream(changes),
    )
        .into_response()
}

async fn act(
    State(control): State<Control>,
    Json(command): Json<Command>,
) -> Result<Shown<Accepted>, Refused> {
    match command {
        Command::ReviewRetryAll {
            incident,
            pipeline,
            count_only,
        } => retry_all::begin(control, incident, pipeline, count_only).await,
        Command::ReviewRetryStop => retry_all::stop(&control).await,
        command @ (Command::OpenWindow { .. }
        | Command::CopyBaseUrl
        | Command::Quit
        | Command::Pause
        | Command::Resume
        | Command::StopEngine
        | Command::StartEngine
        | Command::CheckNow
        | Command::TryNow { .. }
        | Command::PaidFallbacks { .. }
        | Command::PaidUntilBack { .. }
        | Command::Siblings { .. }
        | Command::SiblingsLater
        | Command::PaidFallbacksToday { .. }
        | Command::UseNow { .. }
        | Command::MayGoTo { .. }
        | Command::Rehearse { .. }
        | Command::EndRehearsal
        | Command::EndFirstRun
        | Command::StartAtLogin { .. }) => Ok(Shown(
            control
                .ask(|reply| ControlRequest::Do(command, reply))
                .await??,
        )),
    }
}

async fn checked(
    State(control): State<Control>,
    Path(interruption): Path<i64>,
) -> Result<Shown<Accepted>, Refused> {
    let noted = control.ask(|reply| ControlRequest::Checked {
        interruption,
        reply,
    });
    Ok(Shown(noted.await??))
}

async fn notification(
    State(control): State<Control>,
    Path(id): Path<u64>,
    Json(outcome): Json<NotificationOutcome>,
) -> Result<StatusCode, Refused> {
    control
        .ask(|reply| ControlRequest::NotificationDelivered { id, outcome, reply })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn settings(State(control): State<Control>) -> Result<Json<SettingsText>, Refused> {
    let settings = control.ask(ControlRequest::Settings).await?;
    Ok(Json(with_shown_errors(settings)))
}

/// The new text replaces the file only if it is valid.
async fn save_settings(
    State(control): State<Control>,
    text: String,
) -> Result<Json<SettingsText>, Refused> {
    let saved = control.ask(|reply| ControlRequest::SaveSettings { text, reply });
    Ok(Json(with_shown_errors(saved.await??)))
}

/// The text is sent unchanged, since the window edits it. The errors quote it.
fn with_shown_errors(settings: SettingsText) -> SettingsText {
    let errors = settings.errors.iter();
    SettingsText {
        errors: errors
            .map(|error| words::escape_lines(error).into_owned())
            .collect(),
        after_a_restart: settings
            .after_a_restart
            .as_deref()
            .map(|text| words::escape_lines(text).into_owned()),
        ..settings
    }
}

#[derive(Deserialize)]
struct Explain {
    model: String,
    dialect: catalog::Dialect,
    #[serde(flatten)]
    caller: CallerQuery,
}

/// The caller of the request.
#[derive(Deserialize)]
struct CallerQuery {
    login: Option<LoginQuery>,
    /// The older form of `login=subscription`.
    client_login: Option<String>,
    pipeline: Option<String>,
    application: Option<String>,
    /// The client's name, for the owner's choice.
    client: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LoginQuery {
    None,
    Key,
    Subscription,
}

impl CallerQuery {
    fn states_no_login(&self) -> bool {
        self.login.is_none() && self.client_login.is_none()
    }

    fn caller(self) -> Caller {
        let is = |message: Option<String>| message.as_deref() == Some("true");
        let login = match self.login {
            None if is(self.client_login) => Login::Subscription,
            None | Some(LoginQuery::None) => Login::None,
            Some(LoginQuery::Key) => Login::Key,
            Some(LoginQuery::Subscription) => Login::Subscription,
        };
        let kind = match self.pipeline {
            Some(name) => CallerKind::Pipeline(name),
            None if is(self.application) => CallerKind::Application,
            None => CallerKind::Agent,
        };
        Caller {
            kind,
            login,
            rerun: false,
            client: self.client.unwrap_or_default(),
        }
    }
}

async fn explain(
    State(control): State<Control>,
    Query(requested): Query<Explain>,
) -> Result<Shown<api::Explained>, Refused> {
    let explained = control.ask(|reply| ControlRequest::Explain {
        usual_login: requested.caller.states_no_login(),
        dialect: requested.dialect,
        model: requested.model,
        caller: requested.caller.caller(),
        reply,
    });
    Ok(Shown(explained.await?))
}

#[derive(Deserialize)]
struct ExplainRequest {
    dialect: catalog::Dialect,
    #[serde(flatten)]
    caller: CallerQuery,
}

async fn explain_request(
    State(control): State<Control>,
    Query(requested): Query<ExplainRequest>,
    body: axum::body::Bytes,
) -> Result<Shown<api::Explained>, Refused> {
    let explained = control.ask(|reply| ControlRequest::ExplainRequest {
        usual_login: requested.caller.states_no_login(),
        dialect: requested.dialect,
        body,
        caller: requested.caller.caller(),
        reply,
    });
    Ok(Shown(explained.await??))
}

async fn doctor(State(control): State<Control>) -> Result<Shown<Doctor>, Refused> {
    let mut doctor = control.ask(ControlRequest::Doctor).await?;
    doctor
        .checks
        .extend(connect::doctor_checks(&control).await?);
    Ok(Shown(doctor))
}

/// The names of providers and models, and costs: for the owner, who gives the clients' token to a scraper, and for the faces.
async fn metrics(State(control): State<Control>, headers: HeaderMap) -> Result<Response, Refused> {
    let sent = |name: &str| headers.get(name)?.to_str().ok();
    let bearer = sent("authorization").and_then(|value| value.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let by_client = [
        bearer.map(|(_, token)| token.trim()),
        sent("x-understudy-token"),
    ];
    let is_known = by_client
        .into_iter()
        .flatten()
        .any(|token| control.client_token.is(token))
        || sent(CONTROL_HEADER).is_some_and(|token| control.token.is(token));
    if !is_known {
        return Err(Refused::new(
            StatusCode::FORBIDDEN,
            "the metrics require Understudy's token, and the request has none or a wrong one",
            Some(
                "send `Authorization: Bearer TOKEN` with the token in the URL that `understudyd url` prints; docs/alerts.md has the lines for Prometheus",
            ),
        ));
    }
    let text = control.ask(ControlRequest::Metrics).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
