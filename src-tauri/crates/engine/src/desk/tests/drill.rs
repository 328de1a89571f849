use super::Scene;

const CONSENT: &str = "[fallback]\nsubscription_to_paid_key = \"yes\"\n";

#[test]
fn a_drill_shows_its_steps_and_its_report_and_counts_nowhere() {
    let rows = Scene::of(&["openai"], CONSENT).play(
        "12:00 call opus ok              => today 1 | carried 0 | headline Claude is operational | kept 1
         12:01 drill                     => drill true | note Rehearsal: Claude fails on purpose | menu Rehearsal: Claude fails on purpose | menu End the drill | icon outage | step stops after the first word | headline Claude is operational
         12:01:01 drilled opus made-cut  => drill true | step never passed on as a complete one | step refuses it with status 529
         12:01:03 drilled opus made-529, gpt-5.6-sol ok => drill false | update Rehearsal: a fallback answered | report Claude failed at its first word, and the request was repeated; GPT Sol answered completely after | saw 200, aborted after its first word | saw 200, complete, from GPT Sol | no menu Rehearsal | no menu End the drill | icon operational
         12:01:04 wait                   => today 1 | carried 0 | open 0 | logged 0 | evidence Claude works | kept 3 | no question",
    );
    assert_eq!(rows, 5);
}

/// The primary's made failures are no evidence, whatever their number.
#[test]
fn made_failures_of_live_requests_change_no_verdict_and_ask_nothing() {
    let mut lines = "12:00 call opus ok => headline Claude is operational
         12:00:10 drill live            => drill true | menu End the drill
         12:00:11 drilled opus made-cut => drill true
         12:00:12 drilled opus made-529, gpt-5.6-sol ok => drill true | step GPT Sol answered completely
         12:00:13 call opus made-cut    => step Claude Code: Claude stopped in the middle | today 2"
        .to_owned();
    for second in 20..45 {
        lines += &format!("\n12:00:{second} call opus made-529, gpt-5.6-sol ok");
    }
    lines += "\n12:00:50 wait => open 0 | headline Claude and OpenAI are operational | no question | carried 25 | today 27
         12:01:11 wait => drill false | report 26 live requests met the failure: 1 aborted and repeated, 25 with a complete response. | saw Claude Code: 200, complete, from GPT Sol | open 0 | logged 0
         12:01:20 call opus ok => headline Claude and OpenAI are operational | today 28";
    let rows = Scene::of(&["openai"], CONSENT).play(&lines);
    assert_eq!(rows, 8);
}

#[test]
fn a_live_drill_ends_with_its_owner_the_pause_and_the_engine() {
    for end in ["drill stop", "pause", "stop"] {
        let rows = Scene::of(&["openai"], CONSENT).play(&format!(
            "12:00 call opus ok
             12:00:10 drill live => drill true
             12:00:20 {end}      => drill false | report No live request came."
        ));
        assert_eq!(rows, 2, "{end}");
    }
}

#[test]
fn without_a_key_a_drill_runs_on_the_rehearsal_models_and_states_what_the_set_up_does() {
    let rows = Scene::of(&[], "[fallback]\nsibling = \"on\"\n").play(
        "12:00 call opus ok
         12:01 drill             => drill true | menu Rehearsal: the rehearsal model fails
         12:01:01 drilled opus made-529, opus ok => report It ran on the rehearsal models: nothing was billed | report include live requests | set-up One model of Claude fails → Sonnet | set-up All of Claude fails → a clear error | set-up Add a fallback: Settings → Keys",
    );
    assert_eq!(rows, 2);
}

#[test]
fn before_the_first_request_a_connected_client_shows_what_the_set_up_does() {
    let rows = Scene::of(&[], "").play(
        "12:01 drill by Claude Code                                  => drill true
         12:01:01 drilled rehearsal made-529, rehearsal ok           => set-up One model of Claude fails → a clear error, until you allow Claude Sonnet | set-up All of Claude fails → a clear error | set-up Allow a fallback: Settings → General",
    );
    assert_eq!(rows, 2);
    let rows = Scene::of(&["openai"], "[fallback]\nsubscription_to_paid_key = \"yes\"\n").play(
        "12:01 drill by Claude Code                                  => drill true
         12:01:01 drilled rehearsal made-529, rehearsal ok           => set-up All of Claude fails → GPT Sol",
    );
    assert_eq!(rows, 2);
}

#[test]
fn a_refused_consent_gives_a_clear_error_and_the_report_shows_why() {
    let rows = Scene::of(&["openai"], "[fallback]\nsubscription_to_paid_key = \"no\"\n").play(
        "12:00 call opus ok
         12:01 drill                        => drill true
         12:01:01 drilled opus made-529     => drill false | report the client got a clear error (status 529) | report you have refused paid fallbacks | saw 529, a clear error | set-up All of Claude fails → a clear error: you refused paid fallbacks | set-up Allow a fallback: Settings → General",
    );
    assert_eq!(rows, 2);
}

#[test]
fn the_cost_of_a_test_request_needs_the_owners_consent() {
    let rows = Scene::of(&["openai"], CONSENT).play(
        "12:00 call opus ok
         12:01 drill unpaid => answer this drill costs about $0.00
         12:02 pause
         12:03 drill        => answer Understudy is paused",
    );
    assert_eq!(rows, 2);
}

/// The fallback's response is billed, and a cap that it uses up stops the next paid fallback. It is no request of a client.
#[test]
fn the_cost_of_its_own_request_is_in_todays_sum_and_cap() {
    let settings = format!("{CONSENT}dollars_a_day = 0.01\n");
    let rows = Scene::of(&["openai"], &settings).play(
        "12:00 call opus ok
         12:01 drill                                              => drill true
         12:01:01 drilled opus made-529, gpt-5.6-sol ok billed       => drills 0.05 | fallbacks 0.05 | today 1 | carried 0 | open 0 | evidence Claude works
         12:02 drill                                              => drill true
         12:02:01 drilled opus made-529                           => report the daily cap of $0.01 for fallbacks is used up
         12:03 restart                                            => drills 0.05 | fallbacks 0.05 | today 1
         1/00:10 wait                                            => drills 0.00 | fallbacks 0.00",
    );
    assert_eq!(rows, 6);
    // On the rehearsal models nothing is billed.
    let rows = Scene::of(&[], "").play(
        "12:01 drill by Claude Code
         12:01:01 drilled rehearsal made-529, rehearsal ok billed => drills 0.00 | fallbacks 0.00",
    );
    assert_eq!(rows, 1);
}

#[test]
fn clients_and_pipelines_have_their_own_lines() {
    let settings = format!("{CONSENT}[[pipeline]]\nname = \"leads\"\n");
    let rows = Scene::of(&["openai"], &settings).play(
        "12:00 call opus ok
         12:00:30 leads/1 opus ok
         12:01 drill
         12:01:01 drilled opus made-529, gpt-5.6-sol ok => set-up One model of Claude fails → GPT Sol | set-up All of Claude fails → GPT Sol | set-up Pipeline leads: all of Claude fails → a clear error",
    );
    assert_eq!(rows, 1);
}
