use chrono::NaiveDate;

use super::Scene;

const CONSENT: &str = "[fallback]\nsubscription_to_paid_key = \"yes\"\n";

#[test]
fn a_choice_is_shown_until_midnight_and_ends_once() {
    let rows = Scene::of(&["openai"], CONSENT).play(
        "12:00 call opus ok       => menu Claude Code: use now | no menu uses OpenAI
         12:01 use GPT            => answer Claude Code uses OpenAI until midnight. | menu Claude Code uses OpenAI until midnight
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
         12:01 use openai pin  => answer Claude Code uses OpenAI until you choose auto.
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
fn an_unusable_choice_is_refused_with_the_reason() {
    let rows = Scene::of(&[], "").play(
        "12:00 use gpt       => answer no client named
         12:01 call opus ok
         12:02 use gpt       => answer OpenAI cannot be used: no key for OpenAI. Claude Code stays with the usual order | no menu uses OpenAI
         12:03 use nothing   => answer no provider is named
         12:04 key openai
         12:05 use gpt       => answer which needs your consent | no menu uses OpenAI",
    );
    assert_eq!(rows, 4);
}
