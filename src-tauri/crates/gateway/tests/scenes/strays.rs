//! A browser's requests without a token are rejected and counted. They are not exchanges: many of them would hide the owner's
//! own.

use bytes::Bytes;
use gateway::{End, Report, TurnedAway};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};

use crate::world::Scene;

async fn turned_away(scene: &Scene, method: &str, path: &str, header: Option<(&str, &str)>) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", "application/json");
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from_static(b"{}"))).unwrap();
    let response = scene.gateway.handle(request).await;
    assert_eq!(
        response.status(),
        StatusCode::FORBIDDEN,
        "{method} {path} {header:?}"
    );
    // A refusal without a reader ends as a disconnected client.
    response.into_body().collect().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn stray_requests_are_counted_and_not_notified() {
    let mut scene = Scene::new();
    let strays = [
        ("GET", "/favicon.ico", None),
        ("GET", "/apple-touch-icon.png", None),
        ("HEAD", "/robots.txt", None),
        ("GET", "/", None),
        (
            "POST",
            "/v1/messages",
            Some(("origin", "https://elsewhere.example")),
        ),
    ];
    for (method, path, header) in strays {
        turned_away(&scene, method, path, header).await;
    }
    assert_eq!(scene.gateway.strays(), 5);
    assert!(scene.reports.try_recv().is_err(), "no exchange began");
}

#[tokio::test(start_paused = true)]
async fn a_client_with_a_missing_or_wrong_token_is_listed() {
    let mut scene = Scene::new();
    for (method, path, header) in [
        ("POST", "/v1/messages", None),
        ("GET", "/v1/models", None),
        ("POST", "/v1/embeddings", None),
        ("GET", "/favicon.ico", Some(("x-api-key", "wrong"))),
        ("GET", "/t/wrong/favicon.ico", None),
    ] {
        turned_away(&scene, method, path, header).await;
        let Some(Report::Ended(exchange)) = ended(&mut scene).await else {
            panic!("{method} {path}: no exchange");
        };
        assert_eq!(
            exchange.end,
            End::TurnedAway(TurnedAway::Token),
            "{method} {path}"
        );
    }
    assert_eq!(scene.gateway.strays(), 0);
}

/// The end report that follows a begin report.
async fn ended(scene: &mut Scene) -> Option<Report> {
    let begun = scene.reports.recv().await?;
    assert!(matches!(begun, Report::Began(_)), "{begun:?}");
    scene.reports.recv().await
}
