use super::{minutes, opened, t0};
use crate::{Ledger, NotificationKind, NotificationRow, Outcome, Urgency};

fn notification(kind: NotificationKind, minute: i64, incident: Option<i64>) -> NotificationRow {
    NotificationRow {
        at: t0() + minutes(minute),
        kind,
        thread: "lead".to_owned(),
        title: "Claude is down".to_owned(),
        body: "It is them, not you (since 20:00).".to_owned(),
        urgency: Urgency::Critical,
        incident,
    }
}

#[test]
fn a_notification_is_pending_until_it_has_a_result_or_is_too_old() {
    let mut ledger = super::fresh();
    let incident = ledger.apply(&opened("lead", t0())).unwrap();
    let outage = notification(NotificationKind::Outage, 0, incident);
    let rise = notification(NotificationKind::Rise, 5, incident);
    let own = notification(NotificationKind::Own, 6, None);
    let ids = [&outage, &rise, &own].map(|n| ledger.enqueue_notification(n).unwrap());

    let pending = ledger.pending_notifications(t0() - minutes(10)).unwrap();
    assert_eq!(
        pending,
        [
            (ids[0], outage),
            (ids[1], rise.clone()),
            (ids[2], own.clone())
        ]
    );
    assert!(ledger.mark_notification(ids[0], &Outcome::Shown).unwrap());
    assert!(!ledger.mark_notification(ids[0], &Outcome::Shown).unwrap());
    assert!(!ledger.mark_notification(77, &Outcome::Shown).unwrap());
    let why = "no notification service".to_owned();
    assert!(
        ledger
            .mark_notification(ids[1], &Outcome::NotShown { why: why.clone() })
            .unwrap()
    );
    assert_eq!(
        ledger.pending_notifications(t0() - minutes(10)).unwrap(),
        [(ids[2], own)]
    );
    assert_eq!(
        ledger.unshown_notifications(t0()).unwrap(),
        [(ids[1], rise, why)]
    );
    assert_eq!(ledger.pending_notifications(t0() + minutes(7)).unwrap(), []);
    assert!(ledger.mark_notification(ids[2], &Outcome::Dropped).unwrap());
    assert_eq!(ledger.pending_notifications(t0()).unwrap(), []);
}

#[test]
fn an_id_is_never_used_twice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    let own = notification(NotificationKind::Own, 0, None);
    let first = ledger.enqueue_notification(&own).unwrap();
    ledger.conn.execute("DELETE FROM notices", ()).unwrap();
    drop(ledger);
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    assert!(ledger.enqueue_notification(&own).unwrap() > first);
}
