use super::Scene;

#[test]
fn an_outage_with_a_working_fallback() {
    let rows = Scene::of(&["openai"], "").play(
        "12:01 call opus ok                   => icon operational | headline Claude is operational. | no note | menu Claude: operational
         18:57 call opus ok                   => icon operational | level operational
         18:58 call opus 529                  => icon operational | open 0
         18:58:20 call opus 529               => open 0 | level operational
         18:59 call opus 529                  => icon outage | headline Claude is down (since 18:58) | open 1 | opened 18:58 | level major_outage
         18:59:05 wait                        => meaning Requests fail | menu Claude is down (since 18:58)
         19:02 call opus 529, gpt-5.6-sol ok  => icon carried | meaning Claude Code continues on GPT Sol | carried 1
         19:02:30 wait                        => menu Claude Opus → GPT Sol, since 19:02 | no menu Requests fail
         19:12:30 wait                        => open 0 | logged 1 | icon unknown | level unknown | headline Claude
         19:40 call opus ok                   => icon operational | open 0
         19:45 call opus ok                   => open 0 | logged 1 | icon operational",
    );
    assert_eq!(rows, 11);
}

/// Headline, notification, incident and ledger have the same start time, also after a restart.
#[test]
fn an_incident_has_one_beginning() {
    let rows = Scene::of(&[], "").play(
        "12:00 call opus ok          => level operational
         22:11 call opus 529         => open 0
         22:11:20 call opus 529      => open 0
         22:12 call opus 529         => open 1 | opened 22:11 | headline Claude is down (since 22:11) | evidence since 22:11
         22:12:30 restart            => open 1 | opened 22:11 | no note
         22:13 call opus 529         => opened 22:11 | no note",
    );
    assert_eq!(rows, 6);
}

/// A success before the outage is no evidence during it.
#[test]
fn a_probe_from_before_the_outage_does_not_lower_its_level() {
    let rows = Scene::of(&["anthropic"], "").play(
        "18:50 probe haiku ok        => level operational
         18:58 call opus 529         => open 0
         18:58:20 call opus 529      => open 0
         18:59 call opus 529         => level major_outage
         18:59:30 probe haiku ok     => level partial_outage | evidence All 3 requests to claude-opus-5-5 have failed
         19:00 probe haiku ok        => headline Claude is partly down",
    );
    assert_eq!(rows, 6);
}

/// The evidence of an open incident is updated with new evidence.
#[test]
fn the_evidence_is_current() {
    let rows = Scene::of(&[], "").play(
        "18:58 page api=ok code=ok    => level operational
         18:58:10 call opus 529       => open 0
         18:58:20 call opus 529       => open 0
         18:58:30 call opus 529       => open 1 | evidence hasn't confirmed it
         19:05 page api=major code=ok => evidence Their status page | said page",
    );
    assert_eq!(rows, 5);
}

/// With both providers down, the headline names the clients' primary.
#[test]
fn with_both_down_the_primary_is_named() {
    let rows = Scene::of(&["openai"], "[fallback]\nsubscription_to_paid_key = \"yes\"").play(
        "18:50 call opus ok                       => level operational
         18:58 call opus 529, gpt-5.6-sol ok       => icon operational
         18:58:20 call opus 529, gpt-5.6-sol ok    => open 0
         18:59 call opus 529, gpt-5.6-sol ok       => open 1 | icon carried | meaning GPT Sol
         19:00 call opus 529, gpt-5.6-sol 500      => icon carried
         19:00:20 call opus 529, gpt-5.6-sol 500   => open 1
         19:01 call opus 529, gpt-5.6-sol 500      => open 2 | icon outage | headline Claude is down (since 18:58) | meaning OpenAI is down too",
    );
    assert_eq!(rows, 7);
}

#[test]
fn a_status_page_alone_declares_an_outage() {
    let rows = Scene::of(&["anthropic"], "").play(
        "17:40 page api=ok code=ok           => icon quiet | level operational | evidence their page 17:40
         17:41 page api=major code=major     => icon outage | level major_outage | open 1 | note Claude is down: it is them, not you (since 17:41)
         17:50 page api=major code=major     => no note | open 1
         17:55 page api=partial code=ok      => open 1 | no note
         18:10 page api=ok code=ok           => open 1 | no note
         18:14 page api=ok code=ok           => no note
         18:30 page api=ok code=ok           => open 0 | logged 1 | icon quiet",
    );
    assert_eq!(rows, 7);
}

#[test]
fn maintenance_and_degraded_service_are_not_outages() {
    let rows = Scene::of(&["anthropic"], "").play(
        "09:00 page api=ok code=ok            => icon quiet
         10:00 page api=maintenance code=ok   => icon degraded | no note
         10:30 page api=ok code=ok            => no note
         10:34 page api=ok code=ok            => level operational
         11:00 page api=degraded code=ok      => icon degraded | level degraded | no note | meaning may be slow or fail
         11:02 page api=degraded code=ok      => icon degraded",
    );
    assert_eq!(rows, 6);
}

#[test]
fn an_unreadable_page_is_unknown() {
    let rows = Scene::of(&["anthropic"], "").play(
        "09:00 wait                     => icon unknown | headline Nothing is known yet about Claude
         09:01 page unreadable          => icon unknown | level unknown | no note
         09:05 page api=ok code=ok      => icon quiet
         09:06 page unreadable          => level operational | no note
         10:30 wait                     => icon unknown | level unknown",
    );
    assert_eq!(rows, 5);
}

#[test]
fn offline_is_a_fault_of_this_machine() {
    let rows = Scene::of(&["anthropic"], "").play(
        "09:00 page api=ok code=ok      => icon quiet
         09:10 network down             => icon unknown | headline You're offline. | meaning until the network is back | no note
         09:11 call opus refused        => icon unknown | open 0
         09:11:10 call opus refused     => open 0
         09:11:20 call opus refused     => open 0 | no note
         09:20 network up               => open 0
         09:21 page api=ok code=ok      => icon quiet | open 0 | logged 0",
    );
    assert_eq!(rows, 7);
}

/// A failure without later evidence expires.
#[test]
fn a_finished_outage_fades_without_another_request() {
    let rows = Scene::of(&[], "").play(
        "17:18 call opus ok         => level operational
         17:18:30 call opus 529     => open 0
         17:18:40 call opus 529     => open 0
         17:19 call opus 529        => open 1 | icon outage | opened 17:18
         17:28 wait                 => open 1 | icon outage
         17:29:30 wait              => open 0 | icon unknown | level unknown | evidence 17:19 | no note
         17:45 wait                 => icon unknown | no menu is down
         18:10 call opus ok         => icon operational | level operational | logged 1",
    );
    assert_eq!(rows, 8);
}

/// A failure while the page is operational is not red, and not confirmed.
#[test]
fn a_faded_failure_with_a_good_page_is_not_confirmed() {
    let rows = Scene::of(&["anthropic"], "").play(
        "17:00 page api=ok code=ok  => icon quiet
         17:18 call opus 529        => open 0
         17:18:30 call opus 529     => open 0
         17:19 call opus 529        => open 1 | icon outage
         17:25 page api=ok code=ok  => open 1
         17:29:30 page api=ok code=ok => open 0 | evidence 17:19
         17:40 page api=ok code=ok  => no menu is down",
    );
    assert_eq!(rows, 7);
}

/// Without an agent, the sentence is about the pipelines only.
#[test]
fn an_outage_with_pipelines_alone_states_what_waits() {
    let settings = "[[pipeline]]\nname = \"leads\"\nproviders = [\"anthropic\"]\nmay_go_to = \"same-vendor\"\n";
    let rows = Scene::of(&["openai"], settings).play(
        "12:00 leads/1 opus ok
         12:01 leads/2 opus 529 parked
         12:02 leads/3 opus 529 parked
         12:03 leads/4 opus 529 parked => headline Claude is down | meaning Requests of leads wait until it is back; 3 requests are waiting for you | icon outage",
    );
    assert_eq!(rows, 1);
}

const LEADS: &str = "[[pipeline]]\nname = \"leads\"\nweekly_items = 50\nvalue = 400\nproviders = [\"anthropic\"]\nmay_go_to = \"same-vendor\"\n";

/// The tray, the notification of the end and the ledger have the same figures; the value falls as items are answered.
#[test]
fn an_outage_ends_with_what_waits_and_what_it_is_worth() {
    let rows = Scene::of(&[], LEADS).play(
        "12:00 leads/1 opus ok
         12:01 leads/2 opus 529 parked
         12:02 leads/3 opus 529 parked
         12:03 leads/4 opus 529 parked => open 1 | headline Claude is down
         12:03:05 wait                 => menu Pipelines: 3 items, $1,200, wait for one click. | menu $1,200 at risk. | risk $1,200 at risk
         12:04 leads/2 opus ok answered
         12:04:05 wait                 => menu Pipelines: 1 item, $400, answered, 1 of them after a failure; 2 items, $800, wait | risk $800 at risk, at most $1,200 at 12:03
         12:06 leads/5 opus ok         => open 0 | body 2 items, $800, wait for one click. $800 at risk.
         12:20:05 wait                 => menu Pipelines: 1 item, $400, answered, 1 of them after a failure; 2 items, $800, wait for one click. | menu $800 at risk.",
    );
    assert_eq!(rows, 5);
}
