//! A provider cannot speak in Understudy's name: no header of Understudy in its response reaches the client.

use bytes::Bytes;
use catalog::{Auth, Dialect, EndpointId};
use gateway::Body;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::json;

use crate::by_hand::{always, raw};
use crate::world::{Scene, question, text};

/// Claims of a provider, among them headers of one connection.
const CLAIMS: &str = "x-understudy-provider: mars\r\nx-understudy-exchange: 0\r\nx-understudy-review-id: abc\r\n\
    x-understudy-fallback: free\r\nX-Understudy-Dropped: everything\r\nidempotency-replayed: true\r\n\
    connection: x-private\r\nx-private: 1\r\nproxy-authenticate: Basic\r\nalt-svc: h3=\":443\"\r\nx-vendor: yes\r\n";

fn claiming(status: &str, kind: &str, body: &str) -> Scene {
    let (scene, _) = always([raw(format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n{CLAIMS}content-length: {}\r\n\r\n{body}",
        body.len()
    ))]);
    scene.change(|config| {
        config.endpoints.remove(&EndpointId::new("second"));
    });
    scene
}

async fn check(response: Response<Body>) {
    let headers = response.headers().clone();
    text(response).await.unwrap();
    assert_eq!(headers["x-vendor"], "yes");
    let shown = format!("{headers:?}");
    for claim in [
        "mars",
        "abc",
        "free",
        "everything",
        "x-private",
        "Basic",
        "h3=",
        "replayed",
    ] {
        assert!(!shown.contains(claim), "{claim}: {shown}");
    }
    assert_ne!(headers["x-understudy-exchange"], "0");
    assert_eq!(headers.get_all("x-understudy-provider").iter().count(), 1);
    assert_eq!(headers["x-understudy-provider"], "lead");
}

#[tokio::test(start_paused = true)]
async fn no_header_of_understudy_is_taken_from_a_provider() {
    const STREAM: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let document = json!({
        "id": "c", "object": "chat.completion",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hi" }, "finish_reason": "stop" }],
    });
    let refusal = r#"{"error":{"message":"no","type":"invalid_request_error"}}"#;
    for (streamed, status, kind, body) in [
        (true, "200 OK", "text/event-stream", STREAM.to_owned()),
        (false, "200 OK", "application/json", document.to_string()),
        (
            false,
            "400 Bad Request",
            "application/json",
            refusal.to_owned(),
        ),
        (
            true,
            "400 Bad Request",
            "application/json",
            refusal.to_owned(),
        ),
    ] {
        let scene = claiming(status, kind, &body);
        let mut request = question(Dialect::OpenaiChat);
        request["stream"] = json!(streamed);
        check(scene.send(Dialect::OpenaiChat, request, |head| head).await).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nor_from_a_response_that_is_forwarded_unparsed() {
    let scene = claiming("200 OK", "application/json", "{}");
    scene.change(|config| {
        let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
        lead.endpoint.accepts_client_login = true;
        lead.endpoint.auth = Auth::Bearer;
        lead.endpoint.logins.begins = vec!["sk-".into()];
        lead.endpoint.passages.with_login = vec!["* /v1/files".parse().unwrap()];
    });
    let request = Request::post("/v1/files")
        .header("host", "localhost")
        .header("x-understudy-token", "token")
        .header("authorization", "Bearer sk-mine")
        .body(Full::new(Bytes::from_static(b"{}")))
        .unwrap();
    check(scene.gateway.handle(request).await).await;
}
