use catalog::MicroDollars;
use chrono::{DateTime, TimeDelta};
use health::{Blame, Level};
use ledger::{IncidentRow, IncidentTraffic, Met, OpenInterruptions, Outage};

use super::message;

#[test]
fn an_outage_in_one_sentence() {
    let outage = |peak, carried, waiting, failed, cost, sessions: &[(&str, u64)]| Outage {
        incident: 1,
        row: IncidentRow {
            provider: "anthropic".into(),
            opened: DateTime::UNIX_EPOCH,
            closed: None,
            level: None,
            peak: Some(peak),
            past: false,
            title: None,
            url: None,
            blame: Blame::Them,
            evidence: String::new(),
        },
        met: Met {
            traffic: IncidentTraffic {
                hit: 108,
                carried_by_fallback: carried,
                failed: waiting + failed,
            },
            waiting,
            failed,
            interrupted: OpenInterruptions {
                sessions: sessions
                    .iter()
                    .map(|(c, n)| ((*c).to_owned(), *n))
                    .collect(),
                ..OpenInterruptions::default()
            },
            ..Met::default()
        },
        carried_by: Vec::new(),
        cost: MicroDollars(cost),
    };
    let by = ["OpenAI".to_owned()];
    for (outage, seconds, by, expected) in [
        (
            outage(
                Level::MajorOutage,
                57,
                28,
                23,
                420_000,
                &[("Claude Code", 2)],
            ),
            240,
            &by[..],
            "Claude was down for 4 min: 57 requests answered by OpenAI, 28 waiting, 23 failed. \
             The fallback cost about $0.42. 2 Claude Code sessions were interrupted within a turn.",
        ),
        (
            outage(Level::PartialOutage, 0, 1, 0, 0, &[]),
            40,
            &[],
            "Claude was partly down for 40 s: 1 request waiting.",
        ),
        (
            outage(Level::Degraded, 1, 0, 0, 0, &[]),
            4_800,
            &[],
            "Claude was degraded for 1 h 20 min: 1 request answered by a fallback.",
        ),
        (
            outage(Level::MajorOutage, 0, 0, 0, 0, &[]),
            7_200,
            &[],
            "Claude was down for 2 h: every request was answered in the end.",
        ),
    ] {
        assert_eq!(
            message(
                "Claude",
                &outage,
                TimeDelta::seconds(seconds),
                by,
                &api::Impact::default()
            ),
            expected
        );
    }
}
