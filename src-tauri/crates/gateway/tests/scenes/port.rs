//! Unusual requests to the port: compressed, with other paths, for other endpoints.

use std::time::Duration;

use bytes::Bytes;
use catalog::{Auth, Dialect, EndpointId, Secret};
use gateway::{Body, Dialed, End, ExchangeKind};
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use serde_json::{Value, json};
use stage::Stage;

use crate::by_hand::{Beat, Requests, always, raw};
use crate::compressed::Coding;
use crate::world::{Scene, complete, question, text};

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-vendor: yes\r\ncontent-length: 15\r\n\r\n{\"object\":\"it\"}";

fn post(path: &str) -> http::request::Builder {
    Request::post(path)
        .header("host", "localhost")
        .header("x-understudy-token", "token")
}

async fn send(
    scene: &Scene,
    request: http::request::Builder,
    body: impl Into<Bytes>,
) -> Response<Body> {
    let request = request.body(Full::new(body.into())).unwrap();
    scene.gateway.handle(request).await
}

/// The primary is a vendor to which clients log in, and which has other endpoints.
fn vendor(scene: &Scene) {
    scene.change(|config| {
        let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
        lead.endpoint.may_loop = false;
        lead.endpoint.accepts_client_login = true;
        lead.endpoint.auth = Auth::Bearer;
        lead.endpoint.logins.begins = vec!["sk-".into()];
        lead.endpoint.passages.with_login = ["POST /v1/embeddings", "* /v1/files", "* /v1/files/*"]
            .map(|passage| passage.parse().unwrap())
            .to_vec();
        lead.endpoint.passages.with_key = vec!["POST /v1/embeddings".parse().unwrap()];
    });
}

#[tokio::test(start_paused = true)]
async fn a_compressed_request_is_decoded() {
    for dialect in Dialect::ALL {
        for coding in Coding::ALL {
            let mut scene = Scene::new();
            let plain = question(dialect).to_string();
            let body = coding.pieces(&[&plain]).await.concat();
            let length = body.len().to_string();
            let request = post(dialect.default_path())
                .header("content-type", "application/json")
                .header("content-encoding", coding.name())
                .header("content-length", length);
            let received = text(send(&scene, request, body).await).await.unwrap();
            assert!(
                complete(dialect, &received),
                "{dialect} {coding:?}: {received}"
            );
            assert_eq!(scene.ended().await.end, End::Complete);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_gets_a_compressed_request_uncompressed() {
    let (scene, requested) = always([raw(ANSWER)]);
    let plain = question(Dialect::OpenaiChat).to_string();
    let body = Coding::Zstd.pieces(&[&plain]).await.concat();
    let request = post("/v1/chat/completions")
        .header("content-type", "application/json")
        .header("content-encoding", "zstd");
    send(&scene, request, body).await;
    let request = requested.all().remove(0);
    assert!(request.ends_with(&plain), "{request}");
    assert!(!request.contains("content-encoding"), "{request}");
    let length = format!("content-length: {}\r\n", plain.len());
    assert!(request.contains(&length), "{request}");
}

#[tokio::test(start_paused = true)]
async fn the_error_for_an_undecodable_request_names_the_header() {
    let plain = question(Dialect::Anthropic).to_string();
    let zipped = Coding::Gzip.pieces(&[&plain]).await.concat();
    let cut = zipped[..zipped.len() / 2].to_vec();
    let twice = Coding::Gzip.pieces(&[&zipped]).await.concat();
    for (coding, body, status, sentence) in [
        (
            "compress",
            zipped.clone(),
            415,
            "content-encoding: compress",
        ),
        ("gzip, gzip", twice, 415, "content-encoding: gzip, gzip"),
        ("gzip", plain.clone().into_bytes(), 400, "gzip"),
        ("zstd", zipped.clone(), 400, "zstd"),
        ("gzip", cut, 400, "compressed bytes ended"),
    ] {
        let mut scene = Scene::new();
        let request = post("/v1/messages")
            .header("content-type", "application/json")
            .header("content-encoding", coding);
        let response = send(&scene, request, body).await;
        assert_eq!(response.status(), status, "{coding}");
        let received = text(response).await.unwrap();
        assert!(received.contains(sentence), "{coding}: {received}");
        assert!(
            received.contains("\"type\":\"error\""),
            "{coding}: {received}"
        );
        assert!(matches!(scene.ended().await.end, End::TurnedAway(_)));
    }
    for coding in ["identity", "", "x-gzip"] {
        let scene = Scene::new();
        let body = if coding == "x-gzip" {
            zipped.clone()
        } else {
            plain.clone().into_bytes()
        };
        let request = post("/v1/messages")
            .header("content-type", "application/json")
            .header("content-encoding", coding);
        assert_eq!(send(&scene, request, body).await.status(), 200, "{coding}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_decompression_bomb_is_refused_as_too_large() {
    for coding in Coding::ALL {
        let mut scene = Scene::new();
        scene.change(|config| config.limits.body = 1 << 16);
        let body = coding.pieces(&[vec![b' '; 1 << 18]]).await.concat();
        assert!(body.len() < 1 << 12);
        let request = post("/v1/responses")
            .header("content-type", "application/json")
            .header("content-encoding", coding.name());
        let response = send(&scene, request, body).await;
        assert_eq!(
            response.status(),
            StatusCode::PAYLOAD_TOO_LARGE,
            "{coding:?}"
        );
        text(response).await.unwrap();
        assert!(matches!(scene.ended().await.end, End::TurnedAway(_)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_byte_order_mark_is_removed() {
    for dialect in Dialect::ALL {
        let (scene, requested) = always([raw(ANSWER)]);
        let plain = question(dialect).to_string();
        let request = post(dialect.default_path()).header("content-type", "application/json");
        send(&scene, request, format!("\u{feff}{plain}")).await;
        let sent = requested.all().remove(0);
        assert!(sent.ends_with(&format!("\r\n\r\n{plain}")), "{sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn extra_slashes_in_a_path_are_ignored() {
    for (path, dialect) in [
        ("/v1//messages", Dialect::Anthropic),
        ("//v1/messages/", Dialect::Anthropic),
        ("/v1//chat//completions", Dialect::OpenaiChat),
        ("/t/token//p/Leads//v1/responses", Dialect::OpenaiResponses),
    ] {
        let mut scene = Scene::new();
        let request = post(path).header("content-type", "application/json");
        let response = send(&scene, request, question(dialect).to_string()).await;
        assert_eq!(response.status(), 200, "{path}");
        text(response).await.unwrap();
        let exchange = scene.ended().await;
        assert_eq!(exchange.dialect, dialect);
        let pipeline = path.contains("Leads").then_some("Leads".to_owned());
        assert_eq!(exchange.pipeline, pipeline);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_has_the_envelope_of_the_clients_vendor() {
    let anthropic =
        |received: &Value| received["type"] == "error" && received["error"]["type"].is_string();
    let openai =
        |received: &Value| received["error"]["message"].is_string() && received["type"].is_null();
    for (path, header, of_anthropic) in [
        ("/v1/messages/batches", None, true),
        ("/v1/messages/batches/b1/results", None, true),
        ("/v1/files", Some("anthropic-version"), true),
        ("/v2/x", Some("anthropic-version"), true),
        ("/v2/x", None, false),
        ("/v1/embeddings", None, false),
        ("/v1/responses/r1", None, false),
    ] {
        let scene = Scene::new();
        let mut request = post(path);
        if let Some(header) = header {
            request = request.header(header, "2023-06-01");
        }
        let response = send(&scene, request, "{}").await;
        assert_eq!(response.status(), 404, "{path}");
        let received: Value = serde_json::from_str(&text(response).await.unwrap()).unwrap();
        let right = if of_anthropic {
            anthropic(&received)
        } else {
            openai(&received)
        };
        assert!(right, "{path}: {received}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_of_another_api_gets_an_error_that_names_it() {
    for (path, api) in [
        (
            "/v1beta/models/gemini-3.8-flash:generateContent",
            "Gemini's own API is not supported",
        ),
        (
            "/t/token/v1beta/models/x:streamGenerateContent?alt=sse",
            "Gemini's own API is not supported",
        ),
        (
            "/v1beta/models/x:countTokens",
            "Gemini's own API is not supported",
        ),
        ("/api/chat", "Ollama's own API is not supported"),
        ("/v1/completions", "Completions API is not supported"),
        ("/v2/x", "Nothing is served at `/v2/x`. There are"),
    ] {
        let scene = Scene::new();
        let response = send(&scene, post(path), "{}").await;
        assert_eq!(response.status(), 404, "{path}");
        let received = text(response).await.unwrap();
        assert!(
            received.contains(api) && received.contains("/v1/chat/completions"),
            "{path}: {received}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn other_endpoints_are_forwarded_to_the_clients_vendor_unchanged() {
    let multipart =
        b"--x\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n\xff\xfe\x00\r\n--x--\r\n";
    let (mut scene, requested) = always([raw(ANSWER)]);
    vendor(&scene);
    let request = post("/t/token/openai/v1//files?purpose=batch")
        .header("authorization", "Bearer sk-mine")
        .header("content-type", "multipart/form-data; boundary=x")
        .header("content-length", multipart.len())
        .header("openai-organization", "org-1")
        .header("x-understudy-item", "7");
    let response = send(&scene, request, &multipart[..]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-vendor"], "yes");
    assert_eq!(response.headers()["x-understudy-endpoint"], "lead");
    assert_eq!(text(response).await.unwrap(), "{\"object\":\"it\"}");
    let sent = requested.all().remove(0);
    assert!(
        sent.starts_with("POST /v1/files?purpose=batch HTTP/1.1\r\n"),
        "{sent}"
    );
    for header in [
        "authorization: Bearer sk-mine\r\n",
        "content-type: multipart/form-data; boundary=x\r\n",
        "openai-organization: org-1\r\n",
        &format!("content-length: {}\r\n", multipart.len()),
    ] {
        assert!(sent.contains(header), "{header}: {sent}");
    }
    assert!(
        !sent.contains("understudy") && !sent.contains("token"),
        "{sent}"
    );
    assert!(
        sent.ends_with(&*String::from_utf8_lossy(multipart)),
        "{sent}"
    );
    let exchange = scene.ended().await;
    assert_eq!(
        (exchange.kind, exchange.end),
        (ExchangeKind::Passed, End::Complete)
    );
    assert_eq!(exchange.model, "/v1/files");
    assert_eq!(exchange.attempts.len(), 1);
    assert_eq!(exchange.bytes_out, 15);
    assert_eq!(scene.gateway.open_exchanges(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_passed_through_request_is_sent_once_and_to_one_provider() {
    for (head, status, end) in [
        ("HTTP/1.1 503 Service Unavailable", 503, End::Exhausted),
        ("HTTP/1.1 429 Too Many Requests", 429, End::CallersFault),
        ("HTTP/1.1 404 Not Found", 404, End::CallersFault),
    ] {
        let bytes = ANSWER.replacen("HTTP/1.1 200 OK", &format!("{head}\r\nretry-after: 9"), 1);
        let (mut scene, requested) = always([raw(bytes)]);
        vendor(&scene);
        let request = post("/v1/files").header("authorization", "Bearer sk-mine");
        let response = send(&scene, request, "{}").await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["retry-after"], "9");
        assert_eq!(text(response).await.unwrap(), "{\"object\":\"it\"}");
        assert_eq!(requested.count(), 1, "{status}");
        let exchange = scene.ended().await;
        assert_eq!(exchange.end, end);
        assert_eq!(exchange.attempts.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_truncated_passed_through_response_is_aborted() {
    let cut = ANSWER.replacen("content-length: 15", "content-length: 99", 1);
    for beats in [vec![raw(cut.clone())], vec![raw(cut), Beat::Stall]] {
        let (mut scene, requested) = always(beats);
        vendor(&scene);
        let request = post("/v1/files").header("authorization", "Bearer sk-mine");
        let response = send(&scene, request, "{}").await;
        assert!(text(response).await.is_err());
        assert_eq!(scene.ended().await.end, End::Cut);
        assert_eq!(requested.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_does_not_answer_is_a_retryable_error() {
    let (mut scene, requested) = always([Beat::Stall]);
    vendor(&scene);
    let request = post("/v1/embeddings").header("authorization", "Bearer sk-mine");
    let response = send(&scene, request, "{}").await;
    assert!(response.status().is_server_error());
    let received = text(response).await.unwrap();
    assert!(received.contains("lead did not answer"), "{received}");
    assert_eq!(scene.ended().await.end, End::Exhausted);
    assert_eq!(requested.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_long_to_forward_is_refused() {
    let swallows = gateway::connect(|_| async {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        tokio::spawn(async move {
            let (mut sent, _open) = tokio::io::split(theirs);
            tokio::io::copy(&mut sent, &mut tokio::io::sink()).await
        });
        Ok(Dialed::pipe(ours))
    });
    let mut scene = Scene::dialling(Stage::any_model(), Stage::any_model(), swallows);
    vendor(&scene);
    let piece = Bytes::from(vec![0; 32 << 20]);
    let pieces = (0..17).map(move |_| Ok::<_, std::io::Error>(Frame::data(piece.clone())));
    let body = StreamBody::new(futures_util::stream::iter(pieces));
    let request = post("/v1/files").header("authorization", "Bearer sk-mine");
    let response = scene.gateway.handle(request.body(body).unwrap()).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    text(response).await.unwrap();
    assert!(matches!(scene.ended().await.end, End::TurnedAway(_)));
}

#[tokio::test(start_paused = true)]
async fn the_stored_key_pays_for_embeddings_and_their_usage_is_parsed() {
    let sentence = json!({ "object": "list", "model": "text-embedding-3-small", "usage": { "prompt_tokens": 8, "total_tokens": 8 } }).to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{sentence}",
        sentence.len()
    );
    let (mut scene, requested) = always([raw(answer)]);
    vendor(&scene);
    scene.change(|config| {
        let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
        lead.key = Some(Secret::new("sk-kept"));
    });
    let request = post("/v1/embeddings").header("content-length", 2);
    assert_eq!(
        text(send(&scene, request, "{}").await).await.unwrap(),
        sentence
    );
    let sent = requested.all().remove(0);
    assert!(sent.contains("authorization: Bearer sk-kept\r\n"), "{sent}");
    let exchange = scene.ended().await;
    let report = &exchange.attempts[0].report;
    assert_eq!(report.model.as_deref(), Some("text-embedding-3-small"));
    assert_eq!((report.tokens.input, report.usage_reported), (8, true));
    // With the client's own login nothing is parsed.
    let request = post("/v1/embeddings").header("authorization", "Bearer sk-mine");
    text(send(&scene, request, "{}").await).await.unwrap();
    assert!(!scene.ended().await.attempts[0].report.usage_reported);
}

#[tokio::test(start_paused = true)]
async fn forwarded_requests_pass_the_same_checks() {
    let (scene, requested) = always([raw(ANSWER)]);
    vendor(&scene);
    for (header, value, status) in [
        ("host", "evil.example", 403),
        ("origin", "https://evil.example", 403),
        ("x-understudy-token", "wrong", 403),
    ] {
        let mut request = post("/v1/files").header("authorization", "Bearer sk-mine");
        request
            .headers_mut()
            .unwrap()
            .insert(header, value.parse().unwrap());
        let response = send(&scene, request, "{}").await;
        assert_eq!(response.status(), status, "{header}");
    }
    assert_eq!(requested.count(), 0);
}

/// A scene whose lead returns this for `GET /v1/models`.
fn listing(answer: &'static str) -> (Scene, Requests) {
    let (scene, requested) = always([raw(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
        answer.len()
    ))]);
    scene.change(|config| {
        config.endpoints.remove(&EndpointId::new("second"));
    });
    (scene, requested)
}

async fn models(scene: &Scene, header: Option<(&str, &str)>) -> Vec<String> {
    let mut request = Request::get("/t/token/v1/models").header("host", "localhost");
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let response = send(scene, request, "").await;
    assert_eq!(response.status(), 200);
    let received: Value = serde_json::from_str(&text(response).await.unwrap()).unwrap();
    let ids = received["data"].as_array().unwrap().iter();
    ids.map(|model| {
        assert_eq!(
            (&model["object"], &model["type"]),
            (&json!("model"), &json!("model"))
        );
        model["id"].as_str().unwrap().to_owned()
    })
    .collect()
}

const LIST: &str = r#"{"object":"list","data":[{"id":"gpt-6","object":"model","owned_by":"openai"},{"id":"text-embedding-3-small"}]}"#;

#[tokio::test(start_paused = true)]
async fn an_own_server_and_the_clients_vendor_list_their_models() {
    // A server of the owner, without a key.
    let (scene, requested) = listing(LIST);
    assert_eq!(
        models(&scene, None).await,
        ["gpt-6", "text-embedding-3-small"]
    );
    assert_eq!(requested.count(), 1);

    let (scene, requested) = listing(LIST);
    vendor(&scene);
    scene.change(|config| {
        let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
        lead.endpoint.key_env = Some("LEAD_KEY".into());
        lead.models = vec![catalog::Model::new("old".into())];
    });
    let login = Some(("authorization", "Bearer sk-mine"));
    assert_eq!(
        models(&scene, login).await,
        ["gpt-6", "text-embedding-3-small"]
    );
    let sent = requested.all().remove(0);
    assert!(sent.contains("authorization: Bearer sk-mine"), "{sent}");
    // Without a login no model of the vendor is available.
    assert_eq!(models(&scene, None).await, [""; 0]);
    assert_eq!(requested.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_list_the_known_models_are_listed_and_none_for_a_refused_login() {
    let refused = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n";
    for (beat, listed) in [
        (Beat::Stall, &["old"] as &[_]),
        (
            raw("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"),
            &["old"],
        ),
        (raw(refused), &[]),
    ] {
        let (scene, _) = always([beat]);
        vendor(&scene);
        scene.change(|config| {
            config.endpoints.remove(&EndpointId::new("second"));
            let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
            lead.endpoint.key_env = Some("LEAD_KEY".into());
            lead.models = vec![catalog::Model::new("old".into())];
        });
        let began = tokio::time::Instant::now();
        let login = Some(("authorization", "Bearer sk-mine"));
        assert_eq!(models(&scene, login).await, listed);
        assert!(began.elapsed() <= Duration::from_secs(3));
    }
}

#[tokio::test(start_paused = true)]
async fn a_preflight_is_answered_for_allowed_pages() {
    let scene = Scene::new();
    scene.change(|config| config.allowed_origins = vec!["https://flows.example".into()]);
    let preflight = |origin: &'static str| {
        Request::options("/v1/messages")
            .header("host", "localhost:4747")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type, x-api-key")
            .header("access-control-request-private-network", "true")
    };
    let allowed = send(&scene, preflight("https://flows.example"), "").await;
    assert_eq!(allowed.status(), StatusCode::NO_CONTENT);
    let headers = allowed.headers();
    assert_eq!(
        headers["access-control-allow-origin"],
        "https://flows.example"
    );
    assert_eq!(
        headers["access-control-allow-headers"],
        "content-type, x-api-key"
    );
    assert_eq!(headers["access-control-allow-private-network"], "true");
    assert_eq!(headers["vary"], "origin");
    let methods = headers["access-control-allow-methods"].to_str().unwrap();
    assert!(methods.contains("POST"), "{methods}");

    let own = send(&scene, preflight("http://localhost:4747"), "").await;
    assert_eq!(own.status(), StatusCode::NO_CONTENT);
    assert!(!own.headers().contains_key("access-control-allow-origin"));

    let foreign = send(&scene, preflight("https://evil.example"), "").await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    assert!(
        !foreign
            .headers()
            .contains_key("access-control-allow-origin")
    );
}

#[tokio::test(start_paused = true)]
async fn an_allowed_page_can_read_its_response() {
    for dialect in Dialect::ALL {
        let scene = Scene::new();
        scene.change(|config| config.allowed_origins = vec!["https://flows.example".into()]);
        let from_page = |token: &'static str| {
            let request = Request::post(dialect.default_path())
                .header("host", "localhost")
                .header("content-type", "application/json")
                .header("origin", "https://flows.example")
                .header("x-understudy-token", token);
            send(&scene, request, question(dialect).to_string())
        };
        for (token, status) in [("token", 200), ("wrong", 403)] {
            let response = from_page(token).await;
            assert_eq!(response.status(), status);
            let origin = &response.headers()["access-control-allow-origin"];
            assert_eq!(origin, "https://flows.example");
        }
    }
}
