use super::Scene;

const SUBSCRIBER: &str = "12:00 call opus ok
    12:00:30 openai-page responses=ok chat-completions=ok codex=ok
    12:01 call opus 529
    12:01:02 sibling later
    12:01:10 call opus 529";

/// Evidence from traffic overrides the plan.
#[test]
fn a_request_that_a_fallback_answered_is_not_reported_as_failed() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 call opus ok                           => headline Claude is operational.
         12:01 call opus 529 by-key, gpt-5.6-sol ok    => carried 1
         12:01:10 call opus 529 by-key, gpt-5.6-sol ok => carried 2
         12:01:20 call opus 529 by-key, gpt-5.6-sol ok => open 1 | icon carried | meaning Claude Code continues on GPT Sol | no menu will fail",
    );
    assert_eq!(rows, 4);
}

/// A key for OpenAI is there, and would be billed for a subscription's client.
#[test]
fn the_menu_names_what_needs_consent_and_not_a_missing_fallback() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 call opus ok => menu Fallback for Claude: needs your consent | no menu No fallback for Claude",
    );
    assert_eq!(rows, 1);
}

/// No client has sent a request for a model of OpenAI: its outage concerns a fallback alone.
#[test]
fn the_outage_of_a_fallback_alone_stops_no_work() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 call opus ok
         12:01 openai-page responses=major chat-completions=major codex=major => headline OpenAI is down | meaning None of your requests go there | icon carried",
    );
    assert_eq!(rows, 1);
}

/// A fallback that is down itself answers nothing.
#[test]
fn the_menu_names_no_fallback_that_is_down() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 call opus ok
         12:01 call opus 529 by-key, gpt-5.6-sol ok
         12:01:10 call opus 529 by-key, gpt-5.6-sol ok
         12:01:20 call opus 529 by-key, gpt-5.6-sol ok => menu Claude Opus → GPT Sol
         12:02 openai-page responses=major chat-completions=major codex=major => icon outage | no menu → GPT Sol",
    );
    assert_eq!(rows, 2);
}

/// A client with its own API key needs no consent: its requests are already billed per token.
#[test]
fn a_client_with_its_own_key_uses_the_fallback_of_its_plan() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 call opus ok by-key          => headline Claude is operational.
         12:00:30 openai-page responses=ok chat-completions=ok codex=ok
         12:01 call opus 529 by-key         => no question
         12:01:10 call opus 529 by-key      => no question
         12:01:20 call opus 529 by-key      => open 1 | meaning Claude Code continues on OpenAI | icon carried | no question",
    );
    assert_eq!(rows, 4);
}

/// The consent question appears when a fallback is needed.
#[test]
fn the_owner_gets_the_question_when_a_fallback_is_needed() {
    let mut scene = Scene::of(&["openai"], "");
    scene.play(SUBSCRIBER);
    let rows = scene.play(
        "12:01:20 call opus 529                => open 1 | question OpenAI can answer while Claude is down | menu OpenAI can answer | icon outage
         12:01:30 allow                        => no question | icon carried | meaning Claude Code continues on OpenAI | update Claude is down | body continues on OpenAI
         12:02 call opus 529, gpt-5.6-sol ok   => carried 1 | meaning GPT Sol | no question
         12:30 call opus ok                    => no question
         12:36 call opus ok                    => open 0 | no question
         14:00 call opus 529                   => question OpenAI can answer",
    );
    assert_eq!(rows, 6);
}

/// The question is a line of the outage's notification, in either order of arrival.
#[test]
fn a_question_is_a_line_of_its_outages_notification() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 call opus ok                       => no note
         12:00:20 sibling later
         12:00:30 openai-page responses=ok chat-completions=ok codex=ok
         12:01 page api=major code=major           => note Claude is down | body Requests fail
         12:01:10 call opus 529                    => update Claude is down | body OpenAI can answer while Claude is down | button Allow until Claude is back
         12:01:20 call opus 529                    => question OpenAI can answer | no menu Sonnet could answer
         12:02 not-now                             => update Claude is down | body Requests fail",
    );
    assert_eq!(rows, 5);
}

#[test]
fn a_pipelines_client_is_not_reported_as_continuing() {
    let rows = Scene::of(
        &["openai"],
        "[fallback]\nsubscription_to_paid_key = \"yes\"",
    )
    .play(
        "12:00 call opus ok                      => no note
         12:00:10 leads/1 opus ok                => today 2
         12:01 call opus 529, gpt-5.6-sol ok      => carried 1
         12:01:10 leads/2 opus 529 parked         => waiting 1
         12:01:20 call opus 529, gpt-5.6-sol ok   => meaning Claude Code continues on GPT Sol",
    );
    assert_eq!(rows, 5);
}

#[test]
fn not_now_applies_to_this_outage() {
    let mut scene = Scene::of(&["openai"], "");
    scene.play(SUBSCRIBER);
    let rows = scene.play(
        "12:01:20 call opus 529    => question OpenAI can answer
         12:01:30 not-now          => no question | icon outage
         12:02 call opus 529       => no question
         12:20 call opus 529       => no question | no note
         12:30 call opus ok        => no question
         12:36 call opus ok        => open 0
         13:36 call opus 529       => open 0 | question OpenAI can answer",
    );
    assert_eq!(rows, 7);
}

#[test]
fn a_permanent_answer_prevents_the_question() {
    for answer in ["yes", "no"] {
        let settings = format!("[fallback]\nsubscription_to_paid_key = \"{answer}\"");
        let mut scene = Scene::of(&["openai"], &settings);
        scene.play(SUBSCRIBER);
        let rows = scene.play("12:01:20 call opus 529 => open 1 | no question");
        assert_eq!(rows, 1);
    }
}

#[test]
fn a_pipelines_request_never_opens_a_question() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 leads/1 opus ok           => today 1
         12:01 leads/2 opus 529 parked    => waiting 1 | no question
         12:01:10 leads/3 opus 529 parked => waiting 2 | no question
         12:01:20 leads/4 opus 529 parked => waiting 3 | no question | open 1",
    );
    assert_eq!(rows, 4);
}

#[test]
fn without_a_key_there_is_no_question() {
    let rows = Scene::of(&[], "").play(
        "12:00 call opus ok
         12:01 call opus 529        => question Sonnet could answer
         12:01:02 sibling later     => no question
         12:01:10 call opus 529     => no question
         12:01:20 call opus 529     => no question | meaning Requests fail",
    );
    assert_eq!(rows, 4);
}

#[test]
fn the_question_about_a_free_sibling_comes_first() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 call opus ok                     => no question
         12:01 call opus 529                    => question Sonnet could answer on the same plan | note Opus is failing | button Allow
         12:01:10 sibling on                    => no question
         12:01:20 call opus 529, sonnet ok      => carried 1 | headline Claude is operational.
         12:01:40 wait                          => menu Opus → Sonnet",
    );
    assert_eq!(rows, 5);
}

/// While the gateway is paused, no fallback is used.
#[test]
fn the_state_is_paused_while_paused() {
    let rows = Scene::of(&["anthropic"], "").play(
        "12:00 page api=ok code=ok => icon quiet
         12:01 pause               => icon paused | paused | no menu No fallback | menu paused
         12:02 resume              => icon quiet
         12:03 stop                => icon paused | menu stopping",
    );
    assert_eq!(rows, 4);
}

/// The headline and the plan agree on the candidate in use.
#[test]
fn a_new_key_changes_the_effect_of_an_outage() {
    let rows = Scene::of(&[], "[fallback]\nsubscription_to_paid_key = \"yes\"").play(
        "12:00 call opus ok                          => level operational
         12:01 page api=major code=major             => open 1 | meaning Requests fail | icon outage
         12:01:30 openai-page responses=ok chat-completions=ok codex=ok
         12:02 key openai                            => meaning Claude Code continues on OpenAI | icon carried
         12:03 openai-page responses=major chat-completions=major codex=major => icon outage | meaning OpenAI is down too",
    );
    assert_eq!(rows, 4);
}

/// The outage of a fallback that answers stops the work of its client.
#[test]
fn a_fallback_that_fails_too_is_not_called_unaffected() {
    let settings = "[fallback]\nsubscription_to_paid_key = \"yes\"\n";
    let rows = Scene::of(&["openai"], settings).play(
        "12:00 call opus ok                     => icon operational
         12:10 call opus 529, gpt-6-sol ok      => icon operational
         12:11 call opus 529, gpt-6-sol ok      => icon operational
         12:12 call opus 529, gpt-6-sol ok      => headline Claude is down | icon carried
         12:13 call opus 529, gpt-6-sol 503
         12:14 call opus 529, gpt-6-sol 503
         12:15 call opus 529, gpt-6-sol 503     => open 2 | headline Claude is down | meaning OpenAI is down too. Requests fail until one is back | icon outage",
    );
    assert_eq!(rows, 5);
}
