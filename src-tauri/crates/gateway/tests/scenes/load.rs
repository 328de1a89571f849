//! Many streams at once, and clients that do not read.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use catalog::Dialect;
use gateway::{Body, Dialed, End, Report};
use http_body_util::BodyExt;
use stage::Stage;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep};

use crate::by_hand::{STREAM, first_content, recorded};
use crate::world::Scene;

const STREAMS: usize = 256;
/// Bytes that a connection buffers, in each direction.
const PIPE: usize = 1 << 12;
/// Maximum bytes that one stream may hold while its client does not read: in the pipe, in the buffers of HTTP, and the one
/// piece that waits for the client.
const MOST: usize = 32 << 10;

/// Bytes on one connection to the provider.
#[derive(Default)]
struct Flow {
    written: AtomicUsize,
    gone: AtomicUsize,
}

type Flows = Arc<Mutex<Vec<Arc<Flow>>>>;

/// A provider with endless responses that are sent as fast as they are read.
fn endless(dialect: Dialect) -> (Scene, Flows) {
    let flows = Flows::default();
    let opened = Arc::clone(&flows);
    let connect = gateway::connect(move |_| {
        let flow = Arc::new(Flow::default());
        opened.lock().unwrap().push(Arc::clone(&flow));
        async move {
            let (ours, theirs) = tokio::io::duplex(PIPE);
            tokio::spawn(async move {
                let ended = pour(theirs, dialect, &flow).await;
                assert!(ended.is_err(), "only the other side ends it");
                flow.gone.store(1, Ordering::Relaxed);
            });
            Ok(Dialed::pipe(ours))
        }
    });
    let (lead, second) = (Stage::any_model(), Stage::any_model());
    (Scene::dialling(lead, second, connect), flows)
}

async fn pour(mut io: DuplexStream, dialect: Dialect, flow: &Flow) -> io::Result<()> {
    // The request is small, and arrives in one piece.
    let _ = io.read(&mut [0; PIPE]).await?;
    let mut events = recorded(dialect, "text");
    events.truncate(first_content(dialect) + 1);
    let again = events.pop().unwrap();
    io.write_all(STREAM.as_bytes()).await?;
    io.write_all(events.concat().as_bytes()).await?;
    loop {
        io.write_all(again.as_bytes()).await?;
        flow.written.fetch_add(again.len(), Ordering::Relaxed);
    }
}

/// Waits until nothing changes any more: only then time advances.
async fn settled() {
    sleep(Duration::from_millis(1)).await;
}

fn written(flows: &Flows) -> Vec<usize> {
    let flows = flows.lock().unwrap();
    let written = flows
        .iter()
        .map(|flow| flow.written.load(Ordering::Relaxed));
    written.collect()
}

async fn read(body: &mut Body, least: usize) {
    let mut got = 0;
    while got < least {
        got += body
            .frame()
            .await
            .unwrap()
            .unwrap()
            .data_ref()
            .unwrap()
            .len();
    }
}

#[tokio::test(start_paused = true)]
async fn each_of_256_streams_uses_little_memory_and_a_slow_client_slows_its_provider() {
    for dialect in Dialect::ALL {
        let (mut scene, flows) = endless(dialect);
        // A higher limit would be reported as a broken attempt.
        scene.change(|config| config.limits.answers = STREAMS * MOST);
        let mut bodies = Vec::new();
        for _ in 0..STREAMS {
            let mut body = scene.ask(dialect).await.into_body();
            read(&mut body, 1).await;
            bodies.push(body);
        }
        settled().await;
        let before = written(&flows);
        assert_eq!(before.len(), STREAMS, "{dialect}: one request each");
        let most = before.iter().max().unwrap();
        assert!(
            *most <= MOST,
            "{dialect}: {most} bytes are held of a stream"
        );

        // A minute later, nothing has been added for clients that do not read.
        sleep(Duration::from_secs(60)).await;
        assert_eq!(written(&flows), before, "{dialect}: the provider waits");
        // The client that reads gets as much as it reads.
        read(&mut bodies[0], 1 << 20).await;
        settled().await;
        let after = written(&flows);
        assert!(after[0] >= 1 << 20, "{dialect}: {}", after[0]);
        assert!(
            after[0] <= (1 << 20) + 2 * MOST,
            "{dialect}: no further than it was read"
        );
        assert_eq!(after[1..], before[1..], "{dialect}");
        assert_eq!(scene.gateway.open_exchanges(), STREAMS, "{dialect}");

        // All clients disconnect, and every provider detects it before any time has passed.
        while scene.reports.try_recv().is_ok() {}
        let since = Instant::now();
        drop(bodies);
        for _ in 0..STREAMS {
            let report = scene.reports.recv().await.unwrap();
            let Report::Ended(exchange) = report else {
                panic!("{report:?}");
            };
            assert_eq!(exchange.end, End::ClientLeft);
        }
        assert_eq!(since.elapsed(), Duration::ZERO, "{dialect}: at once");
        settled().await;
        let flows = flows.lock().unwrap();
        let gone: usize = flows.iter().map(|f| f.gone.load(Ordering::Relaxed)).sum();
        assert_eq!(gone, STREAMS, "{dialect}: every connection was given up");
        assert_eq!(flows.len(), STREAMS, "{dialect}: nobody was asked again");
        assert_eq!(scene.gateway.open_exchanges(), 0, "{dialect}");
    }
}
