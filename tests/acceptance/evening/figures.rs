//! What each face reports of the incident, at the same moment.

use api::{Impact, Incident, IncidentPage, IncidentSummary, Snapshot};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::scene::{CUSTOMER, OTHER_CUSTOMER};
use crate::desk::Desk;

/// Requests: the last three are parts of the first, except those that were parked and answered later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) hit: u64,
    pub(super) carried: u64,
    pub(super) waiting: u64,
    pub(super) failed: u64,
}

/// An incident as the snapshot and the list have it. Its method is left out: it names the minutes, which grow.
#[derive(Debug, PartialEq)]
struct Seen {
    hit: u64,
    carried: u64,
    opened: DateTime<Utc>,
    closed: Option<DateTime<Utc>>,
    impact: Value,
}

/// The figures that the snapshot, the pages, the commands, and the reports for the owner and the customer agree on.
pub(super) async fn of_every_face(desk: &Desk, id: i64) -> Figures {
    let number = id.to_string();
    let page: IncidentPage = serde_json::from_value(desk.get("/incidents").await).unwrap();
    let listed = page.incidents.iter().find(|one| one.id == id).unwrap();
    let impact = listed.impact.as_ref().unwrap();
    // The snapshot has the figures of the last two seconds.
    let snapshot = desk
        .until("with the list's figures", |s| {
            in_snapshot(s, id) == Some(seen(listed))
        })
        .await;
    let one: Incident =
        serde_json::from_value(desk.get(&format!("/incidents/{id}")).await).unwrap();
    assert_eq!(seen(&one.summary), seen(listed));
    let figures = owners(desk, &number, impact);
    let Figures { hit, carried, .. } = figures;
    assert_eq!(
        (listed.exchanges_hit, listed.carried_by_fallback),
        (hit, carried)
    );
    if let Some(last) = &snapshot.last_outage {
        let of_last = Figures {
            hit: last.hit,
            carried: last.carried,
            waiting: last.waiting,
            failed: last.failed,
        };
        assert_eq!((last.incident, of_last), (id, figures), "{last:?}");
    }

    // The commands print the figures of the snapshot and of the list.
    let list = desk.printed(&["incidents"]);
    let affected = format!("{hit} requests affected, {carried} answered by a fallback.");
    assert!(list.contains(&affected), "{affected}\n{list}");
    let shown = desk.printed(&["incidents", &number]);
    for line in [&impact.safe, &impact.waiting, &impact.failed] {
        assert!(shown.contains(&line.text), "{}\n{shown}", line.text);
    }
    // Status ends with 1 while something is wrong.
    let status = desk.run(&["status", "--json"]).stdout;
    let status: Snapshot = serde_json::from_slice(&status).unwrap();
    assert_eq!(in_snapshot(&status, id), Some(seen(listed)));
    assert_eq!(status.review_open, figures.waiting);

    customers(desk, &number, impact);
    figures
}

/// As an open incident, or as the last outage.
fn in_snapshot(snapshot: &Snapshot, id: i64) -> Option<Seen> {
    let mut open = snapshot.open_incidents.iter();
    if let Some(open) = open.find(|one| one.id == id) {
        return Some(seen(open));
    }
    let last = snapshot.last_outage.as_ref()?;
    Some(Seen {
        hit: last.hit,
        carried: last.carried,
        opened: last.opened,
        closed: Some(last.closed),
        impact: lines(last.impact.as_ref().unwrap()),
    })
}

fn seen(listed: &IncidentSummary) -> Seen {
    Seen {
        hit: listed.exchanges_hit,
        carried: listed.carried_by_fallback,
        opened: listed.opened,
        closed: listed.closed,
        impact: lines(listed.impact.as_ref().unwrap()),
    }
}

fn lines(impact: &Impact) -> Value {
    json!([impact.safe, impact.waiting, impact.failed, impact.at_risk])
}

fn owners(desk: &Desk, number: &str, impact: &Impact) -> Figures {
    let report = |format: &str| desk.printed(&["report", "--incident", number, "--format", format]);
    let json: Value = serde_json::from_str(&report("json")).unwrap();
    let row = &json["incidents"][0];
    let figure = |name: &str| row[name].as_u64().unwrap();
    let figures = Figures {
        hit: figure("hit"),
        carried: figure("carried"),
        waiting: figure("waiting"),
        failed: figure("failed"),
    };
    let of_report =
        ["safe", "waiting", "failed", "at_risk"].map(|name| row["impact"][name].clone());
    assert_eq!(json!(of_report), lines(impact));
    let pipelines = &impact.pipelines;
    let sum = |of: fn(&api::PipelineImpact) -> u64| pipelines.iter().map(of).sum::<u64>();
    assert_eq!(
        (
            sum(|one| one.safe),
            sum(|one| one.waiting),
            sum(|one| one.failed)
        ),
        (impact.safe.items, impact.waiting.items, impact.failed.items)
    );
    let spent = &json["spending"];
    let part = |name: &str| spent[format!("{name}_micro_usd")].as_i64().unwrap();
    assert_eq!(
        part("own") + part("fallback") + part("probes"),
        part("total"),
        "{spent}"
    );
    assert!(part("fallback") > 0, "{spent}");
    assert_eq!(row["fallback_cost_micro_usd"], part("fallback"), "{json}");

    let Figures {
        hit,
        carried,
        waiting,
        failed,
    } = figures;
    let lead = [
        format!("- {hit} requests affected"),
        format!("- {carried} answered by a fallback"),
        format!("- {waiting} waiting in review"),
        format!("- {failed} failed"),
    ];
    let markdown = report("md");
    for line in &lead {
        assert!(markdown.contains(line), "{line}\n{markdown}");
    }
    for name in [CUSTOMER, OTHER_CUSTOMER] {
        assert!(markdown.contains(name), "{name}\n{markdown}");
    }
    let html = report("html");
    assert!(html.starts_with("<!doctype html>") && html.contains("answered by a fallback"));
    figures
}

/// One customer's report has the figures of its pipeline, nothing of another customer, and no amount.
fn customers(desk: &Desk, number: &str, impact: &Impact) {
    let report = |format: &str| {
        desk.printed(&[
            "report",
            "--incident",
            number,
            "--customer",
            CUSTOMER,
            "--format",
            format,
        ])
    };
    for format in ["md", "html", "json"] {
        let text = report(format);
        assert!(text.contains("Leads") && text.contains(CUSTOMER), "{text}");
        for other in [OTHER_CUSTOMER, "Quotes", "$", "A secret"] {
            assert!(!text.contains(other), "{other}\n{text}");
        }
    }
    let json: Value = serde_json::from_str(&report("json")).unwrap();
    let items = &json["incidents"][0]["items"][0];
    let own = impact
        .pipelines
        .iter()
        .find(|one| one.pipeline == "Leads")
        .unwrap();
    assert_eq!(
        (
            &items["safe"],
            &items["later"],
            &items["waiting"],
            &items["failed"]
        ),
        (
            &json!(own.safe),
            &json!(own.recovered),
            &json!(own.waiting),
            &json!(own.failed)
        ),
        "{json}"
    );
}
