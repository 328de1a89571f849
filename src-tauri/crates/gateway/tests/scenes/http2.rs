//! Providers that speak HTTP/2: a connection that dies, and one without a free stream.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use futures_util::future::join_all;
use gateway::{Dialed, LocalCause, Outcome};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use stage::Stage;
use tokio::io::DuplexStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use crate::world::{Scene, question, text};

/// The client's end of an HTTP/2 connection, which may lose every packet.
struct Wire {
    io: TokioIo<DuplexStream>,
    dead: Arc<AtomicBool>,
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new().negotiated_h2()
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.dead.load(Ordering::Relaxed) {
            true => Poll::Pending,
            false => Pin::new(&mut self.io).poll_read(cx, buf),
        }
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.dead.load(Ordering::Relaxed) {
            // The system takes bytes as long as its buffer has room.
            true => Poll::Ready(Ok(buf.len())),
            false => Pin::new(&mut self.io).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// A provider with HTTP/2.
#[derive(Clone)]
struct Provider {
    /// Maximum number of streams of one connection.
    streams: u32,
    dialled: Arc<AtomicUsize>,
    served: Arc<AtomicUsize>,
    /// Each response takes one permit.
    may_answer: Arc<Semaphore>,
    /// The connections so far lose every packet.
    dead: Arc<std::sync::Mutex<Vec<Arc<AtomicBool>>>>,
}

impl Provider {
    fn new(streams: u32, may_answer: usize) -> Provider {
        Provider {
            streams,
            dialled: Arc::default(),
            served: Arc::default(),
            may_answer: Arc::new(Semaphore::new(may_answer)),
            dead: Arc::default(),
        }
    }

    fn scene(&self) -> Scene {
        let provider = self.clone();
        let connect = gateway::connect(move |_| {
            let provider = provider.clone();
            async move { Ok(provider.dial()) }
        });
        Scene::dialling(Stage::any_model(), Stage::any_model(), connect)
    }

    fn dial(&self) -> Dialed {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let dead = Arc::new(AtomicBool::new(false));
        self.dead.lock().unwrap().push(Arc::clone(&dead));
        self.dialled.fetch_add(1, Ordering::Relaxed);
        let provider = self.clone();
        tokio::spawn(async move {
            let streams = provider.streams;
            let answer = service_fn(move |request| answer(request, provider.clone()));
            let mut server = http2::Builder::new(TokioExecutor::new());
            server.max_concurrent_streams(streams);
            let _ = server.serve_connection(TokioIo::new(theirs), answer).await;
        });
        Dialed::new(Wire {
            io: TokioIo::new(ours),
            dead,
        })
    }

    fn kill_connections(&self) {
        for dead in self.dead.lock().unwrap().iter() {
            dead.store(true, Ordering::Relaxed);
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    provider: Provider,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let _ = request.into_body().collect().await;
    if let Ok(permit) = provider.may_answer.acquire().await {
        permit.forget();
    }
    provider.served.fetch_add(1, Ordering::Relaxed);
    let body = json!({
        "id": "m", "type": "message", "role": "assistant", "model": "m",
        "content": [{ "type": "text", "text": "Hi" }],
        "stop_reason": "end_turn", "stop_sequence": null,
        "usage": { "input_tokens": 1, "output_tokens": 1 },
    });
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    response.headers_mut().insert(
        "content-type",
        http::HeaderValue::from_static("application/json"),
    );
    Ok(response)
}

fn document() -> serde_json::Value {
    let mut question = question(Dialect::Anthropic);
    question["stream"] = json!(false);
    question
}

async fn ask(scene: &Scene) -> u16 {
    let response = scene
        .send(Dialect::Anthropic, document(), |head| head)
        .await;
    let status = response.status().as_u16();
    text(response).await.unwrap();
    status
}

#[tokio::test(start_paused = true)]
async fn a_dead_connection_is_left_within_20_s_and_is_never_the_providers_fault() {
    let provider = Provider::new(100, Semaphore::MAX_PERMITS);
    let mut scene = provider.scene();
    assert_eq!(ask(&scene).await, 200);
    scene.ended().await;
    provider.kill_connections();
    let began = Instant::now();
    let statuses = join_all((0..20).map(|_| ask(&scene))).await;
    assert_eq!(statuses, [200; 20]);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    for _ in 0..20 {
        let exchange = scene.ended().await;
        let dead = &exchange.attempts[0].outcome;
        assert!(
            matches!(
                dead,
                Outcome::Local {
                    cause: LocalCause::DeadConnection,
                    ..
                }
            ),
            "{dead:?}"
        );
        assert_eq!(exchange.attempts.len(), 2);
        assert_eq!(exchange.attempts[1].endpoint.as_str(), "lead");
    }
    assert_eq!(provider.dialled.load(Ordering::Relaxed), 2);
    assert_eq!(scene.gateway.breakers(), []);
}

/// The connection is dead for all of them, also for those that were sent on it at the end.
#[tokio::test(start_paused = true)]
async fn a_request_that_was_just_sent_on_a_dead_connection_is_not_the_providers_failure() {
    let provider = Provider::new(100, Semaphore::MAX_PERMITS);
    let mut scene = provider.scene();
    assert_eq!(ask(&scene).await, 200);
    scene.ended().await;
    provider.kill_connections();
    let asked = (0..15).map(|n| {
        let scene = &scene;
        async move {
            sleep(Duration::from_secs(n)).await;
            ask(scene).await
        }
    });
    assert_eq!(join_all(asked).await, [200; 15]);
    for _ in 0..15 {
        let exchange = scene.ended().await;
        for attempt in &exchange.attempts {
            assert_eq!(attempt.endpoint.as_str(), "lead");
            let outcome = &attempt.outcome;
            assert!(
                matches!(
                    outcome,
                    Outcome::Answered(_)
                        | Outcome::Local {
                            cause: LocalCause::DeadConnection,
                            ..
                        }
                ),
                "{outcome:?}"
            );
        }
    }
    assert_eq!(scene.gateway.breakers(), []);
}

/// Pings are answered, so the timeout is the provider's. New requests get another connection.
#[tokio::test(start_paused = true)]
async fn a_provider_that_answers_only_pings_has_timed_out() {
    let provider = Provider::new(100, 0);
    let mut scene = provider.scene();
    scene.change(|config| config.timers.total = Duration::from_secs(60));
    let began = Instant::now();
    assert_eq!(ask(&scene).await, 529);
    assert!(began.elapsed() >= Duration::from_secs(60));
    let exchange = scene.ended().await;
    let first = &exchange.attempts[0].outcome;
    assert!(
        matches!(first, Outcome::Failed { fault, .. } if fault.is_theirs()),
        "{first:?}"
    );
    assert_eq!(
        provider.dialled.load(Ordering::Relaxed),
        2,
        "of two endpoints"
    );
    provider.may_answer.add_permits(Semaphore::MAX_PERMITS / 2);
    assert_eq!(ask(&scene).await, 200);
    assert_eq!(provider.dialled.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn after_a_change_of_the_network_new_requests_get_new_connections() {
    let provider = Provider::new(100, Semaphore::MAX_PERMITS);
    let scene = provider.scene();
    assert_eq!(ask(&scene).await, 200);
    assert_eq!(ask(&scene).await, 200);
    assert_eq!(provider.dialled.load(Ordering::Relaxed), 1);
    provider.kill_connections();
    scene.gateway.renew_connections();
    let began = Instant::now();
    assert_eq!(ask(&scene).await, 200);
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(provider.dialled.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn at_the_stream_limit_another_connection_is_opened() {
    let provider = Provider::new(8, 0);
    let scene = provider.scene();
    let all = join_all((0..20).map(|_| ask(&scene)));
    let answering = async {
        sleep(Duration::from_secs(5)).await;
        // All of them have reached the provider, on three connections.
        assert_eq!(provider.dialled.load(Ordering::Relaxed), 3);
        provider.may_answer.add_permits(20);
    };
    let (statuses, ()) = tokio::join!(all, answering);
    assert_eq!(statuses, [200; 20]);
    assert_eq!(provider.served.load(Ordering::Relaxed), 20);
    assert_eq!(ask_one(&provider, &scene).await, 200);
    assert_eq!(provider.dialled.load(Ordering::Relaxed), 3);
}

async fn ask_one(provider: &Provider, scene: &Scene) -> u16 {
    provider.may_answer.add_permits(1);
    ask(scene).await
}
