use api::{AtRiskRange, Impact};

use super::desk::{at, incident, owner_report, place, zone};
use crate::*;

fn html_of(report: &OwnerReport) -> String {
    html(Source::Owner(report), &place(&report.period)).unwrap()
}

fn markdown_of(report: &OwnerReport) -> String {
    markdown(Source::Owner(report), &place(&report.period)).unwrap()
}

#[test]
fn a_month_has_its_figures_with_their_basis() {
    let text = markdown_of(&owner_report());
    for part in [
        "# Report for June 2026",
        "1 June 2026 to 30 June 2026. Times in Europe/Berlin.",
        "Ada Automations",
        "| Claude | 99.90 % | 42 min | none | 99.53 % of 12,000 | ours 12 min, 31 calls at a limit, 1 call ours |",
        "| Claude: major outage | 21 Jun, 20:04 | 42 min | requests, page | after 9 s | 57 | 40 | 3 | 2 | $5,000 to $15,000 |",
        "Surcharge: $1.10, 0.9 % of the metered cost (estimated). Fallbacks and their tests cost $4.10 of $129 (3.2 %); the primaries would have cost $3 for the same requests.",
        "| Own requests | $124 | 96.1 % |",
        "1 item was parked: 1 answered later, 0 done by hand, 0 dismissed, 0 waiting.",
        "| 21 Jun 2026, 20:10 | Leads | lead-31 | 3 | answered later | 40 min |",
        "Not counted: outages whose cause was this computer",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn affected_requests_that_were_finished_later_are_explained() {
    let sentence = "An affected request that is neither by a fallback nor waiting nor failed was finished later";
    let mut report = owner_report();
    assert!(markdown_of(&report).contains(sentence));
    report.incidents[0].carried = 52;
    assert!(!markdown_of(&report).contains(sentence));
}

#[test]
fn html_loads_nothing_and_runs_no_script() {
    let mut report = owner_report();
    let hostile = "<script>alert(1)</script>\" onload=\"x\u{202e}\u{1b}[2J";
    report.owner.name = Some(hostile.to_owned());
    report.uptime[0].product = hostile.to_owned();
    report.uptime[0].models[0].model = hostile.to_owned();
    report.incidents[0].product = hostile.to_owned();
    report.requests[0].pipeline = Some(hostile.to_owned());
    report.review[0].item = Some(hostile.to_owned());
    let text = html_of(&report);
    for part in [
        "<script",
        " onload=\"x",
        "\u{202e}",
        "\u{1b}",
        "http://",
        "https://",
        "url(",
        "@import",
    ] {
        assert!(!text.contains(part), "{part}");
    }
    assert!(text.contains("default-src 'none'"));
    assert_eq!(text.matches("<svg").count(), 3);
    assert!(text.contains("prefers-color-scheme") || text.contains("light-dark("));
}

#[test]
fn markdown_shows_names_as_text() {
    let mut report = owner_report();
    report.review[0].item = Some("a|b [x](http://y) *c* <b>\n# d".to_owned());
    let text = markdown_of(&report);
    let row = text
        .lines()
        .find(|line| line.contains("Leads | a"))
        .unwrap();
    assert!(
        row.contains(r"a\|b \[x\](http://y) \*c\* &lt;b>\\n\# d"),
        "{row}"
    );
}

#[test]
fn an_incident_has_three_lines_and_its_recovery() {
    let mut report = owner_report();
    let row = incident();
    report.period = Period {
        kind: PeriodKind::Incident,
        name: "12".to_owned(),
        title: "Claude: major outage".to_owned(),
        from: row.opened,
        to: row.closed.unwrap(),
        ..report.period
    };
    report.lanes = Some(Lanes {
        bounds: vec![row.opened, at("2026-06-21T18:25:00Z"), row.closed.unwrap()],
        slots: vec![LaneSlot {
            slot: 0,
            carried: 40,
            waiting: 3,
            failed: 2,
        }],
        entries: vec![Entry {
            at: at("2026-06-21T18:12:00Z"),
            of_status_page: true,
            text: "We are investigating".to_owned(),
        }],
    });
    let text = markdown_of(&report);
    for part in [
        "# Claude: major outage",
        "21 Jun 2026, 20:04 to 20:46, 42 min. Times in Europe/Berlin.",
        "- Begin: 21 Jun 2026, 20:04. Observed by requests and probes, status page.",
        "- End: 21 Jun 2026, 20:46, after 42 min.",
        "- The first response of a fallback came 9 s after the begin.",
        "- Safe: 52 items.",
        "- Waiting: 3 items, $1,200, will be retried.",
        "- Failed: 2 items, $800.",
        "$5000 to $15000 at risk.",
        "| Leads | Miller Ltd | 52 | 3 | 2 | $2,000 | measured: 5 items × $400 |",
        "- 21 Jun 2026, 20:12  Status page: We are investigating",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let text = html_of(&report);
    assert!(
        text.contains("40 answered by a fallback, 2 failed"),
        "{text}"
    );
}

#[test]
fn csv_has_a_line_for_each_row_and_no_formula() {
    let mut report = owner_report();
    report.review[0].item = Some("=cmd,\"x\"".to_owned());
    report.incidents[0].impact.at_risk.push(AtRiskRange {
        currency: "EUR".to_owned(),
        low: 1,
        high: 2,
        ..AtRiskRange::default()
    });
    let place = place(&report.period);
    let table = |name| csv(Source::Owner(&report), name, &place).unwrap();
    for name in TableName::OWNER {
        let text = table(name);
        let columns = text.lines().next().unwrap().split(',').count();
        assert!(text.ends_with("\r\n") && columns > 3, "{text}");
        if name != TableName::Review {
            assert!(
                text.lines().all(|line| line.split(',').count() == columns),
                "{text}"
            );
        }
    }
    assert!(table(TableName::Review).contains(
        ",Leads,Miller Ltd,\"'=cmd,\"\"x\"\"\",3,answered later,2026-06-21T20:50:30+02:00\r\n"
    ));
    let incidents = table(TableName::Incidents);
    assert_eq!(incidents.lines().count(), 3, "a line for each currency");
    assert!(incidents.contains("12,anthropic,major outage,the provider,2026-06-21T20:04:00+02:00,2026-06-21T20:46:00+02:00,requests and probes; status page,9,2520,57,40,3,2,4100000,USD,5000000000,15000000000\r\n"), "{incidents}");
    assert_eq!(table(TableName::Cost).lines().count(), 31);
    assert_eq!(csv(Source::Owner(&report), TableName::Items, &place), None);
}

#[test]
fn json_names_its_schema() {
    let text = json(Source::Owner(&owner_report())).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["schema"], "understudy.report/1");
    assert_eq!(value["period"]["zone"], "Europe/Berlin");
    assert_eq!(value["incidents"][0]["observed_by"][1], "status_page");
}

#[test]
fn an_empty_month_is_reported() {
    let report = OwnerReport {
        uptime: Vec::new(),
        incidents: Vec::new(),
        spending: Spending::default(),
        requests: Vec::new(),
        review: Vec::new(),
        ..owner_report()
    };
    let text = markdown_of(&report);
    for part in [
        "No provider was used or watched.",
        "No incident was recorded.",
        "Nothing was billed by tokens.",
        "No request was parked for review.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn times_of_a_month_with_a_clock_change_name_their_offset() {
    let mut report = owner_report();
    let berlin = zone("Europe/Berlin");
    let month: Month = "2026-10".parse().unwrap();
    report.period.from = month.begins(&berlin);
    report.period.to = month.ends(&berlin);
    report.incidents[0].opened = at("2026-10-25T00:30:00Z");
    report.incidents.push(IncidentRow {
        opened: at("2026-10-25T01:30:00Z"),
        impact: Impact::default(),
        ..incident()
    });
    let text = markdown_of(&report);
    assert!(
        text.contains("25 Oct, 02:30 UTC+2") && text.contains("25 Oct, 02:30 UTC+1"),
        "{text}"
    );
}

#[test]
fn a_long_list_is_cut_and_counted() {
    let mut report = owner_report();
    report.incidents = (0..5_000)
        .map(|id| IncidentRow {
            id,
            hit: id as u64,
            ..incident()
        })
        .collect();
    let text = markdown_of(&report);
    assert!(
        text.contains("The first 60 of 5,000. CSV and JSON have all."),
        "{text}"
    );
    assert!(
        text.contains("| 4,999 |") && !text.contains("| 4,939 |"),
        "the most affected ones"
    );
}
