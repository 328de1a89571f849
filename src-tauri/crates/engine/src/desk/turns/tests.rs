use std::time::Duration;

use catalog::{Dialect, EndpointId, ModelId, ProviderId};
use chrono::TimeDelta;
use gateway::Attempt;
use health::FailureKind;
use wire::{Client, Completion, FailureClass, ToolCall};

use super::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

fn attempt(outcome: Outcome, calls: &[&str]) -> Attempt {
    let call = |id: &&str| ToolCall {
        id: (*id).to_owned(),
        name: "Bash".to_owned(),
        closed: *id == "closed",
        arguments: None,
    };
    Attempt {
        provider: ProviderId::new("lead"),
        endpoint: EndpointId::new("lead"),
        model: ModelId::new("m"),
        started_after: Duration::ZERO,
        total: Duration::ZERO,
        ttft: None,
        status: None,
        request_bytes: 0,
        prompt_is_text: false,
        by_subscription: false,
        spoken: None,
        left_out: Vec::new(),
        outcome,
        report: wire::Report {
            tool_calls: calls.iter().map(call).collect(),
            ..wire::Report::default()
        },
    }
}

fn exchange(end: End, results: &[&str], attempts: Vec<Attempt>) -> Exchange {
    Exchange {
        id: gateway::ExchangeId::new(1),
        started: at(0),
        client: Client {
            name: "Claude Code".to_owned(),
            version: None,
            session: Some("s".to_owned()),
        },
        dialect: Dialect::Anthropic,
        kind: ExchangeKind::Generate,
        route: "agents".to_owned(),
        model: "m".to_owned(),
        streamed: true,
        rehearsal: false,
        pipeline: None,
        item: None,
        token: None,
        restarts: 0,
        shown_early: false,
        passed_over: Vec::new(),
        attempts,
        end,
        status: None,
        ttft: None,
        total: Duration::ZERO,
        bytes_out: 0,
        tools_held: true,
        tool_results: results.iter().map(|id| (*id).to_owned()).collect(),
        review: None,
    }
}

fn answered(results: &[&str], calls: &[&str]) -> Exchange {
    let outcome = Outcome::Answered(Completion::Complete);
    exchange(End::Complete, results, vec![attempt(outcome, calls)])
}

fn failed(end: End, results: &[&str]) -> Exchange {
    let outcome = Outcome::Failed {
        class: FailureClass::Transient,
        fault: gateway::Fault::Theirs(FailureKind::Cut),
        message: String::new(),
        resets_at: None,
    };
    // The ends of its calls were held.
    exchange(end, results, vec![attempt(outcome, &["closed", "begun"])])
}

/// The calls, each with whether its result was seen.
fn reported(news: News) -> Option<Vec<(String, bool)>> {
    let calls = news.interrupted?;
    Some(
        calls
            .into_iter()
            .map(|c| (c.call, c.result.is_some()))
            .collect(),
    )
}

fn follow(turns: &mut Turns, exchange: &Exchange, second: i64) -> News {
    let session = Session::of(exchange).unwrap();
    turns.ended(&session, exchange, at(second))
}

#[test]
fn an_interruption_lists_the_last_calls_and_their_results() {
    let mut turns = Turns::default();
    follow(&mut turns, &answered(&[], &["a"]), 0);
    follow(&mut turns, &answered(&["a"], &["b", "c"]), 1);
    let cut = follow(&mut turns, &failed(End::Cut, &["b"]), 2);
    assert_eq!(
        reported(cut),
        Some(vec![("b".into(), true), ("c".into(), false)])
    );
    let again = follow(&mut turns, &failed(End::Exhausted, &["b", "c"]), 3);
    assert!(again.results, "the log waits for it");
    assert_eq!(
        reported(again),
        Some(vec![("b".into(), true), ("c".into(), true)])
    );
    assert!(follow(&mut turns, &answered(&["b", "c"], &[]), 4).resumed);
    assert!(!follow(&mut turns, &answered(&[], &[]), 5).resumed, "once");
}

#[test]
fn a_live_response_delivers_the_calls_that_it_closed() {
    let mut turns = Turns::default();
    follow(&mut turns, &answered(&[], &["a"]), 0);
    let live = Exchange {
        tools_held: false,
        ..failed(End::Cut, &["a"])
    };
    assert_eq!(
        reported(follow(&mut turns, &live, 1)),
        Some(vec![("a".into(), true), ("closed".into(), false)])
    );
}

#[test]
fn a_failure_outside_a_task_interrupts_nothing() {
    let mut turns = Turns::default();
    for end in [End::Exhausted, End::ClientLeft] {
        let news = follow(&mut turns, &failed(end, &[]), 0);
        assert_eq!(news.interrupted, None, "a first question");
    }
    let left = exchange(
        End::ClientLeft,
        &["a"],
        vec![attempt(Outcome::ClientLeft, &[])],
    );
    assert_eq!(
        follow(&mut turns, &left, 1).interrupted,
        None,
        "its own will"
    );
    let fault = exchange(End::CallersFault, &["a"], Vec::new());
    assert_eq!(follow(&mut turns, &fault, 2).interrupted, None);
    assert!(
        follow(&mut turns, &failed(End::ClientLeft, &["a"]), 3)
            .interrupted
            .is_some()
    );
}

#[test]
fn pipelines_rehearsals_and_clients_without_a_session_are_not_followed() {
    let base = answered(&[], &["a"]);
    assert!(Session::of(&base).is_some());
    let pipeline = Exchange {
        pipeline: Some("Leads".into()),
        ..base.clone()
    };
    let rehearsal = Exchange {
        rehearsal: true,
        ..base.clone()
    };
    let counting = Exchange {
        kind: ExchangeKind::CountTokens,
        ..base.clone()
    };
    let no_client = Exchange {
        client: Client::default(),
        ..base
    };
    for not in [pipeline, rehearsal, counting, no_client] {
        assert_eq!(Session::of(&not), None, "{not:?}");
    }
}

#[test]
fn the_memory_is_limited() {
    let mut turns = Turns::default();
    for n in 0..1_000 {
        let mut one = answered(&[], &["a"]);
        one.client.session = Some(n.to_string());
        follow(&mut turns, &one, n);
    }
    assert_eq!(turns.0.len(), FOLLOWED);
    let many: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    follow(&mut turns, &answered(&[], &many), 2_000);
    let cut = follow(&mut turns, &failed(End::Cut, &[]), 2_001);
    let calls = reported(cut).unwrap();
    assert_eq!((calls.len(), calls[31].0.as_str()), (CALLS, "99"));
}
