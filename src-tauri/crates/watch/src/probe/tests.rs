mod rehearsed;

use std::time::Duration;

use catalog::{
    Auth, ChatLimit, Dialect, Endpoint, MicroDollars, Price, Rates, Secret, StreamUsage, Tokens,
};
use chrono::{DateTime, Utc};
use health::{CallOutcome, FailureKind, OurFault};
use http::StatusCode;
use http::header::AUTHORIZATION;
use wire::{Broken, Completion, Failure, FailureClass};

use super::outcome::{of_completion, of_failure};
use super::{LIMITS, Limits, ProbeResult, budgeted, complete, likely_tokens, reach, request};
use crate::client::Http;
use crate::loopback::{Reply, Server, path, reply, tls, unused_address};

fn noon() -> DateTime<Utc> {
    "2026-10-01T12:00:00Z".parse().unwrap()
}

fn endpoint(base: &str, dialect: Dialect) -> Endpoint {
    Endpoint::new("e".into(), "p".into(), base, [dialect])
}

async fn ask(endpoint: &Endpoint, key: Option<&Secret>, limits: Limits) -> ProbeResult {
    tls();
    let http = Http::new().unwrap();
    complete(&http, endpoint, &"m".into(), key, limits, noon()).await
}

fn kind(answer: &ProbeResult) -> Option<FailureKind> {
    match &answer.outcome {
        CallOutcome::Failed { kind, .. } => Some(*kind),
        CallOutcome::Ok { .. } | CallOutcome::Ours(_) | CallOutcome::Neutral => None,
    }
}

#[test]
fn the_request_body_in_each_dialect() {
    let mut endpoint = endpoint("http://127.0.0.1:1", Dialect::OpenaiChat);
    endpoint.chat_limit = ChatLimit::MaxCompletionTokens;
    let body = |dialect| request::body(&endpoint, dialect, "m").to_string();
    assert_eq!(
        body(Dialect::Anthropic),
        r#"{"max_tokens":16,"messages":[{"content":"Reply with OK.","role":"user"}],"model":"m","stream":true}"#
    );
    assert_eq!(
        body(Dialect::OpenaiChat),
        r#"{"max_completion_tokens":16,"messages":[{"content":"Reply with OK.","role":"user"}],"model":"m","stream":true,"stream_options":{"include_usage":true}}"#
    );
    assert_eq!(
        body(Dialect::OpenaiResponses),
        r#"{"input":"Reply with OK.","max_output_tokens":16,"model":"m","store":false,"stream":true}"#
    );
    endpoint.chat_limit = ChatLimit::MaxTokens;
    endpoint.stream_usage = StreamUsage::Always;
    assert_eq!(
        request::body(&endpoint, Dialect::OpenaiChat, "m").to_string(),
        r#"{"max_tokens":16,"messages":[{"content":"Reply with OK.","role":"user"}],"model":"m","stream":true}"#
    );
}

#[test]
fn chat_completions_is_preferred_where_it_is_supported() {
    for (spoken, expected) in [
        (&[][..], None),
        (&[Dialect::Anthropic], Some(Dialect::Anthropic)),
        (&[Dialect::OpenaiResponses], Some(Dialect::OpenaiResponses)),
        (&Dialect::ALL, Some(Dialect::OpenaiChat)),
    ] {
        let endpoint = Endpoint::new("e".into(), "p".into(), "http://h", spoken.iter().copied());
        assert_eq!(request::dialect(&endpoint), expected);
    }
}

#[test]
fn the_key_is_sent_in_the_endpoints_header_and_is_not_printed() {
    let key = Secret::new("sk-secret");
    let headers = |auth, key| request::headers(Dialect::Anthropic, auth, key).unwrap();
    let sent = headers(Auth::XApiKey, Some(&key));
    assert_eq!(sent["x-api-key"], "sk-secret");
    assert_eq!(sent["anthropic-version"], "2023-06-01");
    assert_eq!(
        headers(Auth::Bearer, Some(&key))[AUTHORIZATION],
        "Bearer sk-secret"
    );
    for sent in [
        sent,
        headers(Auth::Bearer, Some(&key)),
        headers(Auth::None, Some(&key)),
        headers(Auth::Bearer, None),
    ] {
        assert!(!format!("{sent:?}").contains("sk-secret"));
    }
    let broken = Secret::new("line\nbreak");
    assert!(request::headers(Dialect::OpenaiChat, Auth::Bearer, Some(&broken)).is_none());
}

#[test]
fn a_response_is_classified() {
    let ok = CallOutcome::Ok {
        ttft_ms: Some(3),
        total_ms: 9,
    };
    for completion in [
        Completion::Complete,
        Completion::Continues,
        Completion::Unknown,
        Completion::Truncated,
        Completion::Refused,
    ] {
        assert_eq!(of_completion(&completion, Some(3), 9), ok, "{completion:?}");
    }
    let event = |kind: &str| Broken::ErrorEvent {
        kind: kind.to_owned(),
        message: "m".to_owned(),
    };
    for (broken, expected) in [
        (Broken::NoStopReason, FailureKind::Cut),
        (Broken::Cut, FailureKind::Cut),
        (Broken::OpenBlock, FailureKind::Cut),
        (Broken::Empty, FailureKind::Malformed),
        (
            Broken::NotAResponse("HTML".to_owned()),
            FailureKind::Malformed,
        ),
        (Broken::Malformed("x".to_owned()), FailureKind::Malformed),
        (Broken::Oversize(1), FailureKind::Malformed),
        (event("overloaded_error"), FailureKind::ErrorEvent),
        (event("api_error"), FailureKind::ErrorEvent),
    ] {
        let detail = broken.to_string();
        assert_eq!(
            of_completion(&Completion::Broken(broken), None, 9),
            CallOutcome::Failed {
                kind: expected,
                detail
            }
        );
    }
    for (kind, expected) in [
        ("rate_limit_error", OurFault::RateLimit),
        ("insufficient_quota", OurFault::Quota),
        ("authentication_error", OurFault::Credential),
        ("invalid_request_error", OurFault::Request),
    ] {
        let completion = Completion::Broken(event(kind));
        assert_eq!(
            of_completion(&completion, None, 9),
            CallOutcome::Ours(expected)
        );
    }
}

#[test]
fn an_error_status_is_classified() {
    let failure = |class| Failure::new(class, "");
    for (class, expected) in [
        (FailureClass::RateLimit, OurFault::RateLimit),
        (FailureClass::Limit, OurFault::Limit { until: None }),
        (FailureClass::Quota, OurFault::Quota),
        (FailureClass::Credential, OurFault::Credential),
        (FailureClass::ModelGone, OurFault::ModelGone),
        (FailureClass::Caller, OurFault::Request),
        (FailureClass::ContextTooLong, OurFault::Request),
        (FailureClass::ContentPolicy, OurFault::Request),
    ] {
        let outcome = of_failure(StatusCode::BAD_REQUEST, &failure(class));
        assert_eq!(outcome, CallOutcome::Ours(expected));
    }
    assert_eq!(
        of_failure(StatusCode::BAD_GATEWAY, &failure(FailureClass::Transient)),
        CallOutcome::Failed {
            kind: FailureKind::Status(502),
            detail: "502 Bad Gateway".to_owned()
        }
    );
    assert_eq!(
        of_failure(StatusCode::FOUND, &failure(FailureClass::Transient)),
        CallOutcome::Ours(OurFault::Request)
    );
}

#[test]
fn an_unknown_price_counts_against_the_budget() {
    let local = endpoint("http://127.0.0.1:11434", Dialect::OpenaiChat);
    let keyed = Endpoint {
        key_env: Some("KEY".to_owned()),
        ..local.clone()
    };
    let rates = Rates {
        input: MicroDollars(1_000_000),
        output: MicroDollars(5_000_000),
        cache_read: MicroDollars::ZERO,
        cache_write: MicroDollars::ZERO,
        cache_write_hour: MicroDollars::ZERO,
    };
    let price = Price::list(rates, "2026-08-01");
    let budgeted = |endpoint: &Endpoint, price: Option<&Price>, tokens| {
        budgeted(endpoint, price, tokens, noon())
    };
    let likely = likely_tokens();
    assert_eq!(budgeted(&local, None, likely), MicroDollars::ZERO);
    assert_eq!(budgeted(&keyed, Some(&price), likely), MicroDollars(100));
    assert_eq!(budgeted(&keyed, None, likely), MicroDollars(5520));
    assert_eq!(
        budgeted(&keyed, None, Tokens::default()),
        MicroDollars::ZERO
    );
    let absurd = Tokens {
        input: u64::MAX,
        output: u64::MAX,
        ..Tokens::default()
    };
    let most = MicroDollars(i64::MAX);
    assert_eq!(budgeted(&keyed, None, absurd), most);
    assert_eq!(budgeted(&keyed, Some(&price), absurd), most);
}

#[tokio::test]
async fn an_address_without_a_listener_is_a_failure_to_connect() {
    let endpoint = endpoint(
        &format!("http://{}", unused_address().await),
        Dialect::Anthropic,
    );
    let answer = ask(&endpoint, None, LIMITS).await;
    assert_eq!(kind(&answer), Some(FailureKind::Connect));
    assert!(answer.network_may_be_down() && answer.cannot_be_billed());
    tls();
    let reached = reach(&Http::new().unwrap(), &endpoint).await;
    assert!(reached.unwrap_err().why.contains("refused"));
}

#[tokio::test]
async fn a_connection_that_ends_before_a_byte_is_a_failure_to_connect() {
    let server = Server::new(|_| Reply::default()).await;
    let answer = ask(&endpoint(&server.url, Dialect::OpenaiChat), None, LIMITS).await;
    assert_eq!(kind(&answer), Some(FailureKind::Connect));
    assert_eq!(server.requests().len(), 1, "never repeated");
}

#[tokio::test]
async fn missing_headers_are_a_timeout() {
    let server = Server::new(|_| Reply {
        bytes: Vec::new(),
        hold: true,
    })
    .await;
    let limits = Limits {
        first_content: Duration::from_millis(40),
        ..LIMITS
    };
    let answer = ask(&endpoint(&server.url, Dialect::Anthropic), None, limits).await;
    assert_eq!(kind(&answer), Some(FailureKind::Timeout));
    assert!(answer.network_may_be_down() && !answer.cannot_be_billed());
    assert!(answer.total_ms >= 40);
}

#[tokio::test]
async fn any_response_shows_that_the_endpoint_is_reachable() {
    let server = Server::new(|_| reply("404 Not Found", "", b"")).await;
    tls();
    let reached = reach(
        &Http::new().unwrap(),
        &endpoint(&server.url, Dialect::Anthropic),
    )
    .await;
    assert_eq!(reached, Ok(()));
    assert!(server.requests()[0].starts_with("HEAD / HTTP/1.1"));
}

#[tokio::test]
async fn a_redirect_is_a_settings_fault_and_the_key_is_not_sent() {
    let elsewhere = Server::new(|_| reply("200 OK", "", b"")).await;
    let target = format!("location: {}/v1/messages\r\n", elsewhere.url);
    let server = Server::new(move |_| reply("307 Temporary Redirect", &target, b"")).await;
    let key = Secret::new("sk-secret");
    let endpoint = Endpoint {
        auth: Auth::XApiKey,
        ..endpoint(&server.url, Dialect::Anthropic)
    };
    let answer = ask(&endpoint, Some(&key), LIMITS).await;
    assert_eq!(answer.outcome, CallOutcome::Ours(OurFault::Request));
    assert_eq!(elsewhere.requests().len(), 0);
    let requested = server.requests();
    assert_eq!(path(&requested[0]), "/v1/messages");
    assert!(requested[0].contains("x-api-key: sk-secret"));
    assert!(requested[0].contains("accept-encoding: identity"));
}

#[tokio::test]
async fn an_unusable_address_or_key_is_a_settings_fault() {
    let bad = endpoint("no address", Dialect::Anthropic);
    assert_eq!(
        ask(&bad, None, LIMITS).await.outcome,
        CallOutcome::Ours(OurFault::Request)
    );
    let no_response = Endpoint::new("e".into(), "p".into(), "http://127.0.0.1:1", []);
    assert_eq!(
        ask(&no_response, None, LIMITS).await.outcome,
        CallOutcome::Ours(OurFault::Request)
    );
    let keyed = Endpoint {
        auth: Auth::Bearer,
        ..endpoint("http://127.0.0.1:1", Dialect::Anthropic)
    };
    let key = Secret::new("a\nb");
    assert_eq!(
        ask(&keyed, Some(&key), LIMITS).await.outcome,
        CallOutcome::Ours(OurFault::Credential)
    );
}
