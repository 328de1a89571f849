use chrono::NaiveDate;

use super::Scene;

#[test]
fn the_day_changes_at_local_midnight() {
    let rows = Scene::of(&[], "").play(
        "23:30 call opus ok      => today 1
         23:59 call opus ok      => today 2
         1/00:01 call opus ok    => today 1
         1/12:00 call opus 529   => today 2",
    );
    assert_eq!(rows, 4);
}

/// The night of 25 October 2026 has 25 hours in Berlin.
#[test]
fn the_day_of_a_clock_change_has_its_real_length() {
    let day = NaiveDate::from_ymd_opt(2026, 10, 24).unwrap();
    let rows = Scene::on(day, &[], "").play(
        "23:50 call opus ok    => today 1
         24:10 call opus ok    => today 1
         47:30 call opus ok    => today 2
         48:30 call opus ok    => today 3
         49:10 call opus ok    => today 1",
    );
    assert_eq!(rows, 5);
}

#[test]
fn counts_survive_a_restart() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 call opus ok                          => today 1
         12:01 call opus 529 by-key, gpt-5.6-sol ok   => today 2 | carried 1
         12:05 restart                                => today 2 | carried 1
         1/00:10 call opus ok                         => today 1 | carried 0",
    );
    assert_eq!(rows, 4);
}

#[test]
fn a_suspended_machine_blames_no_provider() {
    let rows = Scene::of(&["anthropic"], "").play(
        "12:00 page api=ok code=ok  => icon quiet
         20:00 woke 28000           => icon unknown | open 0 | no note
         20:01 page api=ok code=ok  => icon quiet | logged 0",
    );
    assert_eq!(rows, 3);
}

/// The client's subscription costs nothing extra. "opus-next" has no price.
#[test]
fn only_a_request_that_bills_a_key_has_an_unknown_cost() {
    let rows = Scene::of(&["openai"], "").play(
        "12:00 call opus ok             => today 1 | unpriced 0
         12:01 call opus-next ok        => today 2 | unpriced 0
         12:02 call opus ok by-key      => today 3 | unpriced 0
         12:03 call opus-next ok by-key => today 4 | unpriced 1
         12:04 restart                  => today 4 | unpriced 1",
    );
    assert_eq!(rows, 5);
}
