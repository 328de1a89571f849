//! Names that a client chooses are limited: each is stored with its request and shown in every list.

use bytes::Bytes;
use catalog::Dialect;
use gateway::{End, TurnedAway};
use http::{Request, StatusCode};
use http_body_util::Full;
use serde_json::json;

use crate::world::{Scene, question, text};

const CONTROLS: [char; 5] = ['\n', '\u{1b}', '\u{7f}', '\u{9b}', '\u{202e}'];

#[tokio::test(start_paused = true)]
async fn a_bad_model_name_is_refused_and_not_recorded() {
    let long = "m".repeat(257);
    let controls = CONTROLS.map(|sign| format!("gpt{sign}5"));
    for dialect in Dialect::ALL {
        for name in std::iter::once(&long).chain(&controls) {
            let mut scene = Scene::new();
            let mut body = question(dialect);
            body["model"] = json!(name);
            let response = scene.send(dialect, body, |head| head).await;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{name:?}");
            let received = text(response).await.unwrap();
            assert!(!received.contains(name.as_str()), "{received}");
            let exchange = scene.ended().await;
            assert_eq!(exchange.model, "");
            assert!(
                matches!(exchange.end, End::TurnedAway(TurnedAway::Name(_))),
                "{:?}",
                exchange.end
            );
            assert_eq!(scene.lead.received().len(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_but_allowed_model_name_passes() {
    let mut scene = Scene::new();
    let mut body = question(Dialect::Anthropic);
    body["model"] = json!("é".repeat(256));
    let response = scene.send(Dialect::Anthropic, body, |head| head).await;
    assert_eq!(response.status(), StatusCode::OK);
    text(response).await.unwrap();
    assert_eq!(scene.ended().await.model.chars().count(), 256);
}

#[tokio::test(start_paused = true)]
async fn a_bad_pipeline_name_is_refused_in_the_header_and_in_the_path() {
    let long = "p".repeat(257);
    let post = |path: String, header: &str| {
        Request::post(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("x-understudy-token", "token")
            .header("x-understudy-pipeline", header)
            .body(Full::new(Bytes::from(
                question(Dialect::Anthropic).to_string(),
            )))
            .unwrap()
    };
    let messages = "/v1/messages".to_owned();
    let requests = [
        post(messages.clone(), &long),
        post(messages.clone(), "a\tb"),
        post(messages, "a\u{202e}b"),
        post(format!("/p/{long}/v1/messages"), "Leads"),
        post("/p/a%1b%5b2Jb/v1/messages".to_owned(), "Leads"),
        post("/p/a%E2%80%AEb/v1/embeddings".to_owned(), "Leads"),
    ];
    for request in requests {
        let mut scene = Scene::new();
        let sent = format!("{:?} {:?}", request.uri(), request.headers());
        let response = scene.gateway.handle(request).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{sent}");
        text(response).await.unwrap();
        let exchange = scene.ended().await;
        assert!(exchange.pipeline.is_none_or(|name| name == "Leads"));
        assert_eq!(scene.lead.received().len(), 0);
    }
}
