//! A promise is stored before it is made, and a stop waits for it. The test holds the ledger's write lock meanwhile.

use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};
use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use stage::{Fault, ScriptStep};
use tokio::time::timeout;

use crate::desk::{Desk, Upstream, two_endpoints};

/// Longer than a stop waits for reports, shorter than the ledger waits for another program.
const HELD: Duration = Duration::from_secs(2);

struct Rig {
    desk: Desk,
    lead: Upstream,
    second: Upstream,
}

impl Rig {
    async fn new() -> Rig {
        let (lead, second) = (Upstream::start().await, Upstream::start().await);
        let mut desk = Desk::new();
        desk.settings(&two_endpoints(&lead.address, &second.address));
        desk.start();
        Rig { desk, lead, second }
    }

    fn post(&self, n: usize, stream: bool) -> RequestBuilder {
        let message = json!([{ "role": "user", "content": format!("Qualify lead {n}") }]);
        let body = json!({ "model": "m", "stream": stream, "messages": message });
        let url = format!("{}/v1/chat/completions", self.desk.base());
        self.desk.http.post(url).json(&body)
    }

    fn keyed(&self, n: usize) -> RequestBuilder {
        self.post(n, n.is_multiple_of(2))
            .header("idempotency-key", format!("key-{n}"))
    }

    /// Waits until the first provider has received this many requests.
    async fn until_posted(&self, count: usize) {
        while self.lead.posts() < count {
            self.desk.snapshot().await;
        }
    }

    /// No other program can write to the ledger until this is dropped.
    fn locked(&self) -> Connection {
        let ledger = Connection::open(self.desk.file("ledger.sqlite")).unwrap();
        ledger.busy_timeout(Duration::from_secs(2)).unwrap();
        ledger.execute_batch("BEGIN IMMEDIATE").unwrap();
        ledger
    }

    fn terminate(&self) {
        let pid = Pid::from_raw(self.desk.pid().cast_signed()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_a_parked_request_is_sent_after_it_is_on_the_disk() {
    let mut rig = Rig::new().await;
    for stage in [&rig.lead.stage, &rig.second.stage] {
        stage.outage(Some("503".parse().unwrap()));
    }
    let tagged = rig.post(1, false).header("x-understudy-pipeline", "Leads");
    let mut asking = tokio::spawn(tagged.send());
    // The check for an earlier response has passed.
    rig.until_posted(1).await;
    let lock = rig.locked();
    let early = timeout(HELD, &mut asking).await;
    assert!(
        early.is_err(),
        "the id was sent before the item was stored: {early:?}"
    );
    drop(lock);
    let response = asking.await.unwrap().unwrap();
    let id = response.headers()["x-understudy-review-id"]
        .to_str()
        .unwrap()
        .to_owned();
    rig.desk.kill();
    rig.desk.start();
    let page = rig.desk.get("/review").await;
    assert_eq!(page["items"][0]["id"], id, "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_stop_stores_and_sends_every_keyed_response_in_flight() {
    let mut rig = Rig::new().await;
    // On a busy machine too, the lock is held before the first response.
    let slow = Fault::NoHeaders(Some(Duration::from_secs(3)));
    for _ in 0..12 {
        rig.lead.stage.cue(ScriptStep::fault(slow.clone()));
    }
    let mut running: Vec<_> = (0..12).map(|n| tokio::spawn(rig.keyed(n).send())).collect();
    rig.until_posted(12).await;
    let lock = rig.locked();
    rig.terminate();
    let early = timeout(2 * HELD, &mut running[1]).await;
    assert!(early.is_err(), "a response was sent before it was stored");
    drop(lock);
    for response in running {
        let response = response.await.unwrap().unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.text().await.unwrap().contains("stop"));
    }
    assert!(rig.desk.ended().success());
    let log = rig.desk.log();
    assert!(log.contains("12 responses complete"), "{log}");
    assert!(log.contains("12 responses stored"), "{log}");

    rig.desk.start();
    for n in 0..12 {
        let again = rig.keyed(n).send().await.unwrap();
        assert_eq!(again.headers()["idempotency-replayed"], "true", "{n}");
    }
    assert_eq!((rig.lead.posts(), rig.second.posts()), (12, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_stop_lets_every_stream_end() {
    let mut rig = Rig::new().await;
    let drip = Fault::Drip(Duration::from_millis(60));
    for _ in 0..12 {
        rig.lead.stage.cue(ScriptStep::fault(drip.clone()));
    }
    let running: Vec<_> = (0..12)
        .map(|n| tokio::spawn(rig.post(n, true).send()))
        .collect();
    rig.until_posted(12).await;
    rig.terminate();
    for response in running {
        let received = response.await.unwrap().unwrap().text().await.unwrap();
        assert!(received.contains("[DONE]"), "{received}");
    }
    assert!(rig.desk.ended().success());
    let log = rig.desk.log();
    let none_lost = log.contains("0 responses cut") && log.contains("0 requests still open");
    assert!(none_lost, "{log}");
}

/// The provider never ends them.
#[tokio::test(flavor = "multi_thread")]
async fn at_the_limit_of_a_stop_streams_are_aborted_and_counted() {
    let mut rig = Rig::new().await;
    let listen = "[listen]\ndrain_s = 0.3\n";
    let endpoints = two_endpoints(&rig.lead.address, &rig.second.address);
    rig.terminate();
    rig.desk.ended();
    rig.desk.settings(&format!("{listen}{endpoints}"));
    rig.desk.start();
    rig.lead.stage.outage(Some(Fault::Stall {
        after: 3,
        lasting: None,
    }));
    let running: Vec<_> = (0..4)
        .map(|n| tokio::spawn(rig.post(n, true).send()))
        .collect();
    rig.until_posted(4).await;
    rig.terminate();
    for response in running {
        let received = response.await.unwrap();
        let is_complete = match received {
            Ok(response) => response
                .text()
                .await
                .is_ok_and(|text| text.contains("[DONE]")),
            Err(_) => false,
        };
        assert!(!is_complete, "it was not complete");
    }
    assert!(rig.desk.ended().success());
    assert!(
        rig.desk.log().contains("0 requests still open"),
        "{}",
        rig.desk.log()
    );
    rig.desk.start();
    assert_eq!(
        rig.desk.exchanges(4).await.len(),
        4,
        "each is in the history"
    );
}
