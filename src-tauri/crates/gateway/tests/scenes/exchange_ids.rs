//! Every response names its exchange, and so does every error text of Understudy.

use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use gateway::{Body, Delivery, End};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use stage::{Fault, ScriptStep};

use crate::world::{Scene, question, text};

fn named(response: &Response<Body>) -> String {
    let named = response.headers().get("x-understudy-exchange");
    let named = named.unwrap_or_else(|| panic!("no id: {response:?}"));
    named.to_str().unwrap().to_owned()
}

fn failing(fault: &Fault) -> Scene {
    let scene = Scene::new();
    for stage in [&scene.lead, &scene.second] {
        stage.outage(Some(fault.clone()));
    }
    scene
}

fn message(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    body["error"]["message"].as_str().unwrap().to_owned()
}

/// The id of the response, which is that of the ended exchange.
async fn of_the_exchange(scene: &mut Scene, response: Response<Body>) -> (String, String) {
    let id = named(&response);
    let body = text(response).await.unwrap();
    assert_eq!(scene.ended().await.id.to_string(), id);
    (id, body)
}

#[tokio::test(start_paused = true)]
async fn a_response_names_its_exchange_only_in_the_header() {
    for dialect in Dialect::ALL {
        for streamed in [true, false] {
            let mut scene = Scene::new();
            let mut body = question(dialect);
            body["stream"] = json!(streamed);
            let response = scene.send(dialect, body, |head| head).await;
            let (_, received) = of_the_exchange(&mut scene, response).await;
            assert!(!received.contains("(request"), "{received}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_sentence_ends_with_the_exchange() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        let response = scene
            .send(dialect, json!({ "no": "model" }), |head| head)
            .await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let (id, received) = of_the_exchange(&mut scene, response).await;
        let message = message(&received);
        assert!(message.ends_with(&format!("(request {id})")), "{message}");

        let mut scene = failing(&Fault::Reset);
        let response = scene.ask(dialect).await;
        let (id, received) = of_the_exchange(&mut scene, response).await;
        let message = self::message(&received);
        assert!(message.contains("did not answer"), "{message}");
        assert!(message.ends_with(&format!("(request {id})")), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_providers_error_is_passed_on_unchanged() {
    for dialect in Dialect::ALL {
        let mut scene = failing(&"400".parse().unwrap());
        let response = scene.ask(dialect).await;
        let (_, received) = of_the_exchange(&mut scene, response).await;
        assert!(!received.contains("(request"), "{received}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_in_a_stream_that_was_kept_alive_ends_with_the_exchange() {
    for dialect in Dialect::ALL {
        let mut scene = failing(&Fault::NoHeaders(None));
        scene.change(|config| {
            for route in &mut config.routes {
                route.delivery = Some(Delivery::Verified);
            }
        });
        let response = scene.ask(dialect).await;
        assert_eq!(response.status(), StatusCode::OK);
        let id = named(&response);
        let mut received = String::new();
        let mut body = response.into_body();
        while let Some(Ok(frame)) = body.frame().await {
            received += std::str::from_utf8(frame.data_ref().unwrap()).unwrap();
        }
        assert!(received.contains(&format!("(request {id})")), "{received}");
        assert_eq!(scene.ended().await.id.to_string(), id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_replay_has_a_separate_exchange() {
    let mut scene = Scene::new();
    let ask = async |scene: &Scene| {
        scene
            .send(Dialect::Anthropic, question(Dialect::Anthropic), |head| {
                head.header("idempotency-key", "k")
            })
            .await
    };
    let first = ask(&scene).await;
    let (first, _) = of_the_exchange(&mut scene, first).await;
    let replay = ask(&scene).await;
    let (replay, _) = of_the_exchange(&mut scene, replay).await;
    assert_ne!(first, replay);
}

#[tokio::test(start_paused = true)]
async fn a_twin_of_a_failed_request_names_its_own_exchange_and_the_first() {
    let mut scene = failing(&Fault::Reset);
    let ask = || {
        scene.send(Dialect::Anthropic, question(Dialect::Anthropic), |head| {
            head.header("idempotency-key", "k")
        })
    };
    let (first, twin) = tokio::join!(ask(), ask());
    let (first, twin) = ((named(&first), first), (named(&twin), twin));
    assert_ne!(first.0, twin.0);
    let sentence = message(&text(twin.1).await.unwrap());
    assert!(
        sentence.ends_with(&format!("(request {})", first.0)),
        "{sentence}"
    );
    assert_eq!(message(&text(first.1).await.unwrap()), sentence);
    let ended = [scene.ended().await, scene.ended().await];
    let mut ended = ended.map(|exchange| exchange.id.to_string());
    ended.sort();
    let mut received = [first.0, twin.0];
    received.sort();
    assert_eq!(ended, received);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_joins_a_running_request_gets_its_exchange() {
    let mut scene = Scene::new().of_client("claude-cli/2.1.197 (external, sdk-cli)");
    scene.lead.cue(ScriptStep {
        fault: Some(Fault::Drip(Duration::from_secs(1))),
        ..ScriptStep::default()
    });
    let ask = async |scene: &Scene| {
        scene
            .send(Dialect::Anthropic, question(Dialect::Anthropic), |head| {
                head.header("x-claude-code-session-id", "s")
            })
            .await
    };
    let first = ask(&scene).await;
    let id = named(&first);
    first.into_body().frame().await.unwrap().unwrap();
    tokio::time::advance(Duration::from_secs(1)).await;
    let again = ask(&scene).await;
    let (joined, _) = of_the_exchange(&mut scene, again).await;
    assert_eq!(joined, id);
}

#[tokio::test(start_paused = true)]
async fn a_response_without_an_exchange_has_an_id_too() {
    let scene = Scene::new();
    for (method, path, token) in [
        ("GET", "/v1/models", Some("token")),
        ("GET", "/", Some("token")),
    ] {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost");
        if let Some(token) = token {
            request = request.header("x-understudy-token", token);
        }
        let request = request.body(Full::new(Bytes::new())).unwrap();
        named(&scene.gateway.handle(request).await);
    }
}

/// Otherwise a flood of them would use the ids of later seconds, which a restarted engine uses again.
#[tokio::test(start_paused = true)]
async fn a_rejected_request_uses_no_id() {
    let mut scene = Scene::new();
    let first = scene.ask(Dialect::Anthropic).await;
    let (first, _) = of_the_exchange(&mut scene, first).await;
    scene.change(|config| config.limits.exchanges = 0);
    for (method, path, token) in [
        ("OPTIONS", "/v1/messages", ""),
        ("GET", "/favicon.ico", ""),
        ("POST", "/v1/messages", ""),
        ("POST", "/v1/messages", "token"),
        ("POST", "/v1/embeddings", "token"),
    ] {
        for _ in 0..100 {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("host", "localhost")
                .header("content-type", "application/json")
                .header("x-understudy-token", token);
            let body = question(Dialect::Anthropic).to_string();
            let request = request.body(Full::new(Bytes::from(body))).unwrap();
            let response = scene.gateway.handle(request).await;
            let id = response.headers().get("x-understudy-exchange");
            assert_eq!(id, None, "{method} {path}");
            let received = text(response).await.unwrap();
            assert!(!received.contains("(request"), "{received}");
        }
    }
    scene.change(|config| config.limits.exchanges = 10);
    let next = scene.ask(Dialect::Anthropic).await;
    let (next, _) = of_the_exchange(&mut scene, next).await;
    let number = |id: &str| {
        let digit = |sign: u8| {
            b"0123456789abcdefghjkmnpqrstvwxyz"
                .iter()
                .position(|one| *one == sign)
        };
        id.bytes()
            .fold(0, |number, sign| number * 32 + digit(sign).unwrap())
    };
    assert_eq!(number(&next), number(&first) + 1);
}

#[tokio::test(start_paused = true)]
async fn the_exchange_id_of_an_upstream_understudy_is_replaced() {
    let mut scene = Scene::answering(
        b"HTTP/1.1 400 Bad Request\r\nx-understudy-exchange: theirs\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
    );
    let response = scene.ask(Dialect::Anthropic).await;
    assert_eq!(
        response
            .headers()
            .get_all("x-understudy-exchange")
            .iter()
            .count(),
        1
    );
    let (id, _) = of_the_exchange(&mut scene, response).await;
    assert_ne!(id, "theirs");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_forwarded_unparsed_names_its_exchange() {
    let mut scene = Scene::new();
    let request = Request::post("/v1/embeddings")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("x-understudy-token", "token")
        .body(Full::new(Bytes::from_static(b"{}")))
        .unwrap();
    let response = scene.gateway.handle(request).await;
    let id = named(&response);
    response.into_body().collect().await.unwrap();
    let exchange = scene.ended().await;
    assert_eq!(exchange.id.to_string(), id);
    assert!(matches!(exchange.end, End::TurnedAway(_)), "{exchange:?}");
}
