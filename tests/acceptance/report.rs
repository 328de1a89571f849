//! Reports of the real program: after an outage, for the owner and for a customer.

use std::fs;

use api::Snapshot;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::desk::{Desk, Upstream, two_endpoints};

const CHAT: &str = "/v1/chat/completions";

/// Two customers, each with a pipeline of the same provider; "lead" fails for both of them.
async fn after_an_outage() -> (Desk, i64, Upstream, Upstream) {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    let pipeline = |name: &str, customer: &str| {
        format!(
            "[[route]]\nname = \"{name}\"\ndialect = \"openai-chat\"\nmodels = \"{name}-*\"\ncandidates = [{{ endpoint = \"lead\", model = \"lead-1\" }}, {{ endpoint = \"second\", model = \"second-1\" }}]\npipeline = \"{name}\"\n\
             [[pipeline]]\nname = \"{name}\"\ncustomer = \"{customer}\"\nweekly_items = 50\nvalue = 400\n"
        )
    };
    let (first, other) = (
        pipeline("leads", "Miller Ltd"),
        pipeline("quotes", "Acme Corp"),
    );
    let endpoints = two_endpoints(&lead.address, &second.address);
    desk.settings(&format!(
        "[report]\nname = \"Ada Automations\"\nlogo = \"logo.svg\"\n{first}{other}{endpoints}"
    ));
    fs::write(
        desk.file("logo.svg"),
        "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
    )
    .unwrap();
    desk.env("TZ", "Europe/Berlin");
    desk.start();
    lead.stage.outage(Some("503".parse().unwrap()));
    for model in ["leads-1", "leads-2", "quotes-1"] {
        assert_eq!(ask(&desk, model).await, StatusCode::OK);
    }
    let of_lead = |s: &Snapshot| s.open_incidents.iter().any(|i| i.provider == "lead");
    let open = desk.until("an incident", of_lead).await;
    second.stage.outage(Some("503".parse().unwrap()));
    assert_eq!(ask(&desk, "leads-3").await, StatusCode::SERVICE_UNAVAILABLE);
    desk.until("parked", |s| s.review_open == 1).await;
    desk.exchanges(4).await;
    let incident = open.open_incidents.iter().find(|i| i.provider == "lead");
    let id = incident.unwrap().id;
    (desk, id, lead, second)
}

async fn ask(desk: &Desk, model: &str) -> StatusCode {
    let body =
        json!({ "model": model, "messages": [{ "role": "user", "content": "a secret prompt" }] });
    let request = desk.http.post(format!("{}{CHAT}", desk.base())).json(&body);
    let response = request.header("x-understudy-item", model).send().await;
    response.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_and_a_month_are_reported_to_the_owner_and_to_one_customer() {
    let (desk, id, _lead, _second) = after_an_outage().await;
    let id = id.to_string();
    let choices = desk.get("/reports").await;
    assert_eq!(choices["customers"], json!(["Acme Corp", "Miller Ltd"]));
    assert_eq!(choices["zone"], "Europe/Berlin");
    assert_eq!(choices["logo_problem"], Value::Null);
    let month = choices["months"][0]["month"].as_str().unwrap().to_owned();

    let of_incident = ["report", "--incident", &id];
    let owner = desk.printed(&of_incident);
    for part in [
        "4 requests affected",
        "3 answered by a fallback",
        "1 waiting in review",
        "Observed by requests and probes",
        "The first response of a fallback came",
        "| leads | Miller Ltd |",
        "| quotes | Acme Corp |",
        "Times in Europe/Berlin",
        "Ada Automations",
        "Since ",
    ] {
        assert!(owner.contains(part), "{part}\n{owner}");
    }
    assert!(!owner.contains("secret prompt"));

    for of in [&of_incident, &["report", "--month", &month]] {
        for format in ["md", "html", "json", "csv"] {
            let wanted = ["--customer", "miller ltd", "--format", format];
            let text = desk.printed(&[of, &wanted[..]].concat());
            assert!(text.contains("leads"), "{text}");
            for other in ["Acme", "quotes", "secret prompt", "$", "€"] {
                assert!(!text.contains(other), "{other}\n{text}");
            }
        }
    }
    let customer = desk.printed(&[&of_incident[..], &["--customer", "Miller Ltd"]].concat());
    for part in [
        "For Miller Ltd.",
        "leads: 3 requests affected: 2 answered at once (2 by another provider), 1 waiting.",
        "In this time, requests of your pipelines went to lead and second.",
    ] {
        assert!(customer.contains(part), "{part}\n{customer}");
    }
    let amounts = desk.printed(
        &[
            &of_incident[..],
            &["--customer", "Miller Ltd", "--with-values"],
        ]
        .concat(),
    );
    assert!(amounts.contains("$400 at risk"), "{amounts}");

    let page = desk.file("page.html");
    desk.printed(&["report", "--month", &month, "--out", page.to_str().unwrap()]);
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains("data:image/svg+xml;base64,"));
    let again = desk.run(&["report", "--month", &month, "--out", page.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists already"));
    let json: Value =
        serde_json::from_str(&desk.printed(&["report", "--month", &month, "--format", "json"]))
            .unwrap();
    assert_eq!(json["schema"], "understudy.report/1");
    assert_eq!(json["requests"][0]["pipeline"], "leads");
    assert_eq!(json["requests"][0]["requests"], 3);
    let folder = desk.file("tables");
    desk.printed(&[
        "report",
        "--month",
        &month,
        "--format",
        "csv",
        "--out",
        folder.to_str().unwrap(),
    ]);
    assert_eq!(fs::read_dir(folder).unwrap().count(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_report_is_refused_with_the_remedy() {
    let mut desk = Desk::new();
    desk.settings("[report]\nlogo = \"none.png\"\n");
    desk.start();
    for (arguments, part) in [
        (
            &["report", "--month", "november"][..],
            "write the year and the month, as 2026-11",
        ),
        (
            &["report", "--incident", "99"],
            "there is no incident 99. To fix it: `understudyd incidents` lists them",
        ),
        (
            &["report", "--month", "2026-11", "--customer", "Miller"],
            "No pipeline has one: write `customer = ",
        ),
        (
            &["report", "--month", "2026-11", "--format", "csv"],
            "add --table uptime",
        ),
        (
            &[
                "report", "--month", "2026-11", "--format", "csv", "--table", "x",
            ],
            "choose `table` from uptime, models, incidents",
        ),
        (&["report"], "--month"),
    ] {
        let output = desk.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && error.contains(part),
            "{part}: {error}"
        );
    }
    let output = desk.run(&["report", "--month", "2026-06"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && error.contains("none.png is not on the reports"),
        "{error}"
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("No incident was recorded."), "{text}");
    let choices = desk.get("/reports").await;
    assert!(
        choices["logo_problem"]
            .as_str()
            .unwrap()
            .contains("[report] in the settings")
    );
}
