use chrono::NaiveDate;

use super::Scene;

const CONSENT: &str = "[fallback]\nsubscription_to_paid_key = \"yes\"\n";

#[test]
fn a_choice_is_shown_until_midnight_and_ends_once() {
    let rows = Scene::of(&["openai"], CONSENT).play(
        "12:00 call opus ok       => menu Claude Code: use now | no menu uses OpenAI
         12:01 use GPT            => answer Claude Code uses OpenAI until midnight: | menu Claude Code uses OpenAI until midnight
         12:02 call gpt-5.6-sol ok => no note | menu uses OpenAI
         23:59 wait               => menu uses OpenAI
         1/00:00 wait             => no menu uses OpenAI
         1/00:01 use auto         => answer auto | no menu uses OpenAI",
    );
    assert_eq!(rows, 6);
}

#[test]
fn a_pinned_choice_stays_after_midnight_and_after_a_restart() {
    let rows = Scene::of(&["openai"], CONSENT).play(
        "12:00 call opus ok
         12:01 use openai pin  => answer Claude Code uses OpenAI until you choose auto:
         1/00:10 wait          => menu uses OpenAI until you choose auto
         1/00:20 restart       => menu uses OpenAI until you choose auto
         1/00:30 use auto      => no menu uses OpenAI
         1/00:40 restart       => no menu uses OpenAI",
    );
    assert_eq!(rows, 5);
}

#[test]
fn a_choice_survives_a_restart_of_the_same_day() {
    let rows = Scene::of(&["openai"], CONSENT).play(
        "12:00 call opus ok
         12:01 use gpt
         12:05 restart   => menu uses OpenAI until midnight
         1/00:00 wait    => no menu uses OpenAI",
    );
    assert_eq!(rows, 2);
}

/// The night of 25 October 2026 has 25 hours in Berlin.
#[test]
fn a_choice_ends_at_the_midnight_of_a_day_with_a_clock_change() {
    let day = NaiveDate::from_ymd_opt(2026, 10, 24).unwrap();
    let rows = Scene::on(day, &["openai"], CONSENT).play(
        "24:10 call opus ok
         24:20 use gpt    => menu uses OpenAI until midnight
         48:30 wait       => menu uses OpenAI until midnight
         48:59:59 wait    => menu uses OpenAI until midnight
         49:00 wait       => no menu uses OpenAI",
    );
    assert_eq!(rows, 4);
}

#[test]
fn a_choice_is_the_consent_to_its_cost_and_states_it() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 call opus ok 400k  => menu OpenAI (about $0.20 for the next turn, then $0.01, today's cap $10)
         12:01 use gpt            => answer Claude Code uses OpenAI until midnight: about $0.20 for the next turn, then $0.01, today's cap $10. | menu Claude Code uses OpenAI until midnight: about $0.20
         12:02 call opus 529, gpt-6-sol ok 400k => menu uses OpenAI until midnight: about $0.01 a turn, today's cap $10, $0.20 spent
         12:03 use auto           => answer auto | no menu uses OpenAI",
    );
    assert_eq!(rows, 4);
}

#[test]
fn a_restart_keeps_the_consent_and_the_size_of_the_last_request() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 call opus ok 400k
         12:01 use gpt     => answer uses OpenAI until midnight: about $0.20
         12:05 restart     => menu Claude Code uses OpenAI until midnight: about $0.20 for the next turn",
    );
    assert_eq!(rows, 2);
}

#[test]
fn a_choice_that_cannot_be_used_is_refused_with_the_reason_and_the_remedy() {
    let rows = Scene::of(&[], "").play(
        "12:00 use gpt       => answer no client named
         12:01 call opus ok
         12:02 use gpt       => answer OpenAI cannot be used: no key for OpenAI. Claude Code stays with the usual order. add one with `understudyd key add openai` | no menu uses OpenAI
         12:03 use nothing   => answer no provider is named
         12:04 key openai
         12:05 pause
         12:06 use gpt       => answer OpenAI cannot be used: Understudy is paused or stopping, so only the primary is used. Claude Code stays with the usual order. end the pause with `understudyd resume`
         12:07 resume
         12:08 use gpt       => answer Claude Code uses OpenAI until midnight",
    );
    assert_eq!(rows, 5);
}

#[test]
fn a_choice_stays_within_the_daily_cap() {
    let rows = Scene::of(&["openai"], "[fallback]\ndollars_a_day = 0.0\n").play(
        "12:01 call opus ok
         12:02 use gpt  => answer OpenAI cannot be used: the daily cap of $0 for fallbacks is used up ($0). Claude Code stays with the usual order. raise `dollars_a_day` under [fallback] in the settings, or choose again after midnight
         12:03 settings [fallback];dollars_a_day = 5.0
         12:04 use gpt  => answer Claude Code uses OpenAI until midnight
         12:05 settings [fallback];dollars_a_day = 0.0 => menu Claude Code follows the usual order: OpenAI cannot be used (the daily cap of $0",
    );
    assert_eq!(rows, 3);
}

#[test]
fn a_choice_outside_the_scope_names_the_setting() {
    let route = "[[route]]\nname = \"near\"\ndialect = \"anthropic\"\nmodels = \"claude-*\"\nmay_go_to = \"same-vendor\"\ncandidates = [\"anthropic\", \"openai\"]\n";
    let rows = Scene::of(&["openai"], route).play(
        "12:01 call opus ok
         12:02 use gpt  => answer this route's requests may not go to OpenAI | answer allow openai in `may_go_to` of the route \"near\" in the settings file | no menu uses OpenAI",
    );
    assert_eq!(rows, 1);
}

/// Each provider of the route is a choice, or has a reason why it is not.
#[test]
fn the_list_has_each_provider_of_the_client_with_the_reason_against_it() {
    let route = "[[route]]\nname = \"two\"\ndialect = \"anthropic\"\nmodels = \"claude-*\"\ncandidates = [\"anthropic\", \"openai\", \"deepseek\"]\n";
    let mut scene = Scene::of(&["openai"], route);
    scene.play("12:01 call opus ok 400k");
    let [client] = &scene.snapshot().clients[..] else {
        panic!("one client");
    };
    let choices: Vec<(&str, Option<&str>)> = client
        .choices
        .iter()
        .map(|one| (one.product.as_str(), one.cost.as_deref()))
        .collect();
    let cost = "about $0.20 for the next turn, then $0.01, today's cap $10";
    assert_eq!(choices, [("Claude", None), ("OpenAI", Some(cost))]);
    let [refused] = &client.refused[..] else {
        panic!("{:#?}", client.refused);
    };
    assert_eq!(refused.product, "DeepSeek");
    assert_eq!(refused.why, "no key for DeepSeek");
    let fix = refused.fix.as_deref().unwrap();
    assert!(fix.contains("understudyd key add deepseek"), "{fix}");
}
