//! A request whose sender may not use the port is rejected and counted. It is no exchange and begins no session: any page and
//! any program can send them without limit.

use std::time::Duration;

use bytes::Bytes;
use gateway::{End, RejectReason, Report};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};

use crate::world::Scene;

async fn send(scene: &Scene, (method, path): (&str, &str), headers: &[(&str, &str)]) -> StatusCode {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json");
    if headers.iter().all(|(name, _)| *name != "host") {
        request = request.header("host", "localhost");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from_static(b"{}"))).unwrap();
    let response = scene.gateway.handle(request).await;
    let status = response.status();
    // A refusal without a reader ends as a disconnected client.
    response.into_body().collect().await.unwrap();
    status
}

#[tokio::test(start_paused = true)]
async fn a_request_without_the_token_is_counted_and_nothing_else() {
    use RejectReason::{Host, Origin, Token};
    let mut scene = Scene::new();
    let (page, rebound) = (("origin", "https://evil.example"), ("host", "evil.example"));
    let agent = ("user-agent", "Mozilla/5.0");
    let long = format!("/{}", "x".repeat(8000));
    let long_host = "h".repeat(8000);
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let requests: [(&str, &str, Headers<'_>, RejectReason); 11] = [
        ("GET", "/favicon.ico", &[], Token),
        ("GET", "/", &[], Token),
        ("POST", "/v1/messages", &[agent], Token),
        ("POST", "/v1/messages", &[("x-api-key", "wrong")], Token),
        ("POST", "/v1/embeddings", &[], Token),
        ("GET", "/t/x/x.png", &[], Token),
        ("GET", &long, &[("x-understudy-token", "wrong")], Token),
        ("POST", "/t/x/v1/messages", &[page, agent], Origin),
        ("POST", "/t/token/v1/messages", &[page], Origin),
        ("POST", "/t/token/v1/messages", &[rebound], Host),
        ("POST", "/t/x/v1/messages", &[("host", &long_host)], Host),
    ];
    for (method, path, headers, _) in requests {
        for _ in 0..100 {
            let status = send(&scene, (method, path), headers).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path} {headers:?}");
        }
    }
    assert!(scene.reports.try_recv().is_err(), "no exchange began");
    assert_eq!(scene.gateway.open_exchanges(), 0);
    let rejected = scene.gateway.rejected();
    for reason in [Token, Host, Origin] {
        let sent = requests.iter().filter(|(.., of)| *of == reason).count();
        let found = rejected
            .iter()
            .find(|found| found.reason == reason)
            .unwrap();
        assert_eq!(found.count, 100 * sent as u64, "{reason:?}");
        assert!(found.sample.len() < 900, "{}", found.sample);
        assert!(!found.sample.contains("/t/"), "{}", found.sample);
    }
}

#[tokio::test(start_paused = true)]
async fn the_sample_is_replaced_after_a_minute() {
    let scene = Scene::new();
    let sample = || scene.gateway.rejected().remove(0).sample;
    send(&scene, ("GET", "/first"), &[]).await;
    send(&scene, ("GET", "/second"), &[]).await;
    assert_eq!(sample(), "GET /first, host localhost");
    tokio::time::advance(Duration::from_secs(61)).await;
    send(&scene, ("GET", "/third"), &[]).await;
    assert_eq!(sample(), "GET /third, host localhost");
}

#[tokio::test(start_paused = true)]
async fn a_client_with_the_token_and_a_wrong_request_is_listed_and_begins_no_session() {
    let mut scene = Scene::new();
    let token = ("x-understudy-token", "token");
    let long = format!("/{}", "x".repeat(8000));
    for (method, path, status) in [
        ("GET", "/v1/messages", StatusCode::METHOD_NOT_ALLOWED),
        ("POST", &long, StatusCode::NOT_FOUND),
        ("POST", "/v1/messages", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(send(&scene, (method, path), &[token]).await, status);
        let Some(Report::Ended(exchange)) = scene.reports.recv().await else {
            panic!("{method} {path}: a session began");
        };
        let End::TurnedAway(why) = exchange.end else {
            panic!("{:?}", exchange.end);
        };
        assert!(why.to_string().len() < 600, "{why}");
        assert_eq!(scene.gateway.open_exchanges(), 0);
    }
    assert_eq!(scene.gateway.rejected(), []);
}
