//! Faults that need a real connection.

use std::net::SocketAddr;
use std::time::Duration;

use catalog::Dialect;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::client::{Ending, converse, request};
use crate::{Fault, ScriptStep, Stage};

struct TestServer {
    address: SocketAddr,
    close: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

async fn open(stage: &Stage) -> TestServer {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (close, closed) = oneshot::channel::<()>();
    let stage = stage.clone();
    let serving = tokio::spawn(async move {
        let until = async {
            let _ = closed.await;
        };
        stage.serve(listener, until).await;
    });
    TestServer {
        address,
        close,
        serving,
    }
}

impl TestServer {
    async fn ask(&self, model: &str) -> (u16, Ending) {
        let io = TcpStream::connect(self.address).await.unwrap();
        let ask = request(Dialect::Anthropic, model, true, "Good evening").to_string();
        let reply = converse(io, "POST", "/v1/messages", &ask).await;
        (reply.status, reply.ending)
    }
}

#[tokio::test]
async fn a_reset_differs_from_a_cut() {
    let server = open(&Stage::any_model()).await;
    assert_eq!(server.ask("some-model@reset").await, (0, Ending::Reset));
    assert_eq!(server.ask("some-model@refuse").await, (0, Ending::Reset));
    assert_eq!(
        server.ask("some-model@reset-in-text").await.1,
        Ending::Reset
    );
    assert_eq!(
        server.ask("some-model@cut-in-text").await,
        (200, Ending::Cut)
    );
    assert_eq!(server.ask("some-model").await, (200, Ending::Clean));
}

#[tokio::test]
async fn an_outage_or_a_cue_can_refuse_connections() {
    let stage = Stage::any_model();
    let server = open(&stage).await;
    stage.outage(Some(Fault::Refuse));
    assert_eq!(server.ask("some-model").await, (0, Ending::Reset));
    stage.outage(None);
    stage.cue(ScriptStep::fault(Fault::Refuse).times(2));
    assert_eq!(server.ask("some-model").await, (0, Ending::Reset));
    assert_eq!(server.ask("some-model").await, (0, Ending::Reset));
    assert_eq!(server.ask("some-model").await, (200, Ending::Clean));
    assert_eq!(stage.refused_connections(), 3);
    assert_eq!(
        stage.received().len(),
        1,
        "a refused connection brings no request"
    );
}

#[tokio::test]
async fn a_websocket_is_refused_with_426() {
    let server = open(&Stage::any_model()).await;
    let mut io = TcpStream::connect(server.address).await.unwrap();
    let upgrade = "GET /v1/responses HTTP/1.1\r\nhost: stage\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: 9xvy8BVBfjDUhEentCBKRA==\r\n\r\n";
    io.write_all(upgrade.as_bytes()).await.unwrap();
    let mut seen = [0; 12];
    io.read_exact(&mut seen).await.unwrap();
    assert_eq!(&seen, b"HTTP/1.1 426");
}

#[tokio::test]
async fn an_open_response_is_finished_after_a_stop() {
    let stage = Stage::any_model();
    let server = open(&stage).await;
    let idle = TcpStream::connect(server.address).await.unwrap();
    let io = TcpStream::connect(server.address).await.unwrap();
    stage.cue(ScriptStep {
        fault: Some(Fault::Drip(Duration::from_millis(5))),
        ..ScriptStep::default()
    });
    let ask = tokio::spawn(async move {
        let ask = json!({"model": "m", "stream": true, "messages": [{"role": "user", "content": "Good evening"}]});
        converse(io, "POST", "/v1/chat/completions", &ask.to_string()).await
    });
    while stage.received().is_empty() {
        tokio::task::yield_now().await;
    }
    server.close.send(()).unwrap();
    let reply = ask.await.unwrap();
    assert_eq!((reply.status, reply.ending), (200, Ending::Clean));
    server.serving.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
    drop(idle);
}
