use std::collections::BTreeMap;
use std::time::Duration;

use catalog::{EndpointId, ModelId, ProviderId};
use chrono::DateTime;
use health::{Basis, Blame, Evidence, FailureKind, Level, ProviderVerdict, Verdict, Verdicts};
use http::HeaderMap;

use super::*;
use crate::deliver::outage::{Elsewhere, verdict};
use crate::{Cause, Fault, Standing};

fn primary(credential: Credential) -> Candidate {
    Candidate {
        provider: ProviderId::new("first"),
        endpoint: EndpointId::new("first"),
        model: ModelId::new("m"),
        dialect: Dialect::Anthropic,
        carriage: crate::Carriage::Own,
        drops: Vec::new(),
        credential,
        standing: Standing::Closed,
        place: 0,
        role: crate::Role::Primary,
        made_failure: None,
        reason: String::new(),
    }
}

fn answered(
    class: FailureClass,
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: &'static str,
) -> FailedAttempt {
    let mut answer_headers = HeaderMap::new();
    for (name, value) in headers {
        answer_headers.insert(*name, HeaderValue::from_static(value));
    }
    FailedAttempt {
        answer: Some((
            StatusCode::from_u16(status).unwrap(),
            answer_headers,
            Bytes::from_static(body.as_bytes()),
        )),
        ..FailedAttempt::new(class, Fault::Ours(Cause::Response), String::new())
    }
}

fn message(reply: &ClientResponse) -> String {
    let tree: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    tree["error"]["message"].as_str().unwrap().to_owned()
}

#[test]
fn the_primarys_error_is_returned_byte_for_byte_if_nothing_is_added() {
    let body = r#"{ "type":"error", "error":{"type":"overloaded_error","message":"Overloaded"} }"#;
    let failed_attempt = answered(
        FailureClass::Transient,
        529,
        &[("x-request-id", "r1")],
        body,
    );
    let reply = exhausted(
        Dialect::Anthropic,
        &primary(Credential::OurKey),
        "First",
        failed_attempt,
        &[],
    );
    assert_eq!(
        (reply.status.as_u16(), &reply.body[..]),
        (529, body.as_bytes())
    );
    assert_eq!(reply.headers["x-request-id"], "r1");
}

/// At this code Codex shows its own sentence, never Understudy's.
#[test]
fn a_code_that_hides_the_message_from_codex_is_left_out_where_there_is_a_message() {
    let known = ["Understudy: First is down".to_owned()];
    let body = r#"{"error":{"message":"Overloaded.","type":"server_error","param":null,"code":"server_is_overloaded"}}"#;
    let answer_to = |dialect, known: &[String]| {
        let failed_attempt = answered(FailureClass::Transient, 503, &[], body);
        exhausted(
            dialect,
            &primary(Credential::OurKey),
            "First",
            failed_attempt,
            known,
        )
    };
    let reply = answer_to(Dialect::OpenaiResponses, &known);
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&reply.body).unwrap(),
        serde_json::json!({"error": {
            "message": "Overloaded. Understudy: First is down", "type": "server_error", "param": null, "code": null,
        }})
    );
    assert_eq!(answer_to(Dialect::OpenaiResponses, &[]).body, body);
    let chat = answer_to(Dialect::OpenaiChat, &known);
    assert!(String::from_utf8_lossy(&chat.body).contains(UNHEARD));
}

#[test]
fn the_verdict_is_appended_to_a_message_and_other_bodies_stay() {
    let known = [
        "Understudy: First is down since 22:04 UTC+2, it is them; no fallback was left".to_owned(),
    ];
    let json = answered(
        FailureClass::Transient,
        500,
        &[],
        r#"{"error":{"message":"Internal error","type":"api_error"}}"#,
    );
    let reply = exhausted(
        Dialect::OpenaiChat,
        &primary(Credential::OurKey),
        "First",
        json,
        &known,
    );
    assert_eq!(
        message(&reply),
        "Internal error. Understudy: First is down since 22:04 UTC+2, it is them; no fallback was left"
    );
    let html = answered(FailureClass::Transient, 502, &[], "<h1>Bad gateway</h1>");
    let reply = exhausted(
        Dialect::OpenaiChat,
        &primary(Credential::OurKey),
        "First",
        html,
        &known,
    );
    assert_eq!(&reply.body[..], b"<h1>Bad gateway</h1>");
}

#[test]
fn a_provider_without_response_causes_a_status_that_the_client_understands() {
    for (dialect, status) in [
        (Dialect::Anthropic, 529),
        (Dialect::OpenaiChat, 503),
        (Dialect::OpenaiResponses, 503),
    ] {
        let failed_attempt = FailedAttempt::new(
            FailureClass::Transient,
            Fault::Theirs(FailureKind::Connect),
            "connection refused",
        );
        let reply = exhausted(
            dialect,
            &primary(Credential::OurKey),
            "First",
            failed_attempt,
            &[],
        );
        assert_eq!(reply.status.as_u16(), status, "{dialect}");
        assert_eq!(message(&reply), "First did not answer: connection refused");
    }
}

#[test]
fn a_bad_stored_key_is_a_403_and_a_clients_bad_login_stays_a_401() {
    let body = r#"{"error":{"message":"invalid x-api-key","type":"authentication_error"}}"#;
    for (credential, status, word) in [
        (Credential::OurKey, 403, "understudyd key add first"),
        (Credential::ClientLogin, 401, "invalid x-api-key"),
    ] {
        let reply = exhausted(
            Dialect::Anthropic,
            &primary(credential),
            "First",
            answered(FailureClass::Credential, 401, &[], body),
            &[],
        );
        assert_eq!(reply.status.as_u16(), status);
        assert!(message(&reply).contains(word), "{}", message(&reply));
    }
}

#[test]
fn retry_after_is_limited_and_responses_never_gets_a_429_without_it() {
    let body = r#"{"error":{"message":"slow down"}}"#;
    for (dialect, stated, patience, expected) in [
        (Dialect::Anthropic, Some("20"), Some(20), Some("20")),
        (Dialect::Anthropic, Some("3600"), Some(3600), Some("60")),
        (Dialect::OpenaiResponses, None, None, Some("15")),
        (Dialect::OpenaiResponses, Some("7"), Some(7), Some("7")),
        (Dialect::OpenaiChat, None, None, None),
    ] {
        let headers: Vec<_> = stated
            .map(|value| ("retry-after", value))
            .into_iter()
            .collect();
        let failed_attempt = FailedAttempt {
            retry_after: patience.map(Duration::from_secs),
            ..answered(FailureClass::RateLimit, 429, &headers, body)
        };
        let reply = exhausted(
            dialect,
            &primary(Credential::OurKey),
            "First",
            failed_attempt,
            &[],
        );
        let got = reply
            .headers
            .get(RETRY_AFTER)
            .map(|value| value.to_str().unwrap());
        assert_eq!(got, expected, "{dialect} {stated:?}");
    }
}

/// Its vendor's clients show the reset, and wait for it.
#[test]
fn a_limit_keeps_its_headers() {
    let body = r#"{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_at":1800003600}}"#;
    for dialect in Dialect::ALL {
        let headers = vec![
            ("retry-after", "3600"),
            ("anthropic-ratelimit-unified-reset", "1800003600"),
        ];
        let failed_attempt = FailedAttempt {
            retry_after: Some(Duration::from_secs(3600)),
            ..answered(FailureClass::Limit, 429, &headers, body)
        };
        let reply = exhausted(
            dialect,
            &primary(Credential::OurKey),
            "First",
            failed_attempt,
            &[],
        );
        for (name, value) in headers {
            assert_eq!(reply.headers[name], value, "{dialect}");
        }
        assert_eq!(reply.body, body, "{dialect}");
    }
}

#[test]
fn a_wait_that_some_client_would_misread_is_sent_in_full_seconds() {
    let body = r#"{"error":{"message":"slow down"}}"#;
    let (responses, messages) = (Dialect::OpenaiResponses, Dialect::Anthropic);
    for (dialect, headers, patience_ms, expected) in [
        // Codex parses no milliseconds, dates or fractions, and would treat each of these 429 as final.
        (
            responses,
            vec![("retry-after-ms", "1200")],
            1_200,
            Some("2"),
        ),
        (responses, vec![("retry-after", "0.5")], 500, Some("1")),
        (
            responses,
            vec![("retry-after", "Sun, 21 Jun 2026 20:04:00 GMT")],
            9_000,
            Some("9"),
        ),
        // Claude Code parses only the seconds, and stops at this many.
        (
            messages,
            vec![("retry-after", "120"), ("retry-after-ms", "500")],
            500,
            Some("60"),
        ),
        (messages, vec![("retry-after", "-5")], 0, Some("-5")),
        (
            messages,
            vec![("retry-after-ms", "90000")],
            90_000,
            Some("60"),
        ),
        (messages, vec![("retry-after-ms", "500")], 500, None),
    ] {
        let failed_attempt = FailedAttempt {
            retry_after: Some(Duration::from_millis(patience_ms)),
            ..answered(FailureClass::RateLimit, 429, &headers, body)
        };
        let reply = exhausted(
            dialect,
            &primary(Credential::OurKey),
            "First",
            failed_attempt,
            &[],
        );
        let got = reply.headers.get(RETRY_AFTER).map(|v| v.to_str().unwrap());
        assert_eq!(got, expected, "{dialect} {headers:?}");
    }
}

/// The behaviour of real clients for each status was measured: none of these makes one hang or storm.
#[test]
fn no_final_error_makes_a_client_hang_or_storm() {
    for dialect in Dialect::ALL {
        for (class, status) in [
            (FailureClass::Transient, 500),
            (FailureClass::Transient, 503),
            (FailureClass::Transient, 529),
            (FailureClass::RateLimit, 429),
            (FailureClass::Quota, 429),
            (FailureClass::Quota, 402),
            (FailureClass::Credential, 401),
            (FailureClass::Credential, 403),
            (FailureClass::ModelGone, 404),
        ] {
            let failed_attempt = answered(class, status, &[], r#"{"error":{"message":"no"}}"#);
            let reply = exhausted(
                dialect,
                &primary(Credential::OurKey),
                "First",
                failed_attempt,
                &[],
            );
            let status = reply.status.as_u16();
            assert_ne!(status, 401, "Claude Code asks again for three minutes");
            assert_ne!(status, 413, "opencode asks again without end");
            let bare = status == 429 && !reply.headers.contains_key(RETRY_AFTER);
            assert!(
                !(bare && dialect == Dialect::OpenaiResponses),
                "Codex stops for good"
            );
        }
    }
}

#[test]
fn only_a_bad_verdict_adds_a_sentence() {
    let known = |verdict, blame| {
        let failing_verdict = ProviderVerdict {
            verdict,
            since: DateTime::from_timestamp(72_240, 0),
            basis: Basis::Measured,
            blame,
            evidence: Evidence::default(),
            unstable: false,
            surfaces: BTreeMap::new(),
            models: BTreeMap::new(),
        };
        Verdicts {
            providers: BTreeMap::from([(ProviderId::new("first"), failing_verdict)]),
            offline: false,
        }
    };
    let clock = words::Clock::named(
        std::sync::Arc::new(|_| chrono::FixedOffset::east_opt(7_200).unwrap()),
        DateTime::from_timestamp(75_000, 0).unwrap(),
    );
    let written = |verdicts: &Verdicts, alternatives| {
        let elsewhere = match alternatives {
            true => Elsewhere::Failed,
            false => Elsewhere::NotSetUp,
        };
        let sentence = verdict(verdicts, &primary(Credential::OurKey), "First", &elsewhere);
        sentence.map(|sentence| clock.plain(&sentence))
    };
    let down = known(Verdict::Known(Level::MajorOutage), Blame::Them);
    assert_eq!(
        written(&down, true).unwrap(),
        "Understudy: First is down since 22:04 UTC+2, it is them; no fallback was left"
    );
    assert!(
        written(&down, false)
            .unwrap()
            .ends_with("no fallback is set up")
    );
    let waits = Elsewhere::WaitsForConsent("Second".into());
    let sentence = verdict(&down, &primary(Credential::OurKey), "First", &waits).unwrap();
    assert!(
        clock
            .plain(&sentence)
            .contains("; Second can answer once you allow it: `understudyd allow yes`")
    );
    assert_eq!(
        written(
            &known(Verdict::Known(Level::Operational), Blame::Undetermined),
            true
        ),
        None
    );
    assert_eq!(written(&Verdicts::default(), true), None);
    assert!(
        written(
            &Verdicts {
                offline: true,
                ..down
            },
            true
        )
        .unwrap()
        .contains("offline")
    );
}
