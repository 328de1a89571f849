use std::time::Duration;

use catalog::{Dialect, EndpointId, ModelId, ProviderId};
use chrono::DateTime;
use gateway::{Attempt, ExchangeKind};
use wire::Broken;

use super::super::reply::Call;
use super::*;

fn place(own: bool) -> Place {
    Place {
        endpoint: "second".into(),
        base: "http://127.0.0.1:9".into(),
        own,
        keys_page: Some("https://second.example/keys".into()),
    }
}

/// No outcome: the attempt was not sent.
fn exchange(outcome: Option<Outcome>, end: End) -> Exchange {
    let attempt = |outcome| Attempt {
        provider: ProviderId::new("second"),
        endpoint: EndpointId::new("second"),
        model: ModelId::new("m"),
        started_after: Duration::ZERO,
        total: Duration::from_secs(1),
        ttft: None,
        status: None,
        request_bytes: 10,
        prompt_is_text: false,
        by_subscription: false,
        spoken: None,
        left_out: Vec::new(),
        outcome,
        report: wire::Report::default(),
    };
    Exchange {
        id: gateway::ExchangeId::new(1),
        started: DateTime::UNIX_EPOCH,
        client: wire::Client::default(),
        dialect: Dialect::Anthropic,
        kind: ExchangeKind::Generate,
        route: "work".into(),
        model: "m".into(),
        streamed: true,
        rehearsal: false,
        pipeline: None,
        item: None,
        token: None,
        restarts: 0,
        shown_early: false,
        passed_over: Vec::new(),
        attempts: outcome.into_iter().map(attempt).collect(),
        end,
        status: None,
        ttft: None,
        total: Duration::from_secs(1),
        bytes_out: 0,
        tools_held: true,
        tool_results: Vec::new(),
        review: None,
    }
}

fn answered() -> Exchange {
    exchange(Some(Outcome::Answered(Completion::Complete)), End::Complete)
}

fn reply(completion: Completion, calls: &[(&str, &str, &str)], text: usize) -> Reply {
    let call = |(id, name, arguments): &(&str, &str, &str)| Call {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        arguments: (*arguments).to_owned(),
    };
    Reply {
        completion,
        calls: calls.iter().map(call).collect(),
        text,
        turn: Vec::new(),
    }
}

const GOOD_CALL: (&str, &str, &str) = ("call_1", TOOL, "{\"zone\":\"UTC\"}");

#[test]
fn a_call_and_then_a_text_pass() {
    let calls = reply(Completion::Complete, &[GOOD_CALL], 0);
    assert_eq!(
        judge(Step::Call, &answered(), &calls, &place(false)),
        Ok(())
    );
    let text = reply(Completion::Complete, &[], 20);
    assert_eq!(
        judge(Step::Result, &answered(), &text, &place(false)),
        Ok(())
    );
}

#[test]
fn a_wrong_response_of_the_model_is_described() {
    let twice = [GOOD_CALL, GOOD_CALL];
    for (step, calls, text, message) in [
        (Step::Call, &[][..], 20, "wrote a text instead"),
        (
            Step::Call,
            &[("c", "get_date", "{\"zone\":\"UTC\"}")][..],
            0,
            "not offered, `get_date`",
        ),
        (
            Step::Call,
            &[("c", TOOL, "{}")][..],
            0,
            "do not fit the tool's schema",
        ),
        (
            Step::Call,
            &[("c", TOOL, "")][..],
            0,
            "do not fit the tool's schema",
        ),
        (
            Step::Call,
            &[("", TOOL, "{\"zone\":\"UTC\"}")][..],
            0,
            "has no id",
        ),
        (Step::Result, &twice[..], 0, "called the tool again"),
        (Step::Result, &[][..], 0, "wrote nothing"),
    ] {
        let reply = reply(Completion::Complete, calls, text);
        let failure = judge(step, &answered(), &reply, &place(false)).unwrap_err();
        assert!(failure.why.contains(message), "{}", failure.why);
        assert_eq!(
            (failure.step, failure.fault),
            (step.number(), TestFault::Model)
        );
    }
}

#[test]
fn an_incomplete_response_fails_whatever_its_content() {
    for (completion, end, message) in [
        (Completion::Complete, End::Cut, "ended early"),
        (
            Completion::Broken(Broken::NoStopReason),
            End::Complete,
            "incomplete",
        ),
        (
            Completion::Truncated,
            End::Truncated,
            "used up the 1024 tokens",
        ),
        (Completion::Refused, End::Refused, "declined"),
        (Completion::Continues, End::Complete, "middle of a turn"),
        (Completion::Unknown, End::Complete, "unknown stop reason"),
    ] {
        let exchange = exchange(Some(Outcome::Answered(completion.clone())), end);
        let reply = reply(completion, &[GOOD_CALL], 0);
        let failure = judge(Step::Call, &exchange, &reply, &place(false)).unwrap_err();
        assert!(failure.why.contains(message), "{}", failure.why);
    }
}

#[test]
fn each_class_of_error_names_its_cause() {
    for (class, kind, own, fault, fix) in [
        (
            FailureClass::Transient,
            Some(FailureKind::Connect),
            true,
            TestFault::Provider,
            "http://127.0.0.1:9 runs",
        ),
        (
            FailureClass::Transient,
            Some(FailureKind::Connect),
            false,
            TestFault::Provider,
            "again in a few minutes",
        ),
        (
            FailureClass::Timeout,
            Some(FailureKind::Timeout),
            false,
            TestFault::Provider,
            "again in a few minutes",
        ),
        (
            FailureClass::RateLimit,
            None,
            false,
            TestFault::Account,
            "in a minute",
        ),
        (
            FailureClass::Limit,
            None,
            false,
            TestFault::Account,
            "has been reset",
        ),
        (
            FailureClass::Quota,
            None,
            false,
            TestFault::Account,
            "https://second.example/keys",
        ),
        (
            FailureClass::Credential,
            None,
            false,
            TestFault::Account,
            "understudyd key add second",
        ),
        (
            FailureClass::Credential,
            None,
            true,
            TestFault::Account,
            "`auth`",
        ),
        (
            FailureClass::ModelGone,
            None,
            false,
            TestFault::Settings,
            "another model",
        ),
        (
            FailureClass::Caller,
            None,
            false,
            TestFault::Understudy,
            "report",
        ),
        (
            FailureClass::Caller,
            None,
            true,
            TestFault::Settings,
            "[[endpoint]] second",
        ),
        (
            FailureClass::ContextTooLong,
            None,
            false,
            TestFault::Settings,
            "context window",
        ),
        (
            FailureClass::ContentPolicy,
            None,
            false,
            TestFault::Model,
            "another model",
        ),
    ] {
        let failed = Outcome::Failed {
            class,
            fault: kind.map_or(
                gateway::Fault::Ours(gateway::Cause::Request),
                gateway::Fault::Theirs,
            ),
            message: "its own words.".into(),
            resets_at: None,
        };
        let exchange = exchange(Some(failed), End::Exhausted);
        let nothing = reply(Completion::Broken(Broken::NoStopReason), &[], 0);
        let failure = judge(Step::Call, &exchange, &nothing, &place(own)).unwrap_err();
        assert_eq!(failure.fault, fault, "{class:?}");
        assert!(failure.why.ends_with(": its own words"), "{}", failure.why);
        assert!(failure.fix.contains(fix), "{}", failure.fix);
    }
}

#[test]
fn a_request_that_was_never_sent_states_the_reason() {
    let exchange = exchange(None, End::OurFault);
    let nothing = reply(Completion::Broken(Broken::NoStopReason), &[], 0);
    let failure = judge(Step::Result, &exchange, &nothing, &place(false)).unwrap_err();
    assert_eq!((failure.step, failure.fault), (2, TestFault::Understudy));
    assert_eq!(failure, Failure::unplayed(Step::Result));
}
