use super::Scene;

/// One notification for each event, updated in place.
#[test]
fn an_outage_is_one_notification() {
    let rows = Scene::of(&["openai"], "[fallback]\nsubscription_to_paid_key = \"yes\"\nsibling = \"off\"").play(
        "18:57 call opus ok                       => no note
         18:58 call opus 529, gpt-5.6-sol ok       => note Claude Opus is failing | body GPT Sol answers
         18:58:20 call opus 529, gpt-5.6-sol ok    => no note
         18:59 call opus 529, gpt-5.6-sol ok       => no note | update Claude is down (since 18:58) | body Claude Code continues on GPT Sol
         19:05 call opus 529, gpt-5.6-sol ok       => no note
         19:10 call opus 529, gpt-5.6-sol ok       => no note | no update
         19:18 call opus 529, gpt-5.6-sol ok       => no note
         19:26 call opus 529, gpt-5.6-sol ok       => no note
         19:30 call opus ok                        => no note | open 1
         19:35 call opus ok                        => no note | update Claude is back | body after",
    );
    assert_eq!(rows, 10);
}

#[test]
fn stopped_work_causes_another_pop_up() {
    let rows = Scene::of(&["openai"], "[fallback]\nsubscription_to_paid_key = \"yes\"\nsibling = \"off\"").play(
        "18:57 call opus ok
         18:58 page api=major code=major                                       => note Claude is down: it is them | body continues on OpenAI
         19:00 openai-page responses=major chat-completions=major codex=major  => note OpenAI is down
         19:00:10 wait                                                         => no note
         20:10 openai-page responses=ok chat-completions=ok codex=ok           => no note",
    );
    assert_eq!(rows, 4);
}

#[test]
fn a_failing_fallback_causes_a_second_pop_up() {
    let settings = "[fallback]\nsubscription_to_paid_key = \"yes\"\nsibling = \"off\"\n[notifications]\nwhen = \"act\"";
    let rows = Scene::of(&["openai"], settings).play(
        "18:57 call opus ok                                                    => no note
         18:58 page api=major code=major                                       => no note | icon carried
         19:00 openai-page responses=major chat-completions=major codex=major  => icon outage
         19:00:10 wait                                                         => note Claude is down | body OpenAI is down too",
    );
    assert_eq!(rows, 4);
}

#[test]
fn quiet_hours_are_local() {
    let rows = Scene::of(&["anthropic"], "[notifications]\nquiet = \"22:00-07:00\"").play(
        "12:00 page api=ok code=ok            => icon quiet
         21:59 page api=ok code=ok            => no note
         22:05 page api=major code=major      => no note | open 1 | icon outage
         1/08:00 page api=ok code=ok          => no note
         1/08:10 page api=ok code=ok          => open 0
         1/09:00 page api=major code=major    => note Claude is down",
    );
    assert_eq!(rows, 6);
}

#[test]
fn disabled_notifications_are_not_shown() {
    let rows = Scene::of(&["anthropic"], "[notifications]\ndesktop = false").play(
        "12:00 page api=ok code=ok        => no note
         12:10 page api=major code=major  => no note | open 1 | icon outage
         12:50 page api=ok code=ok        => no note",
    );
    assert_eq!(rows, 3);
}

#[test]
fn the_setting_everything_shows_all_notifications() {
    let rows = Scene::of(&["anthropic"], "[notifications]\nwhen = \"everything\"").play(
        "12:00 page api=ok code=ok             => no note
         12:10 page api=degraded code=degraded => note Claude is degraded
         12:13 page api=degraded code=degraded => icon degraded",
    );
    assert_eq!(rows, 3);
}

#[test]
fn a_notification_that_the_desktop_cannot_show_is_in_the_menu() {
    let rows = Scene::of(&["anthropic"], "").play(
        "12:00 page api=ok code=ok                   => no menu Not shown
         12:10 page api=major code=major             => note Claude is down
         12:10:05 unshown no notification service    => menu Not shown as a notification (no notification service): Claude is down
         12:50 page api=ok code=ok                   => menu Not shown
         13:00 page api=ok code=ok                   => open 0",
    );
    assert_eq!(rows, 5);
}

#[test]
fn parked_requests_are_a_line_of_their_outages_notification() {
    let rows = Scene::of(&[], "").play(
        "12:00 leads/1 opus ok             => no note
         12:01 leads/2 opus 529 parked     => waiting 1 | note 1 request is waiting for you
         12:01:10 leads/3 opus 529 parked  => waiting 2 | no note
         12:01:20 leads/4 opus 529 parked  => open 1 | waiting 3 | note Claude is down | body 3 requests are waiting for you
         12:03 leads/5 opus 529 parked     => waiting 4 | no note
         12:04 wait                        => no note | update Claude is down | body 4 requests are waiting for you
         12:20 leads/2 opus ok answered    => waiting 3
         12:30 leads/3 opus ok answered    => waiting 2 | no note",
    );
    assert_eq!(rows, 8);
}
