//! A crash of the engine under a supervisor that works like `Restart=on-failure`.

use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use stage::{Fault, ScriptStep};

use crate::desk::{Desk, Upstream, text, two_endpoints};

/// Starts the engine, and starts it again until it ends with success.
struct Supervisor {
    running: JoinHandle<Vec<Option<i32>>>,
    engine: Arc<Mutex<Option<u32>>>,
}

impl Supervisor {
    fn start(desk: &mut Desk) -> Supervisor {
        let fault = desk.file("fault").display().to_string();
        desk.env("UNDERSTUDY_TEST_PANIC", &fault);
        let mut command = desk.command(&["serve", "--port", "0"]);
        let log = std::fs::File::create(desk.file("engine.log")).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let engine = Arc::new(Mutex::new(None));
        let started = Arc::clone(&engine);
        let running = std::thread::spawn(move || {
            let mut codes = Vec::new();
            loop {
                let mut child: Child = command.spawn().unwrap();
                *started.lock().unwrap() = Some(child.id());
                let status = child.wait().unwrap();
                codes.push(status.code());
                if status.success() || codes.len() > 3 {
                    return codes;
                }
            }
        });
        Supervisor { running, engine }
    }

    /// The process that listens, which is not `before`.
    fn engine(&self, desk: &Desk, before: Option<u32>) -> u32 {
        loop {
            let file = std::fs::read(desk.file("run/engine.json")).ok();
            let file = file.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
            let pid = file.and_then(|file| u32::try_from(file["pid"].as_u64()?).ok());
            let new = pid.filter(|_| pid != before && pid == *self.engine.lock().unwrap());
            if let Some(pid) = new {
                return pid;
            }
            std::thread::yield_now();
        }
    }

    /// The exit code of each run.
    fn codes(self) -> Vec<Option<i32>> {
        self.running.join().unwrap()
    }
}

fn cause(desk: &Desk, what: &str) {
    std::fs::write(desk.file("draft"), what).unwrap();
    std::fs::rename(desk.file("draft"), desk.file("fault")).unwrap();
}

fn body(model: &str, stream: bool) -> Value {
    json!({ "model": model, "max_tokens": 100, "stream": stream, "messages": [{ "role": "user", "content": "Hello" }] })
}

fn slow(fault: Fault) -> ScriptStep {
    ScriptStep {
        fault: Some(fault),
        ..ScriptStep::default()
    }
}

async fn keyed(desk: &Desk) -> reqwest::Response {
    let url = format!("{}/v1/messages", desk.base());
    let request = desk.http.post(url).json(&body("model-x", false));
    let request = request.header("idempotency-key", "k-1");
    request.send().await.unwrap()
}

fn reports_a_crash(snapshot: &api::Snapshot) -> bool {
    let mut problems = snapshot.engine.problems.iter();
    problems.any(|p| p.what.contains("Understudy ended unexpectedly at") && p.fix.contains("log"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_the_loop_is_a_crash_and_the_next_engine_reports_it_once() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    let supervisor = Supervisor::start(&mut desk);
    let first = supervisor.engine(&desk, None);
    assert!(!reports_a_crash(&desk.snapshot().await));
    assert_eq!(keyed(&desk).await.status(), 200);

    lead.stage.cue(slow(Fault::Drip(Duration::from_millis(20))));
    let ends = desk.ask("/v1/messages", &body("model-x", true)).await;
    let mut ends = ends.bytes_stream();
    let mut received = ends.next().await.unwrap().unwrap().to_vec();
    lead.stage.cue(slow(Fault::Stall {
        after: 1,
        lasting: None,
    }));
    let stalls = desk.ask("/v1/messages", &body("model-x", true)).await;
    let mut stalls = stalls.bytes_stream();
    let mut of_stalled = stalls.next().await.unwrap().unwrap().to_vec();

    cause(&desk, "loop");
    while let Some(piece) = ends.next().await {
        received.extend(piece.unwrap());
    }
    let received = text(&received);
    assert!(received.contains("event: message_stop"), "{received}");
    while let Some(Ok(piece)) = stalls.next().await {
        of_stalled.extend(piece);
    }
    let of_stalled = text(&of_stalled);
    assert!(!of_stalled.contains("event: message_stop"), "{of_stalled}");

    let second_engine = supervisor.engine(&desk, Some(first));
    assert!(reports_a_crash(&desk.snapshot().await), "{}", desk.log());
    let status = text(&desk.run(&["status"]).stdout);
    assert!(
        status.contains("Understudy ended unexpectedly at"),
        "{status}"
    );
    let doctor = text(&desk.run(&["doctor"]).stdout);
    assert!(doctor.contains("ended unexpectedly at"), "{doctor}");
    assert!(
        desk.log().contains("a test requested this panic"),
        "{}",
        desk.log()
    );
    let incidents = desk.printed(&["incidents"]);
    let line = "Understudy ended unexpectedly at";
    assert_eq!(incidents.matches(line).count(), 1, "{incidents}");
    let again = keyed(&desk).await;
    assert!(
        again.headers().contains_key("idempotency-replayed"),
        "it is kept"
    );
    let answer = desk.ask("/v1/messages", &body("model-x", false)).await;
    assert_eq!(answer.status(), 200);

    desk.printed(&["stop"]);
    assert_eq!(supervisor.codes(), [Some(70), Some(0)], "{second_engine}");
    assert!(!desk.file("run/engine.json").exists());
    desk.start();
    assert!(!reports_a_crash(&desk.snapshot().await), "reported once");
}

/// Without it, no verdict changes, or no signal stops the engine.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_another_vital_task_is_a_crash_too() {
    let mut desk = Desk::new();
    let supervisor = Supervisor::start(&mut desk);
    let first = supervisor.engine(&desk, None);
    cause(&desk, "task");
    supervisor.engine(&desk, Some(first));
    assert!(reports_a_crash(&desk.snapshot().await), "{}", desk.log());
    desk.printed(&["stop"]);
    assert_eq!(supervisor.codes(), [Some(70), Some(0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_is_a_stop_and_no_crash() {
    let mut desk = Desk::new();
    let supervisor = Supervisor::start(&mut desk);
    let pid = supervisor.engine(&desk, None).to_string();
    let sent = std::process::Command::new("kill")
        .args(["-TERM", &pid])
        .status();
    assert!(sent.unwrap().success());
    assert_eq!(supervisor.codes(), [Some(0)], "{}", desk.log());
    assert!(!desk.file("run/engine.json").exists());
    desk.start();
    assert!(!reports_a_crash(&desk.snapshot().await));
}
