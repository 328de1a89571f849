//! Probes of the rehearsal provider, over real connections, in each dialect.

use std::time::Duration;

use catalog::Dialect;
use health::{CallOutcome, FailureKind, OurFault};
use stage::{Fault, ScriptStep, Stage};
use tokio::net::TcpListener;

use super::{Endpoint, LIMITS, Limits, ProbeResult, ask};

/// A rehearsal server on a loopback port, until the end of the test.
async fn play() -> (Stage, String) {
    let stage = Stage::any_model();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let playing = stage.clone();
    tokio::spawn(async move { playing.serve(listener, std::future::pending()).await });
    (stage, base)
}

async fn probe(
    stage: &Stage,
    base: &str,
    dialect: Dialect,
    fault: &str,
    limits: Limits,
) -> ProbeResult {
    let fault: Option<Fault> = (!fault.is_empty()).then(|| fault.parse().unwrap());
    stage.clear_cues();
    if let Some(fault) = fault {
        stage.cue(ScriptStep::fault(fault));
    }
    ask(
        &Endpoint::new("e".into(), "p".into(), base, [dialect]),
        None,
        limits,
    )
    .await
}

/// `ok`, the kind of failure, or the fault of the account or settings.
fn label(outcome: &CallOutcome) -> String {
    match outcome {
        CallOutcome::Ok { .. } => "ok".to_owned(),
        CallOutcome::Failed {
            kind: FailureKind::Status(status),
            ..
        } => status.to_string(),
        CallOutcome::Failed { kind, .. } => format!("{kind:?}"),
        CallOutcome::Ours(fault) => format!("our {fault:?}"),
        CallOutcome::Neutral => "neutral".to_owned(),
    }
}

#[tokio::test]
async fn every_probe_outcome_in_every_dialect() {
    let (stage, base) = play().await;
    for (fault, expected) in [
        ("", "ok"),
        ("max-tokens", "ok"),
        ("refusal", "ok"),
        ("missing-terminal", "ok"),
        ("late-first-token:10ms", "ok"),
        ("drip:1ms", "ok"),
        ("500", "500"),
        ("503", "503"),
        ("529", "529"),
        ("502-html", "502"),
        ("408", "408"),
        ("429:retry-after=7", "our RateLimit"),
        ("429-quota", "our Quota"),
        ("401", "our Credential"),
        ("403", "our Credential"),
        ("400", "our Request"),
        ("404", "our ModelGone"),
        ("reset", "Connect"),
        ("refuse", "Connect"),
        ("cut-after-opening", "Cut"),
        ("cut-in-text", "Cut"),
        ("cut-before-final", "Cut"),
        ("clean-close-in-text", "Cut"),
        ("clean-close-before-final", "Cut"),
        ("stop-null", "Cut"),
        ("error-event", "ErrorEvent"),
        ("error-event-first", "ErrorEvent"),
        ("malformed-event", "Malformed"),
        ("empty-ok", "Malformed"),
        ("html-ok", "Malformed"),
        ("nothing-to-act-on", "Malformed"),
    ] {
        for dialect in Dialect::ALL {
            let answer = probe(&stage, &base, dialect, fault, LIMITS).await;
            assert_eq!(
                label(&answer.outcome),
                expected,
                "{fault:?} in {dialect}: {answer:?}"
            );
            assert_eq!(
                answer.network_may_be_down(),
                ["Connect", "Cut"].contains(&expected),
                "{fault:?} in {dialect}"
            );
        }
    }
}

#[tokio::test]
async fn timeouts_and_stalls_are_distinguished() {
    let (stage, base) = play().await;
    let hasty = Limits {
        first_content: Duration::from_millis(50),
        ..LIMITS
    };
    let restless = Limits {
        idle: Duration::from_millis(50),
        grace: Duration::from_millis(50),
        ..LIMITS
    };
    for (fault, limits, expected) in [
        ("silent", hasty, "Timeout"),
        ("pings-only", hasty, "Timeout"),
        ("stall", restless, "Stalled"),
        // Complete before it stalled.
        ("stall-after-stop", restless, "ok"),
    ] {
        for dialect in Dialect::ALL {
            let answer = probe(&stage, &base, dialect, fault, limits).await;
            assert_eq!(
                label(&answer.outcome),
                expected,
                "{fault:?} in {dialect}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_complete_response_is_timed_and_its_tokens_are_reported() {
    let (stage, base) = play().await;
    for dialect in Dialect::ALL {
        stage.forget_received();
        let answer = probe(&stage, &base, dialect, "", LIMITS).await;
        let CallOutcome::Ok {
            ttft_ms: Some(ttft),
            total_ms,
        } = answer.outcome
        else {
            panic!("{dialect}: {answer:?}");
        };
        assert!(ttft <= total_ms && total_ms <= answer.total_ms);
        assert!(answer.usage_reported, "{dialect}");
        assert!(
            answer.tokens.input > 0 && answer.tokens.output > 0,
            "{dialect}"
        );
        let received = stage.received();
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].dialect, Some(dialect));
        assert_eq!(received[0].model.as_deref(), Some("m"));
    }
}

#[tokio::test]
async fn a_providers_retry_after_is_reported() {
    let (stage, base) = play().await;
    let answer = probe(
        &stage,
        &base,
        Dialect::Anthropic,
        "429:retry-after=7",
        LIMITS,
    )
    .await;
    assert_eq!(answer.outcome, CallOutcome::Ours(OurFault::RateLimit));
    assert_eq!(answer.retry_after, Some(Duration::from_secs(7)));
}
