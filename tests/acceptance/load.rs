//! Many streams at once through the real engine, with clients that do not read.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::desk::{Desk, two_endpoints};

const STREAMS: usize = 256;
/// Maximum KiB of engine memory for one stream whose client does not read, without the kernel's socket buffers.
const EACH: usize = 768;
/// A write that takes this long is blocked by a slow reader.
const HELD_BACK: Duration = Duration::from_secs(2);

/// Progress of the streams of an endless provider.
#[derive(Clone)]
struct Streams {
    held_back: Arc<Semaphore>,
    gone: Arc<Semaphore>,
}

/// Answers every request with an endless stream, as fast as it is read.
async fn serve(listener: TcpListener, streams: Streams) {
    while let Ok((socket, _)) = listener.accept().await {
        let streams = streams.clone();
        tokio::spawn(async move {
            let ended = pour(socket, &streams).await;
            assert!(ended.is_err(), "only the other side ends it");
            streams.gone.add_permits(1);
        });
    }
}

async fn pour(mut socket: TcpStream, streams: &Streams) -> io::Result<()> {
    // The request is small, and arrives in one or two pieces.
    let mut request = Vec::new();
    while !request.ends_with(b"}") {
        if socket.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let text = "and on ".repeat(1000);
    let chunk = json!({ "id": "c", "object": "chat.completion.chunk", "model": "m",
        "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] });
    let event = format!("data: {chunk}\n\n");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    socket.write_all(head.as_bytes()).await?;
    let mut received = false;
    loop {
        let mut writing = std::pin::pin!(socket.write_all(event.as_bytes()));
        match timeout(HELD_BACK, &mut writing).await {
            Ok(written) => written?,
            Err(_) => {
                if !std::mem::replace(&mut received, true) {
                    streams.held_back.add_permits(1);
                }
                writing.await?;
            }
        }
    }
}

/// Resident memory of the process in KiB.
fn resident(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let figure = line.unwrap().split_whitespace().nth(1);
    figure.unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn for_256_unread_streams_the_engine_uses_little_memory_and_frees_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let streams = Streams {
        held_back: Arc::new(Semaphore::new(0)),
        gone: Arc::new(Semaphore::new(0)),
    };
    let serving = tokio::spawn(serve(listener, streams.clone()));
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&address, &address));
    desk.start();
    let (base, client) = (desk.base(), reqwest::Client::builder().no_proxy());
    let client = client.build().unwrap();
    let body = json!({ "model": "m", "stream": true, "messages": [{ "role": "user", "content": "Go on." }] });
    let ask = || async {
        let request = client.post(format!("{base}/v1/chat/completions"));
        let mut response = request.json(&body).send().await?;
        response.chunk().await?;
        Ok::<_, reqwest::Error>(response)
    };
    // The first stream also includes memory that the engine allocates only once.
    let first = ask().await.unwrap();
    let before = resident(desk.pid());
    let mut open = try_join_all((1..STREAMS).map(|_| ask())).await.unwrap();
    open.push(first);
    let all = STREAMS as u32;
    let held_back = streams.held_back.acquire_many(all).await.unwrap();
    held_back.forget();
    let after = resident(desk.pid());
    let each = after.saturating_sub(before) / STREAMS;
    println!(
        "{STREAMS} streams that nobody reads: {before} KiB before, {after} KiB after, {each} KiB each"
    );
    assert!(each <= EACH, "{before} KiB before, {after} KiB after");

    drop(open);
    let gone = streams.gone.acquire_many(all).await.unwrap();
    gone.forget();
    let rows = desk.exchanges(STREAMS).await;
    assert!(rows.iter().all(|row| row["end"] == "client_left"));
    assert_eq!(rows.len(), STREAMS, "nobody was asked again");
    serving.abort();
}
