//! Tests of a complete [`Watch`] against servers on loopback. Each step is caused by a nudge, never by waiting.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use catalog::{
    Catalog, Dialect, Endpoint, MicroDollars, ProviderId, Secret, Source, StatusDialect,
};
use chrono::{DateTime, TimeDelta, Utc};
use health::{CallOutcome, Controls, FailureKind, Level, Observation, OurFault, Page, Unreadable};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

mod woke;

use super::{CannotWatch, Watch};
use crate::LookOutcome;
use crate::loopback::{Reply, Server, json, path, reply, tls, unused_address};
use crate::report::Report;
use crate::targets::{Nudge, PageTarget, ProbeTarget, Targets};

const UP: &[u8] = include_bytes!("../../tests/pages/anthropic-summary-operational.json");
const DOWN: &[u8] =
    include_bytes!("../../tests/pages/anthropic-summary-major-outage-2026-04-28.json");
const CHALLENGE: &[u8] = include_bytes!("../../tests/pages/challenge-cloudflare-synthetic.html");

const CLAUDE: &str = "anthropic";

/// A running [`Watch`] and its channels.
struct Scene {
    targets: watch::Sender<Arc<Targets>>,
    nudges: mpsc::Sender<Nudge>,
    seen: mpsc::Receiver<Report>,
    shutdown: CancellationToken,
    run: JoinHandle<Result<(), CannotWatch>>,
}

impl Scene {
    fn new(targets: Targets) -> Self {
        tls();
        let (targets, targets_rx) = watch::channel(Arc::new(targets));
        let (nudges, nudges_rx) = mpsc::channel(8);
        let (seen_tx, seen) = mpsc::channel(64);
        let shutdown = CancellationToken::new();
        let second = AtomicI64::new(0);
        let watch = Watch {
            catalog: Arc::new(Catalog::bundled()),
            targets: targets_rx,
            nudges: nudges_rx,
            seen: seen_tx,
            // Every call of the clock returns a time one second later.
            clock: Arc::new(move || {
                noon() + TimeDelta::seconds(second.fetch_add(1, Ordering::Relaxed))
            }),
            seed: 1,
            spent_today: MicroDollars::ZERO,
        };
        let run = tokio::spawn(watch.run(shutdown.clone()));
        Self {
            targets,
            nudges,
            seen,
            shutdown,
            run,
        }
    }

    /// Skips checks and rounds, which have separate tests.
    async fn next(&mut self) -> Report {
        loop {
            let report = self.any().await;
            if !matches!(report, Report::Checked { .. } | Report::Round(_)) {
                return report;
            }
        }
    }

    async fn any(&mut self) -> Report {
        let next = tokio::time::timeout(Duration::from_secs(20), self.seen.recv());
        next.await.expect("nothing is reported").unwrap()
    }

    /// The next state of the network that differs from this one.
    async fn network_is_no_longer(&mut self, before: Controls) -> Controls {
        loop {
            if let Report::Observed(Observation::Network { controls, .. }) = self.any().await
                && controls != before
            {
                return controls;
            }
        }
    }

    async fn nudge(&self, nudge: Nudge) {
        self.nudges.send(nudge).await.unwrap();
    }

    /// The next two reports, which concern one page.
    async fn page(&mut self) -> (DateTime<Utc>, Result<Page, Unreadable>, Option<String>) {
        let Report::Observed(Observation::Page { at, reading, .. }) = self.next().await else {
            panic!("not a page");
        };
        let Report::PageRead { error, .. } = self.next().await else {
            panic!("not a page that was read");
        };
        (at, reading, error)
    }

    async fn network(&mut self) -> Controls {
        let report = self.next().await;
        let Report::Observed(Observation::Network { controls, .. }) = report else {
            panic!("not the network: {report:?}");
        };
        controls
    }

    async fn call(&mut self) -> CallOutcome {
        let report = self.next().await;
        let Report::Observed(Observation::Call { outcome, .. }) = report else {
            panic!("not a call: {report:?}");
        };
        outcome
    }

    async fn end(self) {
        self.shutdown.cancel();
        self.run.await.unwrap().unwrap();
    }
}

fn noon() -> DateTime<Utc> {
    "2026-10-01T12:00:00Z".parse().unwrap()
}

fn page_at(url: &str) -> BTreeMap<ProviderId, PageTarget> {
    let source = Source {
        url: format!("{url}/api/v2/summary.json"),
        dialect: StatusDialect::Statuspage,
        verified: true,
    };
    let target = PageTarget {
        sources: Some(vec![source]),
        every: None,
    };
    BTreeMap::from([(CLAUDE.into(), target)])
}

fn probe_at(url: &str, key: Option<&str>) -> ProbeTarget {
    ProbeTarget {
        endpoint: Endpoint {
            key_env: Some("A_KEY".to_owned()),
            ..Endpoint::new("e".into(), CLAUDE.into(), url, [Dialect::Anthropic])
        },
        model: "m".into(),
        key: key.map(Secret::new),
        every: ProbeTarget::DEFAULT_EVERY,
    }
}

fn only_pages(pages: BTreeMap<ProviderId, PageTarget>) -> Targets {
    Targets {
        pages,
        controls: Vec::new(),
        ..Targets::default()
    }
}

#[tokio::test]
async fn an_outage_and_its_end_are_reported_and_a_challenge_is_neither() {
    let act = Arc::new(AtomicUsize::new(0));
    let now_playing = Arc::clone(&act);
    let server = Server::new(move |request| {
        let etag = |name: &str, body: &[u8]| {
            let headers = format!("content-type: application/json\r\netag: {name}\r\n");
            if request.contains(&format!("if-none-match: {name}")) {
                reply("304 Not Modified", &headers, b"")
            } else {
                reply("200 OK", &headers, body)
            }
        };
        match (now_playing.load(Ordering::SeqCst), path(request)) {
            (0, "/api/v2/summary.json") => etag("\"down\"", DOWN),
            (1, "/api/v2/summary.json") => etag("\"up\"", UP),
            (_, "/api/v2/summary.json") => {
                reply("200 OK", "content-type: text/html\r\n", CHALLENGE)
            }
            (_, _) => reply("404 Not Found", "", b""),
        }
    })
    .await;
    let mut scene = Scene::new(only_pages(page_at(&server.url)));

    let (first, down, error) = scene.page().await;
    let down = down.unwrap();
    assert_eq!(error, None);
    assert_eq!(down.surfaces["api"], Level::PartialOutage);
    assert_eq!(down.surfaces["claude-ai"], Level::MajorOutage);
    assert_eq!(down.incidents.len(), 1);
    assert_eq!(
        down.read_from,
        format!("{}/api/v2/summary.json", server.url)
    );

    scene.nudge(Nudge::CheckNow { round: 0 }).await;
    let (second, unchanged, _) = scene.page().await;
    assert_eq!(unchanged.unwrap(), down, "304: the same reading again");
    assert!(second > first, "at a new time");

    act.store(1, Ordering::SeqCst);
    scene.nudge(Nudge::CheckNow { round: 0 }).await;
    let (_, up, _) = scene.page().await;
    let up = up.unwrap();
    assert!(up.surfaces.values().all(|l| *l == Level::Operational));
    assert_eq!(up.incidents, []);

    act.store(2, Ordering::SeqCst);
    for _ in 0..2 {
        scene.nudge(Nudge::Woke).await;
        let (_, challenged, error) = scene.page().await;
        assert!(
            matches!(challenged, Err(Unreadable::Blocked(_))),
            "{challenged:?}"
        );
        assert!(error.unwrap().starts_with("the page refused the request: "));
    }
    let requests = server.requests();
    let summaries = requests
        .iter()
        .filter(|r| path(r) == "/api/v2/summary.json");
    assert_eq!(summaries.count(), 4, "a page that refused is not polled");
    scene.end().await;
}

#[tokio::test]
async fn offline_no_provider_is_blamed_until_the_network_is_back() {
    let control = unused_address().await;
    let mut scene = Scene::new(Targets {
        pages: page_at(&format!("http://{}", unused_address().await)),
        controls: vec![control.clone()],
        ..Targets::default()
    });
    let Report::Checked { connectivity, .. } = scene.any().await else {
        panic!("the check comes first");
    };
    let failed = &connectivity.attempts[0];
    assert_eq!(failed.url, format!("http://{control}/"));
    assert!(
        failed.error.is_some() && failed.proxy.is_none(),
        "{failed:?}"
    );
    assert_eq!(scene.network().await, Controls::Down);
    let (_, reading, error) = scene.page().await;
    assert_eq!(reading, Err(Unreadable::Offline));
    assert_eq!(error.as_deref(), Some("this machine is offline"));

    let _back = Server::at(&control, |_| Reply::default()).await;
    scene.nudge(Nudge::Woke).await;
    assert_eq!(
        scene.network_is_no_longer(Controls::Down).await,
        Controls::Up
    );
    scene.nudge(Nudge::Woke).await;
    loop {
        if let Report::Observed(Observation::Page { reading, .. }) = scene.any().await
            && reading != Err(Unreadable::Offline)
        {
            assert!(
                matches!(reading, Err(Unreadable::Unreachable(_))),
                "{reading:?}"
            );
            break;
        }
    }
    scene.end().await;
}

/// The check is blocked: a page that can still be read ends the state "offline".
#[tokio::test]
async fn offline_pages_are_still_read_and_one_that_responds_ends_it() {
    let page = unused_address().await;
    let mut scene = Scene::new(Targets {
        pages: page_at(&format!("http://{page}")),
        controls: vec![unused_address().await],
        ..Targets::default()
    });
    assert_eq!(scene.network().await, Controls::Down);
    assert_eq!(scene.page().await.1, Err(Unreadable::Offline));
    let _back = Server::at(&page, |_| json(UP)).await;
    // Replaces the 15 s between two checks.
    scene.nudge(Nudge::CheckNow { round: 0 }).await;
    assert_eq!(
        scene.network_is_no_longer(Controls::Down).await,
        Controls::Up
    );
    assert!(scene.page().await.1.is_ok());
    scene.end().await;
}

#[tokio::test]
async fn offline_a_response_from_beyond_this_machine_ends_it() {
    let mut scene = Scene::new(Targets {
        pages: page_at(&format!("http://{}", unused_address().await)),
        controls: vec![unused_address().await],
        ..Targets::default()
    });
    assert_eq!(scene.network().await, Controls::Down);
    for endpoint in ["ollama", "rehearsal", CLAUDE] {
        let endpoint = endpoint.into();
        scene.nudge(Nudge::TrafficAnswered { endpoint }).await;
    }
    assert_eq!(
        scene.network_is_no_longer(Controls::Down).await,
        Controls::Up
    );
    scene.end().await;
}

/// With a strict firewall the check always fails; a page can be read, so a probe that cannot connect is a failure of the
/// provider.
#[tokio::test]
async fn a_blocked_network_check_hides_no_provider_failure() {
    let page = Server::new(|_| json(UP)).await;
    let mut scene = Scene::new(Targets {
        pages: page_at(&page.url),
        probes: vec![probe_at(
            &format!("http://{}", unused_address().await),
            Some("k"),
        )],
        controls: vec![unused_address().await],
        ..Targets::default()
    });
    let mut round = 0;
    loop {
        match scene.any().await {
            Report::Observed(Observation::Call { outcome, .. }) => {
                assert!(matches!(outcome, CallOutcome::Failed { .. }), "{outcome:?}");
                break;
            }
            Report::PageRead { error, .. } => {
                assert_eq!(error, None);
                round += 1;
                assert!(round < 20, "the failure is never told");
                scene.nudge(Nudge::CheckNow { round: 0 }).await;
            }
            Report::Observed(_)
            | Report::Probed { .. }
            | Report::Checked { .. }
            | Report::Round(_) => {}
        }
    }
    scene.end().await;
}

#[tokio::test]
async fn a_refusing_endpoint_is_reported_once_the_network_is_up() {
    let control = Server::new(|_| Reply::default()).await;
    let probe = probe_at(
        &format!("http://{}", unused_address().await),
        Some("sk-secret"),
    );
    let mut scene = Scene::new(Targets {
        probes: vec![probe],
        controls: vec![control.url.trim_start_matches("http://").to_owned()],
        ..Targets::default()
    });
    assert_eq!(scene.network().await, Controls::Up);
    let outcome = scene.call().await;
    assert!(
        matches!(
            outcome,
            CallOutcome::Failed {
                kind: FailureKind::Connect,
                ..
            }
        ),
        "{outcome:?}"
    );
    let Report::Probed {
        outcome: probed,
        cost,
        usage_reported,
        ..
    } = scene.next().await
    else {
        panic!("not a probe");
    };
    assert_eq!((probed, cost, usage_reported), (outcome, None, false));
    scene.end().await;
}

#[tokio::test]
async fn offline_a_failed_probe_is_not_reported() {
    let mut scene = Scene::new(Targets {
        probes: vec![probe_at(
            &format!("http://{}", unused_address().await),
            Some("k"),
        )],
        controls: vec![unused_address().await],
        ..Targets::default()
    });
    assert_eq!(scene.network().await, Controls::Down);
    scene.nudge(Nudge::CheckNow { round: 0 }).await;
    assert_eq!(scene.network().await, Controls::Down, "and not a call");
    scene.end().await;
}

#[tokio::test]
async fn without_a_key_only_unreachable_endpoints_are_reported() {
    let address = unused_address().await;
    let mut scene = Scene::new(Targets {
        probes: vec![probe_at(&format!("http://{address}"), None)],
        controls: Vec::new(),
        ..Targets::default()
    });
    assert_eq!(scene.network().await, Controls::Up);
    let outcome = scene.call().await;
    assert!(matches!(outcome, CallOutcome::Failed { .. }), "{outcome:?}");

    let server = Server::at(&address, |_| reply("401 Unauthorized", "", b"")).await;
    scene.nudge(Nudge::CheckNow { round: 0 }).await;
    assert_eq!(
        scene.call().await,
        CallOutcome::Ours(OurFault::Credential),
        "takes the failure back, and proves nothing"
    );
    assert!(server.requests()[0].starts_with("HEAD / "));

    // A second response changes nothing: the next report is that of the next page.
    let page = Server::new(|_| json(UP)).await;
    let both = Targets {
        pages: page_at(&page.url),
        ..Targets::clone(&scene.targets.borrow())
    };
    scene.targets.send(Arc::new(both)).unwrap();
    assert!(scene.page().await.1.is_ok());
    scene.end().await;
}

#[tokio::test]
async fn without_a_budget_a_priced_probe_is_not_sent() {
    let server = Server::new(|_| json(UP)).await;
    let mut scene = Scene::new(Targets {
        probes: vec![probe_at(&server.url, Some("sk-secret"))],
        probe_budget: MicroDollars(1499),
        ..only_pages(page_at(&server.url))
    });
    for _ in 0..3 {
        assert!(scene.page().await.1.is_ok());
        scene.nudge(Nudge::CheckNow { round: 0 }).await;
    }
    let requested = server.requests();
    assert!(
        requested.iter().all(|r| path(r) == "/api/v2/summary.json"),
        "{requested:?}"
    );
    scene.end().await;
}

#[tokio::test]
async fn a_probe_is_recorded_and_stops_when_the_budget_is_spent() {
    let stage = stage::Stage::any_model();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let playing = stage.clone();
    let playing =
        tokio::spawn(async move { playing.serve(listener, std::future::pending()).await });
    let page = Server::new(|_| json(UP)).await;
    let probe = ProbeTarget {
        model: "claude-haiku-4-5".into(),
        ..probe_at(&base, Some("sk-secret"))
    };
    // One probe of this model is reserved at 20 x $1 + 16 x $5 a million: $0.0001.
    let mut scene = Scene::new(Targets {
        probes: vec![probe],
        probe_budget: MicroDollars(100),
        controls: Vec::new(),
        ..Targets::default()
    });
    let outcome = scene.call().await;
    assert!(matches!(outcome, CallOutcome::Ok { .. }), "{outcome:?}");
    let Report::Probed {
        cost: Some(cost),
        tokens,
        ttft_ms: Some(_),
        usage_reported: true,
        ..
    } = scene.next().await
    else {
        panic!("not a probe that was booked");
    };
    let priced = tokens.input as i64 + 5 * tokens.output as i64;
    assert_eq!(cost, MicroDollars(priced));
    assert!(priced > 0);

    let both = Targets {
        pages: page_at(&page.url),
        ..Targets::clone(&scene.targets.borrow())
    };
    scene.targets.send(Arc::new(both)).unwrap();
    for _ in 0..2 {
        assert!(scene.page().await.1.is_ok(), "only the page is looked at");
        scene.nudge(Nudge::CheckNow { round: 0 }).await;
    }
    assert_eq!(stage.received().len(), 1);
    playing.abort();
    scene.end().await;
}

#[tokio::test]
async fn a_changed_target_is_read_at_once() {
    let one = Server::new(|_| json(DOWN)).await;
    let two = Server::new(|_| json(UP)).await;
    let mut scene = Scene::new(only_pages(page_at(&one.url)));
    assert_eq!(
        scene.page().await.1.unwrap().surfaces["api"],
        Level::PartialOutage
    );
    scene
        .targets
        .send(Arc::new(only_pages(page_at(&two.url))))
        .unwrap();
    assert_eq!(
        scene.page().await.1.unwrap().surfaces["api"],
        Level::Operational
    );
    scene.end().await;
}

#[tokio::test]
async fn shutdown_waits_for_no_task_and_leaves_none_running() {
    let (tx, mut arrived) = mpsc::unbounded_channel();
    let server = Server::new(move |_| {
        tx.send(()).unwrap();
        Reply {
            bytes: Vec::new(),
            hold: true,
        }
    })
    .await;
    let scene = Scene::new(only_pages(page_at(&server.url)));
    arrived.recv().await.unwrap();
    scene.end().await;

    let Scene { seen, run, .. } = Scene::new(only_pages(BTreeMap::new()));
    drop(seen);
    run.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_provider_outside_the_catalogue_is_skipped() {
    let server = Server::new(|_| json(UP)).await;
    let mut pages = page_at(&server.url);
    pages.insert("nobody".into(), PageTarget::default());
    let mut scene = Scene::new(only_pages(pages));
    assert!(scene.page().await.1.is_ok());
    scene.end().await;
}

#[tokio::test]
async fn check_now_reports_the_result_of_every_look() {
    let page = Server::new(|_| json(UP)).await;
    let lost = Server::new(|_| reply("503 Service Unavailable", "", b"")).await;
    let mut pages = page_at(&page.url);
    pages.extend(
        page_at(&lost.url)
            .into_values()
            .map(|page| ("openai".into(), page)),
    );
    let mut scene = Scene::new(Targets {
        pages,
        probes: vec![probe_at(&lost.url, Some("k")), {
            let mut keyless = probe_at(&page.url, None);
            keyless.endpoint.id = "keyless".into();
            keyless
        }],
        controls: Vec::new(),
        ..Targets::default()
    });
    scene.nudge(Nudge::CheckNow { round: 3 }).await;
    let round = loop {
        if let Report::Round(round) = scene.any().await {
            break round;
        }
    };
    assert_eq!((round.id, round.offline), (3, false));
    let outcomes: Vec<_> = round.checks.into_values().collect();
    assert_eq!(outcomes.len(), 4);
    assert_eq!(outcomes[0], LookOutcome::Good);
    assert!(
        matches!(&outcomes[1], LookOutcome::Failed(why) if why.contains("503")),
        "{outcomes:?}"
    );
    assert!(
        matches!(&outcomes[2], LookOutcome::Failed(why) if why.contains("503")),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[3], LookOutcome::Reached);
    scene.end().await;
}
