//! A drill: the primary fails on purpose and gets no request; a fallback carries; nothing about the primary changes.

use catalog::{Auth, Dialect, EndpointId, Secret};
use chrono::{DateTime, TimeDelta, Utc};
use gateway::{
    Cause, Consent, DrillRequest, End, Exchange, Fault, LiveDrill, Login, MadeFailure, Outcome,
    Report, Standing,
};
use http::Request;
use http_body_util::Full;
use serde_json::Value;
use stage::Fault as StageFault;
use tokio::sync::mpsc;

use crate::world::{Scene, question, text};

/// The status, the body and the exchange of a request of the drill's own session. `Err`: the client's connection was aborted.
async fn tested(
    scene: &Scene,
    dialect: Dialect,
    failure: MadeFailure,
    login: Login,
) -> (u16, Result<String, gateway::Aborted>, Exchange) {
    let (reports, mut reported) = mpsc::channel(8);
    let request = Request::post(dialect.default_path())
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("x-understudy-token", "token")
        .extension(DrillRequest::new(failure, login, reports))
        .body(Full::new(question(dialect).to_string().into()));
    let response = scene.gateway.handle(request.unwrap()).await;
    let status = response.status().as_u16();
    let received = text(response).await;
    loop {
        match reported.recv().await.unwrap() {
            Report::Ended(exchange) => return (status, received, *exchange),
            Report::Began(_) | Report::Unfetched(_) => {}
        }
    }
}

fn is_made(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Failed {
            fault: Fault::Ours(Cause::Drill),
            ..
        }
    )
}

fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// Live requests of the only route meet this failure for a minute.
fn live(scene: &Scene, failure: MadeFailure) {
    scene.change(|config| {
        config.drill = Some(LiveDrill {
            route: "work".into(),
            dialect: Dialect::Anthropic,
            failure,
            until: start() + TimeDelta::seconds(60),
        });
    });
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_carried_by_the_fallback_and_the_primary_gets_no_request() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        let (status, received, exchange) =
            tested(&scene, dialect, MadeFailure::Overloaded, Login::None).await;
        assert_eq!((status, &exchange.end), (200, &End::Complete), "{dialect}");
        let received = received.unwrap();
        assert!(!received.contains("drill"), "{received}");
        let made: Vec<bool> = exchange
            .attempts
            .iter()
            .map(|a| is_made(&a.outcome))
            .collect();
        assert_eq!(made, [true, true, false], "as with a real 529, one retry");
        assert_eq!(exchange.attempts[0].request_bytes, 0);
        assert_eq!(
            exchange.attempts[0].status.map(|status| status.as_u16()),
            Some(529)
        );
        assert_eq!(
            (scene.lead.received().len(), scene.second.received().len()),
            (0, 1)
        );
        assert!(
            scene.reports.try_recv().is_err(),
            "only the drill gets the report"
        );
        assert_eq!(scene.gateway.open_exchanges(), 0);
    }
}

/// As on a real cut after the first word, an agent's connection is aborted. Its repeated request is carried.
#[tokio::test(start_paused = true)]
async fn a_stream_that_stops_after_its_first_word_is_never_passed_as_complete() {
    for dialect in Dialect::ALL {
        let scene = Scene::new();
        let (status, received, exchange) =
            tested(&scene, dialect, MadeFailure::Cut, Login::None).await;
        assert_eq!((status, &exchange.end), (200, &End::Cut), "{dialect}");
        assert!(received.is_err(), "{received:?}");
        assert!(exchange.attempts.iter().all(|a| is_made(&a.outcome)));
        let (_, _, repeated) = tested(&scene, dialect, MadeFailure::Overloaded, Login::None).await;
        assert_eq!(repeated.end, End::Complete);
        assert_eq!(scene.lead.received().len(), 0);
    }
}

/// If a response is held until it is complete, the client sees no cut.
#[tokio::test(start_paused = true)]
async fn a_held_stream_that_stops_is_carried_in_the_same_request() {
    for dialect in Dialect::ALL {
        let scene = Scene::new();
        scene.verified();
        let (status, received, exchange) =
            tested(&scene, dialect, MadeFailure::Cut, Login::None).await;
        assert_eq!((status, &exchange.end), (200, &End::Complete), "{dialect}");
        assert!(!received.unwrap().contains("drill"));
        assert_eq!(
            (scene.lead.received().len(), scene.second.received().len()),
            (0, 1)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn breakers_and_other_sessions_are_untouched() {
    let mut scene = Scene::new();
    for _ in 0..10 {
        for failure in [MadeFailure::Cut, MadeFailure::Overloaded] {
            drop(tested(&scene, Dialect::Anthropic, failure, Login::None).await);
        }
    }
    assert!(
        scene
            .gateway
            .breakers()
            .iter()
            .all(|b| b.standing == Standing::Closed && b.failures == 0),
        "{:?}",
        scene.gateway.breakers()
    );
    let response = scene.ask(Dialect::Anthropic).await;
    assert_eq!(response.status().as_u16(), 200);
    drop(text(response).await);
    let (requested, end) = scene.requested().await;
    assert_eq!((requested, end), (vec!["lead".to_owned()], End::Complete));
}

#[tokio::test(start_paused = true)]
async fn live_requests_of_the_route_meet_the_failure_until_the_drill_ends() {
    let mut scene = Scene::new().of_agent();
    live(&scene, MadeFailure::Overloaded);
    let ask = async |scene: &mut Scene, dialect| {
        let response = scene.ask(dialect).await;
        let received = text(response).await;
        (scene.requested().await, received)
    };
    let ((requested, end), _) = ask(&mut scene, Dialect::Anthropic).await;
    assert_eq!(
        (requested, end),
        (
            vec!["lead".into(), "lead".into(), "second".into()],
            End::Complete
        )
    );
    assert_eq!(scene.lead.received().len(), 0, "the primary got no request");
    let ((other, _), _) = ask(&mut scene, Dialect::OpenaiChat).await;
    assert_eq!(other, ["lead"], "another route is untouched");

    // It has a time limit, and the settings end it.
    tokio::time::advance(std::time::Duration::from_secs(61)).await;
    let ((after, _), _) = ask(&mut scene, Dialect::Anthropic).await;
    assert_eq!(after, ["lead"], "the session did not move");
    live(&scene, MadeFailure::Overloaded);
    scene.change(|config| config.drill = None);
    let ((after, _), _) = ask(&mut scene, Dialect::Anthropic).await;
    assert_eq!(after, ["lead"]);
    assert!(scene.gateway.breakers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_live_stream_stops_after_a_word_only_where_a_user_reads_it() {
    for (agent, ends, requested) in [
        (true, End::Cut, vec!["lead"]),
        (false, End::Complete, vec!["lead", "lead", "second"]),
    ] {
        let mut scene = Scene::new();
        if agent {
            scene = scene.of_agent();
        }
        live(&scene, MadeFailure::Cut);
        let response = scene.ask(Dialect::Anthropic).await;
        let received = text(response).await;
        assert_eq!(received.is_err(), agent);
        assert!(!received.unwrap_or_default().contains("drill"));
        let (attempts, end) = scene.requested().await;
        assert_eq!(
            (attempts, end),
            (requested.iter().map(ToString::to_string).collect(), ends)
        );
    }
}

/// Without a tray and a window, the agent's text announces the fallback, and that its reason is a drill.
#[tokio::test(start_paused = true)]
async fn an_announced_fallback_names_the_drill() {
    let scene = Scene::new().of_agent();
    scene.change(|config| config.announce = true);
    live(&scene, MadeFailure::Overloaded);
    let received = text(scene.ask(Dialect::Anthropic).await).await.unwrap();
    assert!(
        received.contains("fails on purpose, because a drill runs"),
        "{received}"
    );
}

#[tokio::test(start_paused = true)]
async fn without_an_allowed_fallback_the_client_gets_a_clear_error() {
    let scene = Scene::new();
    scene.change(|config| {
        let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
        lead.endpoint.accepts_client_login = true;
        lead.endpoint.auth = Auth::XApiKey;
        let second = config
            .endpoints
            .get_mut(&EndpointId::new("second"))
            .unwrap();
        second.endpoint.auth = Auth::Bearer;
        second.key = Some(Secret::new("k"));
        config.spending.subscription_to_paid_key = Consent::No;
    });
    let (status, received, exchange) = tested(
        &scene,
        Dialect::Anthropic,
        MadeFailure::Overloaded,
        Login::Subscription,
    )
    .await;
    assert_eq!((status, &exchange.end), (529, &End::Exhausted));
    let error: Value = serde_json::from_str(&received.unwrap()).unwrap();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains("a drill made this error"), "{message}");
    assert_eq!(
        (scene.lead.received().len(), scene.second.received().len()),
        (0, 0)
    );
    // The same fallback with the owner's consent.
    scene.change(|config| config.spending.subscription_to_paid_key = Consent::Yes);
    let (status, ..) = tested(
        &scene,
        Dialect::Anthropic,
        MadeFailure::Overloaded,
        Login::Subscription,
    )
    .await;
    assert_eq!(status, 200);
}

/// The fallback's real failure is its own: the drill makes only the primary's.
#[tokio::test(start_paused = true)]
async fn a_failure_of_the_fallback_stays_its_own() {
    let scene = Scene::new();
    scene.second.outage(Some(StageFault::status(503)));
    let (_, _, exchange) = tested(
        &scene,
        Dialect::Anthropic,
        MadeFailure::Overloaded,
        Login::None,
    )
    .await;
    assert_eq!(exchange.end, End::Exhausted);
    let of_second = exchange
        .attempts
        .iter()
        .rfind(|a| a.endpoint.as_str() == "second");
    assert!(matches!(
        of_second.unwrap().outcome,
        Outcome::Failed {
            fault: Fault::Theirs(_),
            ..
        }
    ));
}
