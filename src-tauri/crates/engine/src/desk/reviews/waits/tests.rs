use catalog::Dialect;
use chrono::{DateTime, TimeDelta, Utc};
use impact::Schedule;
use ledger::{Delivery, Drainable, Resume, ReviewRow, ReviewState};

use super::{Answerer, Facts, Waits, opens, waits};
use crate::settings::{Drain, Receiver};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A Wednesday.
fn noon() -> DateTime<Utc> {
    at("2026-06-24T12:00:30Z")
}

fn item() -> Drainable {
    let row = ReviewRow {
        id: "00ff".into(),
        state: ReviewState::Open,
        first: noon() - TimeDelta::minutes(30),
        last: noon() - TimeDelta::minutes(20),
        failures: 2,
        client: "n8n".into(),
        session: None,
        dialect: Dialect::OpenaiChat,
        route: "leads".into(),
        model: "lead-1".into(),
        streamed: false,
        pipeline: Some("Leads".into()),
        item: None,
        why: "503".into(),
        status: Some(503),
        size: 200,
        closed: None,
        settled_by: None,
        note: None,
        similar: None,
        stored: true,
        subscription: false,
        resume: None,
        runs: 0,
        drained: None,
        delivery: None,
        delivery_attempts: 0,
        delivery_at: None,
        delivery_note: None,
    };
    Drainable {
        row,
        answered: None,
    }
}

/// Everything that the decision depends on, with an item that may be sent now.
struct Case {
    item: Drainable,
    drain: Drain,
    hours: Option<Schedule>,
    answerer: Answerer,
    turn: DateTime<Utc>,
    running: bool,
    paused: bool,
}

impl Case {
    fn new() -> Case {
        Case {
            item: item(),
            drain: Drain {
                on: true,
                receiver: Some(Receiver::Fetch),
                ..Drain::default()
            },
            hours: None,
            answerer: Answerer::Ready,
            turn: noon(),
            running: false,
            paused: false,
        }
    }

    fn waits(&self) -> Waits {
        let facts = Facts {
            item: &self.item,
            drain: &self.drain,
            hours: self.hours.as_ref(),
            answerer: &self.answerer,
            turn: self.turn,
            running: self.running,
            paused: self.paused,
        };
        waits(&facts, noon())
    }
}

fn with(change: impl FnOnce(&mut Case)) -> Waits {
    let mut case = Case::new();
    change(&mut case);
    case.waits()
}

fn hours() -> Option<Schedule> {
    Some("Mon-Fri 09:00-12:00 UTC".parse().unwrap())
}

#[test]
fn may_it_be_sent_now() {
    let url = || Some(Resume::Url("https://n8n.example/w?signature=0f".into()));
    let later = noon() + TimeDelta::seconds(7);
    let thursday = at("2026-06-25T09:00:00Z");
    let rows: Vec<(&str, Waits, Waits)> = vec![
        ("all is well", with(|_| {}), Waits::Nothing),
        ("not its turn", with(|c| c.turn = later), Waits::Turn(later)),
        ("it runs", with(|c| c.running = true), Waits::Running),
        (
            "no receiver",
            with(|c| c.drain.receiver = None),
            Waits::NoReceiver,
        ),
        (
            "no receiver, but a URL of its own",
            with(|c| {
                c.drain.receiver = None;
                c.item.row.resume = url();
            }),
            Waits::Nothing,
        ),
        (
            "no URL of its own",
            with(|c| c.drain.receiver = Some(Receiver::Resume)),
            Waits::NoAddress,
        ),
        (
            "a URL that is not allowed",
            with(|c| {
                c.drain.receiver = Some(Receiver::Resume);
                c.item.row.resume = Some(Resume::Refused);
            }),
            Waits::BadAddress,
        ),
        (
            "a URL that is not allowed, and another receiver",
            with(|c| c.item.row.resume = Some(Resume::Refused)),
            Waits::Nothing,
        ),
        (
            "switched off",
            with(|c| c.drain.on = false),
            Waits::SwitchedOff,
        ),
        (
            "not stored",
            with(|c| c.item.row.stored = false),
            Waits::NotStored,
        ),
        (
            "just young enough",
            with(|c| c.item.row.first = noon() - TimeDelta::hours(4) + TimeDelta::seconds(1)),
            Waits::Nothing,
        ),
        (
            "too old",
            with(|c| c.item.row.first = noon() - TimeDelta::hours(4)),
            Waits::TooOld(TimeDelta::hours(4)),
        ),
        (
            "two runs failed",
            with(|c| c.item.row.runs = 2),
            Waits::Nothing,
        ),
        (
            "three runs failed",
            with(|c| c.item.row.runs = 3),
            Waits::RunsUsed(3),
        ),
        (
            "similar",
            with(|c| c.item.row.similar = Some(9)),
            Waits::Similar(9),
        ),
        (
            "outside",
            with(|c| c.hours = hours()),
            Waits::Hours(thursday),
        ),
        ("paused", with(|c| c.paused = true), Waits::Paused),
        (
            "the model fails",
            with(|c| {
                c.answerer = Answerer::Failing {
                    model: "lead-1".into(),
                };
            }),
            Waits::Model("lead-1".into()),
        ),
        (
            "no consent",
            with(|c| c.answerer = Answerer::NoConsent),
            Waits::Consent,
        ),
        (
            "the cap is used up",
            with(|c| c.answerer = Answerer::CapUsed { until: thursday }),
            Waits::Cap(thursday),
        ),
        (
            "no key",
            with(|c| {
                c.answerer = Answerer::Missing {
                    why: "no key".into(),
                }
            }),
            Waits::NoCandidate("no key".into()),
        ),
        (
            "its caller has not fetched the response",
            with(|c| c.item.answered = Some(200)),
            Waits::Caller,
        ),
        (
            "a failed run",
            with(|c| c.item.answered = Some(503)),
            Waits::Nothing,
        ),
    ];
    for (name, found, expected) in rows {
        assert_eq!(found, expected, "{name}");
    }
}

/// A delivery depends on no switch, hours or model: the run is paid.
#[test]
fn a_response_is_delivered_in_any_state() {
    let delivered = |delivery, note: &str| {
        with(|c| {
            c.item.row.delivery = Some(delivery);
            c.item.row.delivery_at = Some(noon());
            c.item.row.delivery_note = Some(note.into());
            c.drain.on = false;
            c.hours = hours();
            c.item.row.runs = 3;
            c.paused = true;
        })
    };
    assert_eq!(delivered(Delivery::Ready, ""), Waits::Delivery(noon()));
    assert_eq!(delivered(Delivery::Sending, ""), Waits::Delivery(noon()));
    assert_eq!(
        delivered(Delivery::Failed, "404"),
        Waits::Refused("404".into())
    );
    assert_eq!(delivered(Delivery::Unknown, ""), Waits::Unknown);
}

#[test]
fn hours_begin_at_their_minute_also_across_a_clock_change() {
    let berlin: Schedule = "Mon-Fri 09:00-17:00 Europe/Berlin".parse().unwrap();
    for (now, expected) in [
        ("2026-06-24T12:00:30Z", None),
        ("2026-06-24T06:59:59Z", Some("2026-06-24T07:00:00Z")),
        ("2026-06-26T15:00:00Z", Some("2026-06-29T07:00:00Z")),
        // The clocks go back on 25 October.
        ("2026-10-24T10:00:07.5Z", Some("2026-10-26T08:00:00Z")),
    ] {
        assert_eq!(opens(&berlin, at(now)), expected.map(at), "{now}");
    }
    assert_eq!(opens(&Schedule::any_time(), noon()), None);
}
