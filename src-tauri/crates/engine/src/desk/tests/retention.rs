use chrono::NaiveDate;

use super::Scene;

/// 1 September 2026; 90 days later it is 30 November.
fn september(settings: &str) -> Scene {
    Scene::on(
        NaiveDate::from_ymd_opt(2026, 9, 1).unwrap(),
        &["anthropic"],
        settings,
    )
}

#[test]
fn the_first_deletion_waits_a_week_after_its_notification() {
    let rows = september("").play(
        "12:00 call opus ok     => kept 1
         89/12:00 call opus ok  => kept 2
         90/22:30 wait          => kept 2 | no note | no deletion
         90/23:30 wait          => note Old requests will be deleted on 7 December | kept 2
         90/23:30 wait          => deletion On 7 December Understudy deletes requests older than 90 days (1). Daily sums stay. Keep them: Settings → History.
         92/06:00 restart
         92/06:01 wait          => deletion On 7 December | no note
         97/22:30 wait          => kept 2 | no note
         98/12:30 wait          => kept 1 | no deletion | no note
         98/12:30 restart       => kept 1
         180/12:30 wait         => kept 0 | no deletion | no note",
    );
    assert_eq!(rows, 10);
}

#[test]
fn the_owner_can_keep_them_meanwhile() {
    let rows = september("").play(
        "12:00 call opus ok                               => kept 1
         91/12:00 wait                                    => note Old requests
         92/12:00 settings [retention];exchanges_days = 0 => kept 1 | no deletion
         200/12:00 wait                                   => kept 1 | no note",
    );
    assert_eq!(rows, 4);
}

#[test]
fn the_notification_waits_for_the_end_of_quiet_hours() {
    let rows = september("[notifications]\nquiet = \"20:00-04:00\"").play(
        "12:00 call opus ok => kept 1
         91/03:30 wait      => no note | no deletion
         91/12:00 wait      => note Old requests will be deleted on 8 December",
    );
    assert_eq!(rows, 3);
}

#[test]
fn without_pop_ups_the_window_announces_it() {
    let rows = september("[notifications]\ndesktop = false").play(
        "12:00 call opus ok => kept 1
         91/12:00 wait      => no note | deletion On 7 December
         99/12:00 wait      => kept 0",
    );
    assert_eq!(rows, 3);
}

#[test]
fn a_page_adds_no_incident_that_would_be_deleted() {
    let rows = september("[retention]\nincidents_days = 30").play(
        "12:00 past 31  => logged 0
         12:01 past 29  => logged 1
         1/12:00 wait   => logged 1
         20/12:00 wait  => logged 0",
    );
    assert_eq!(rows, 4);
}

#[test]
fn a_stopping_engine_deletes_nothing() {
    let rows = september("").play(
        "12:00 call opus ok => kept 1
         91/12:00 wait      => note Old requests
         97/12:00 stop      => kept 1
         120/12:00 wait     => kept 1",
    );
    assert_eq!(rows, 4);
}
