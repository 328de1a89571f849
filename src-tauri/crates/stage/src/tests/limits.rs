//! Limits: each vendor's headers, on success and on refusal, and the windows of a plan.

use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};

use super::client::{Reply, generate, request};
use super::families::{ask, failure, model};
use crate::{Family, Fault, Plan, ScriptStep, Stage, Trouble, Window, WindowName};

const NOW: u64 = 1_795_964_400;

fn plan(five_hours: f64, week: f64) -> Plan {
    let window = |name, used, resets_in: u64| Window {
        name,
        used,
        resets_at: NOW + resets_in,
    };
    Plan {
        windows: vec![
            window(WindowName::FiveHours, five_hours, 3600),
            window(WindowName::SevenDays, week, 86_400),
        ],
    }
}

async fn send(stage: &Stage, dialect: Dialect, model: &str) -> Reply {
    generate(stage, dialect, &request(dialect, model, false, "hi")).await
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_reported_on_every_response_and_refused_when_used_up() {
    let stage = Stage::any_model().acting(Family::Anthropic).at(NOW);
    stage.plan(Some(plan(0.93, 0.3)));
    let reply = send(&stage, Dialect::Anthropic, "claude-sonnet-4-5").await;
    let header = |reply: &Reply, name: &str| {
        reply
            .header(&format!("anthropic-ratelimit-unified-{name}"))
            .map(str::to_owned)
    };
    let is = |value: &str| Some(value.to_owned());
    assert_eq!(reply.status, 200);
    assert_eq!(header(&reply, "status"), is("allowed_warning"));
    assert_eq!(header(&reply, "5h-utilization"), is("0.93"));
    assert_eq!(header(&reply, "5h-surpassed-threshold"), is("0.9"));
    assert_eq!(header(&reply, "7d-status"), is("allowed"));
    assert_eq!(header(&reply, "representative-claim"), is("five_hour"));
    assert_eq!(header(&reply, "reset"), is("1795968000"));

    stage.plan(Some(plan(1.0, 0.3)));
    let reply = send(&stage, Dialect::Anthropic, "claude-sonnet-4-5").await;
    assert_eq!(reply.status, 429);
    assert_eq!(header(&reply, "status"), is("rejected"));
    assert_eq!(header(&reply, "representative-claim"), is("five_hour"));
    assert_eq!(header(&reply, "overage-status"), is("rejected"));
    assert_eq!(reply.json()["error"]["type"], "rate_limit_error");
    assert_eq!(reply.header("retry-after"), None);

    // The window resets by the stage's clock.
    tokio::time::advance(Duration::from_secs(3601)).await;
    let reply = send(&stage, Dialect::Anthropic, "claude-sonnet-4-5").await;
    assert_eq!(
        (reply.status, header(&reply, "5h-utilization")),
        (200, is("0"))
    );
}

#[tokio::test(start_paused = true)]
async fn of_two_used_up_windows_the_later_reset_counts() {
    let stage = Stage::any_model().acting(Family::Anthropic).at(NOW);
    stage.plan(Some(plan(1.0, 1.2)));
    let reply = send(&stage, Dialect::Anthropic, "claude-sonnet-4-5").await;
    let header = |name: &str| reply.header(&format!("anthropic-ratelimit-unified-{name}"));
    assert_eq!(header("representative-claim"), Some("seven_day"));
    assert_eq!(header("reset"), Some("1796050800"));
}

#[tokio::test(start_paused = true)]
async fn codex_reads_the_same_plan_in_percent_and_minutes() {
    let stage = Stage::any_model().acting(Family::OpenAi).at(NOW);
    stage.plan(Some(plan(0.5, 0.8)));
    let reply = send(&stage, Dialect::OpenaiResponses, "gpt-6.1-sol").await;
    assert_eq!(reply.header("x-codex-primary-used-percent"), Some("50"));
    assert_eq!(reply.header("x-codex-primary-window-minutes"), Some("300"));
    assert_eq!(
        reply.header("x-codex-secondary-window-minutes"),
        Some("10080")
    );
    assert_eq!(
        reply.header("x-codex-secondary-reset-after-seconds"),
        Some("86400")
    );
    stage.plan(Some(plan(1.0, 0.8)));
    let reply = send(&stage, Dialect::OpenaiResponses, "gpt-6.1-sol").await;
    assert_eq!(reply.status, 429);
    let error = reply.json()["error"].take();
    assert_eq!(error["type"], "usage_limit_reached");
    assert_eq!(
        (&error["resets_at"], &error["resets_in_seconds"]),
        (&json!(NOW + 3600), &json!(3600))
    );
    assert_eq!(reply.header("x-codex-primary-used-percent"), Some("100"));
}

#[tokio::test(start_paused = true)]
async fn the_fault_simulates_a_used_up_plan_by_default() {
    for (family, expected_text) in [
        (
            Family::Anthropic,
            "This request would exceed your account's rate limit. Please try again later.",
        ),
        (Family::OpenAi, "The usage limit has been reached"),
        // China Standard Time, eight hours ahead and without a zone.
        (
            Family::Zai,
            "Usage limit reached for 5 hour. Your limit will reset at 2026-11-30 01:00:00",
        ),
    ] {
        let stage = Stage::any_model().acting(family).at(NOW);
        stage.cue(ScriptStep::fault(Fault::Trouble(Trouble::PlanLimit)));
        let dialect = family.dialects()[0];
        let reply = generate(&stage, dialect, &ask(family, dialect, true)).await;
        assert_eq!(reply.status, 429);
        assert_eq!(reply.json()["error"]["message"], expected_text);
    }
}

#[tokio::test(start_paused = true)]
async fn limits_per_minute_and_per_day_are_distinguished() {
    let waits = |family: Family, dialect: Dialect, trouble: &'static str| async move {
        let stage = Stage::any_model().acting(family);
        let reply = generate(
            &stage,
            dialect,
            &request(dialect, &format!("{}@{trouble}", model(family)), true, "hi"),
        )
        .await;
        assert!(matches!(reply.status, 429), "{family}: {}", reply.text());
        (failure(dialect, &reply).retry_after, reply.json())
    };
    let (wait, _) = waits(Family::Anthropic, Dialect::Anthropic, "rate-limit").await;
    assert_eq!(wait, Some(Duration::from_secs(12)));
    let (wait, _) = waits(Family::OpenAi, Dialect::OpenaiChat, "rate-limit").await;
    assert_eq!(wait, Some(Duration::from_millis(2400)));
    let (wait, received) = waits(Family::Groq, Dialect::OpenaiChat, "rate-limit-day").await;
    assert_eq!(wait, Some(Duration::from_secs(661)));
    assert!(
        received["error"]["message"]
            .as_str()
            .unwrap()
            .contains("tokens per day (TPD): Limit 200000")
    );
    for (trouble, quota) in [("rate-limit", "PerMinute"), ("rate-limit-day", "PerDay")] {
        let (_, received) = waits(Family::Gemini, Dialect::OpenaiChat, trouble).await;
        let details = &received[0]["error"]["details"];
        assert!(
            details[0]["violations"][0]["quotaId"]
                .as_str()
                .unwrap()
                .contains(quota)
        );
        assert_eq!(
            details[1]["retryDelay"],
            if trouble == "rate-limit" { "2s" } else { "25s" }
        );
    }
}

#[tokio::test(start_paused = true)]
async fn limits_are_on_successful_responses_if_the_vendor_reports_them() {
    for (family, header, value) in [
        (
            Family::Anthropic,
            "anthropic-ratelimit-requests-remaining",
            Some("999"),
        ),
        (Family::OpenAi, "x-ratelimit-reset-requests", Some("6ms")),
        (Family::Groq, "x-ratelimit-reset-requests", Some("1m26.4s")),
        (Family::Mistral, "x-ratelimit-limit-req-minute", Some("720")),
        (Family::DeepSeek, "x-ratelimit-limit-requests", None),
        (Family::Gemini, "x-ratelimit-limit-requests", None),
    ] {
        let dialect = *family.dialects().last().unwrap();
        let stage = Stage::any_model().acting(family).at(NOW);
        let reply = generate(&stage, dialect, &ask(family, dialect, false)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header(header), value, "{family}");
    }
    let stage = Stage::any_model().at(NOW);
    stage.plan(Some(plan(1.0, 0.0)));
    let reply = send(&stage, Dialect::Anthropic, "claude-sonnet-4-5").await;
    assert_eq!(reply.status, 200, "a stage that acts nobody sells no plan");
    let read: Value = serde_json::to_value(plan(0.5, 0.0)).unwrap();
    assert_eq!(read["windows"][0]["name"], "5h");
}
