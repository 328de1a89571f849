use catalog::Dialect;
use gateway::Login;

use super::*;

fn plan() -> DrillPlan {
    let candidate = |id: &str| Candidate {
        provider: id.into(),
        endpoint: id.into(),
        model: catalog::ModelId::new(id),
    };
    DrillPlan {
        route: "claude-*".into(),
        dialect: Dialect::Anthropic,
        model: "claude-opus-5-5".into(),
        login: Login::Subscription,
        rehearsal: false,
        primary: candidate("anthropic"),
        fallback: Some(candidate("openai")),
        held: None,
        needs_client: false,
        expected: None,
    }
}

fn seen(client: Option<&str>, end: End) -> SeenRequest {
    SeenRequest {
        client: client.map(str::to_owned),
        failure: MadeFailure::Cut,
        end,
        status: Some(200),
        by: (end == End::Complete).then(|| plan().primary),
        first_word: None,
        total: Duration::from_secs(1),
        cost: None,
    }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

#[test]
fn an_aborted_test_request_is_repeated_once_and_meets_a_refusal() {
    for (ends, passed) in [
        (vec![End::Complete], true),
        (vec![End::Cut, End::Complete], true),
        (vec![End::Cut, End::Exhausted], false),
        (vec![End::Cut, End::Cut], false),
        (vec![End::Exhausted], false),
        (vec![End::ClientLeft], false),
    ] {
        let mut run = DrillRun::begin(0, at(0), plan(), false);
        assert_eq!(run.testing, Some(MadeFailure::Cut));
        for (index, end) in ends.iter().enumerate() {
            let next = run.tested(at(1), Some(seen(None, *end)));
            let repeated = (index == 0 && *end == End::Cut).then_some(MadeFailure::Overloaded);
            assert_eq!(next, repeated, "{ends:?}");
        }
        assert_eq!(run.testing, None);
        assert_eq!(run.passed(), passed, "{ends:?}");
    }
}

#[test]
fn a_session_of_an_ended_drill_sends_no_second_request() {
    let mut run = DrillRun::begin(0, at(0), plan(), false);
    run.end(at(1), EndedBy::Owner);
    assert_eq!(run.tested(at(2), Some(seen(None, End::Cut))), None);
    assert!(!run.passed() && run.next_due().is_none());
}

#[test]
fn after_a_live_cut_live_requests_meet_a_refusal_that_a_fallback_can_carry() {
    let mut run = DrillRun::begin(0, at(0), plan(), true);
    assert_eq!(run.next_due(), Some(at(60)));
    assert!(run.met(at(1), seen(Some("Claude Code"), End::Cut)));
    assert_eq!(run.live_failure, MadeFailure::Overloaded);
    assert!(!run.passed());
    assert!(!run.met(at(2), seen(Some("Claude Code"), End::Complete)));
    assert!(run.passed());
    run.met(at(3), seen(Some("Codex"), End::Exhausted));
    assert!(!run.passed(), "every client counts");
}

#[test]
fn where_only_a_live_request_has_the_login_no_test_request_is_sent() {
    let needs_client = DrillPlan {
        fallback: None,
        needs_client: true,
        ..plan()
    };
    let run = DrillRun::begin(0, at(0), needs_client, true);
    assert_eq!(run.session(), None);
    assert_eq!(run.steps, [(at(0), Step::OnlyLive)]);
}
