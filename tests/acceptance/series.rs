//! Figures over time, as the charts read them.

use api::{
    CostSeries, IncidentLanes, IncidentSeries, LaneOf, LaneOutcome, LatencySeries, RibbonSeries,
    Snapshot, UptimeSeries,
};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::desk::{Desk, Upstream, two_endpoints};

const CHAT: &str = "/v1/chat/completions";

/// A pipeline's requests of the models `lead-*`, and a price for the second endpoint.
async fn desk_with(lead: &Upstream, second: &Upstream) -> Desk {
    let mut desk = Desk::new();
    let route = "[[route]]\nname = \"leads\"\ndialect = \"openai-chat\"\nmodels = \"lead-*\"\ncandidates = [\"lead\", \"second\"]\npipeline = \"Leads\"\n";
    let endpoints = two_endpoints(&lead.address, &second.address);
    desk.settings(&format!("{route}{endpoints}"));
    desk.start();
    desk
}

async fn series<T: DeserializeOwned>(desk: &Desk, path: &str) -> T {
    let found = desk.get(&format!("/series/{path}")).await;
    serde_json::from_value(found).unwrap()
}

async fn ask(desk: &Desk, item: &str) -> StatusCode {
    let body = json!({ "model": "lead-1", "messages": [{ "role": "user", "content": item }] });
    let request = desk.http.post(format!("{}{CHAT}", desk.base())).json(&body);
    let response = request.header("x-understudy-item", item).send().await;
    response.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_has_its_carried_and_waiting_requests_over_time() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    lead.stage.outage(Some("503".parse().unwrap()));
    for item in ["a", "b"] {
        assert_eq!(ask(&desk, item).await, StatusCode::OK);
    }
    let of_lead = |s: &Snapshot| s.open_incidents.iter().any(|i| i.provider == "lead");
    let open = desk.until("an incident", of_lead).await;
    second.stage.outage(Some("503".parse().unwrap()));
    for item in ["c", "d", "e"] {
        assert_eq!(ask(&desk, item).await, StatusCode::SERVICE_UNAVAILABLE);
    }
    desk.until("parked", |s| s.review_open == 3).await;
    desk.exchanges(5).await;

    let incident = open.open_incidents.iter().find(|i| i.provider == "lead");
    let incident = incident.unwrap();
    let found: IncidentSeries = series(&desk, &format!("incidents/{}", incident.id)).await;
    let opened = incident.opened.timestamp_millis();
    assert_eq!(found.bounds[0].timestamp_millis(), opened);
    assert!(found.bounds.is_sorted() && found.bounds.len() > 1);
    let sum = |of: fn(&api::IncidentPoint) -> u64| found.points.iter().map(of).sum::<u64>();
    assert_eq!(sum(|point| point.carried), 2, "{found:?}");
    assert_eq!(
        sum(|point| point.failed),
        0,
        "parked, not failed: {found:?}"
    );
    assert_eq!(found.points.last().map(|point| point.waiting), Some(3));

    let found: IncidentLanes = series(&desk, &format!("incidents/{}/requests", incident.id)).await;
    let [lane] = &found.lanes[..] else {
        panic!("one pipeline: {found:?}");
    };
    assert_eq!(
        (lane.of, lane.name.as_deref(), lane.requests),
        (LaneOf::Pipeline, Some("Leads"), 5)
    );
    let outcomes: Vec<LaneOutcome> = lane.bars.iter().map(|bar| bar.outcome).collect();
    use LaneOutcome::{Carried, Waiting};
    assert_eq!(outcomes, [Carried, Carried, Waiting, Waiting, Waiting]);
    let exchange = desk.get(&format!("/exchanges/{}", lane.bars[0].id)).await;
    assert_eq!(exchange["item"], "a", "a bar names its request: {exchange}");

    for path in ["/series/incidents/99", "/series/incidents/99/requests"] {
        let (status, error): (StatusCode, Value) = desk.control(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn uptime_response_times_and_cost_are_read_by_provider_and_slot() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    assert_eq!(ask(&desk, "a").await, StatusCode::OK);
    lead.stage.outage(Some("503".parse().unwrap()));
    assert_eq!(ask(&desk, "b").await, StatusCode::OK);
    desk.exchanges(2).await;

    let uptime: UptimeSeries = series(&desk, "uptime?days=90&zone=Europe/Berlin").await;
    assert_eq!(uptime.bounds.len(), 91);
    let calls = |provider: &str| {
        let mut providers = uptime.providers.iter();
        let found = providers.find(|one| one.provider == provider);
        let found = found.unwrap_or_else(|| panic!("{provider}: {uptime:?}"));
        let today = found.points.last().unwrap();
        assert_eq!(today.slot, 89, "today is the last day");
        (today.calls, today.failed)
    };
    // Two attempts at the first endpoint failed; the second one answered.
    assert_eq!((calls("lead"), calls("second")), ((3, 2), (1, 0)));
    let lead_today = uptime.providers.iter().find(|one| one.provider == "lead");
    let lead_today = lead_today.unwrap().points.last().unwrap();
    assert_eq!(
        (lead_today.carried, lead_today.uncarried),
        (1, 0),
        "{uptime:?}"
    );

    let ribbon: RibbonSeries = series(&desk, "ribbon/lead").await;
    assert_eq!(ribbon.bounds.len(), 97);
    let sum = |of: fn(&api::RibbonCalls) -> u64| ribbon.traffic.iter().map(of).sum::<u64>();
    assert_eq!(
        (sum(|p| p.answered), sum(|p| p.failed)),
        (1, 2),
        "{ribbon:?}"
    );
    let other: RibbonSeries = series(&desk, "ribbon/other").await;
    assert!(other.page.is_empty() && other.probes.is_empty() && other.traffic.is_empty());

    let latency: LatencySeries = series(&desk, "latency?hours=24").await;
    assert_eq!(latency.bounds.len(), 25);
    let lead = latency.providers.iter().find(|one| one.provider == "lead");
    let complete = lead.unwrap().points.iter().find(|p| p.responses == 1);
    assert!(
        complete.is_some_and(|p| p.p50_ms <= p.p95_ms),
        "{latency:?}"
    );

    let cost: CostSeries = series(&desk, "cost?days=30").await;
    assert_eq!(cost.bounds.len(), 31);
    for provider in &cost.providers {
        assert!(
            provider.points.iter().all(|point| point.slot == 29),
            "{cost:?}"
        );
    }

    let wrong = desk.control(Method::GET, "/series/uptime?zone=Europe/Atlantis", None);
    let (status, error) = wrong.await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{error}");
}
