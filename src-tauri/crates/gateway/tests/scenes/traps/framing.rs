//! How bytes are split into events, and how a body is framed.

use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use gateway::End;
use http_body_util::BodyExt;
use stage::{Fault, ScriptStep};
use tokio::time::Instant;

use crate::by_hand::{Beat, STREAM, always, raw, recorded};
use crate::compressed::{Coding, compressed};
use crate::world::{Scene, complete, question, text};

/// Maximum number of held bytes of one response.
const HELD: usize = 16 << 20;

/// Events in any valid form are released unchanged.
#[tokio::test(start_paused = true)]
async fn trap_29_every_way_to_write_an_event_stream_is_read_and_nothing_of_it_changed() {
    for dialect in Dialect::ALL {
        let plain = recorded(dialect, "text").concat();
        let noisy = format!(": hello é\nretry: 500\n\n{plain}").replace("data: ", "id: 7\ndata:");
        for written in [
            plain.clone(),
            plain.replace('\n', "\r\n"),
            plain.replace('\n', "\r"),
            format!("\u{feff}{plain}"),
            noisy,
        ] {
            for size in [1, 2, 3, 7, 1000] {
                let mut beats = vec![raw(STREAM)];
                for piece in written.as_bytes().chunks(size) {
                    beats.push(Beat::Bytes(Bytes::copy_from_slice(piece)));
                    beats.push(Beat::Wait(Duration::from_millis(1)));
                }
                let (mut scene, _) = always(beats);
                let received = text(scene.ask(dialect).await).await.unwrap();
                assert_eq!(received, written, "{dialect}, {size} at a time");
                assert_eq!(scene.requested().await.1, End::Complete, "{dialect} {size}");
            }
        }
    }
}

/// Providers must not be able to use up memory or processor time: each byte is read once.
#[tokio::test(start_paused = true)]
async fn trap_31_an_endless_event_is_abandoned_and_a_long_one_is_read_once() {
    for dialect in Dialect::ALL {
        let junk = Bytes::from(vec![b'x'; 1 << 20]);
        let mut beats = vec![raw(STREAM), raw("data: ")];
        beats.extend(std::iter::repeat_n(Beat::Bytes(junk), 2 * (HELD >> 20)));
        let (mut scene, requested) = always(beats);
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received), "{dialect}");
        let exchange = scene.ended().await;
        assert_eq!(exchange.end, End::Complete, "{dialect}");
        assert_eq!(requested.count() + 1, exchange.attempts.len(), "{dialect}");

        // Four megabytes of comment in pieces of a kilobyte: if every piece caused a new scan, eight billion bytes would be
        // read.
        let mut events = recorded(dialect, "text");
        events.insert(1, format!(":{}\n\n", "x".repeat(4 << 20)));
        let written = events.concat();
        let mut beats = vec![raw(STREAM)];
        for piece in written.as_bytes().chunks(1 << 10) {
            beats.push(Beat::Bytes(Bytes::copy_from_slice(piece)));
        }
        let (mut scene, _) = always(beats);
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(received == written, "{dialect}: {} bytes", received.len());
        assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_31c_compressed_responses_and_wrong_lengths_reach_no_client() {
    for dialect in Dialect::ALL {
        // The gateway requests uncompressed bytes, whatever the client accepts; a compressed response is decoded.
        let plain = recorded(dialect, "text");
        for coding in Coding::ALL {
            let (mut scene, requested) = always(compressed(STREAM, coding, &plain).await);
            let response = scene
                .send(dialect, question(dialect), |head| {
                    head.header("accept-encoding", "gzip, br")
                })
                .await;
            assert!(!response.headers().contains_key("content-encoding"));
            let received = text(response).await.unwrap();
            assert_eq!(received, plain.concat(), "{dialect} {coding:?}");
            let requests = requested.all();
            assert_eq!(requests.len(), 1, "{dialect} {coding:?}");
            assert!(
                requests[0].contains("accept-encoding: identity\r\n"),
                "{dialect}: {}",
                requests[0]
            );
            assert_eq!(scene.requested().await.0, ["lead"], "{dialect} {coding:?}");
        }

        // The upstream's content length is not forwarded, because it belongs to its framing.
        let body = recorded(dialect, "text").concat();
        let length = body.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        let (mut scene, _) = always([raw(head), raw(body.clone())]);
        let response = scene.ask(dialect).await;
        assert!(!response.headers().contains_key("content-length"));
        assert!(!response.headers().contains_key("connection"));
        assert_eq!(text(response).await.unwrap(), body, "{dialect}");
        assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
    }
}

/// Clients with a byte timeout receive bytes within fifteen seconds, also for a response that takes longer than their timeout.
#[tokio::test(start_paused = true)]
async fn trap_32_an_answer_of_315_seconds_is_kept_alive_from_its_fifteenth_on() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        scene.lead.cue(ScriptStep::fault(Fault::Stall {
            after: 1,
            lasting: Some(Duration::from_secs(315)),
        }));
        scene.change(|config| config.timers.idle = Duration::from_secs(600));
        let mut since = Instant::now();
        let response = scene
            .send(dialect, question(dialect), |head| {
                head.header("x-understudy-pipeline", "leads")
            })
            .await;
        let mut body = response.into_body();
        let (mut received, mut longest) = (String::new(), Duration::ZERO);
        while let Some(frame) = body.frame().await {
            longest = longest.max(since.elapsed());
            since = Instant::now();
            let bytes = frame.unwrap().into_data().unwrap();
            received.push_str(std::str::from_utf8(&bytes).unwrap());
        }
        assert!(longest <= Duration::from_secs(15), "{dialect}: {longest:?}");
        // Keep-alives are complete comments between events: a line reader never reads a part of one.
        assert!(received.starts_with(": "), "{dialect}: {received}");
        assert!(complete(dialect, &received), "{dialect}: {received}");
        assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
    }
}
