//! An upstream compresses although uncompressed bytes were requested: the gateway decodes the response and releases it.

use std::pin::Pin;
use std::time::Duration;

use async_compression::tokio::write::{
    BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder,
};
use bytes::{Bytes, BytesMut};
use catalog::Dialect;
use gateway::{End, Outcome};
use http::StatusCode;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

use crate::by_hand::{Beat, Requests, STREAM, always, first_content, raw, recorded};
use crate::world::{Scene, complete, question, text};

/// Headers of a document.
const DOCUMENT: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Zlib,
    /// The format that some servers send as `deflate`.
    Raw,
    Brotli,
    Zstd,
}

impl Coding {
    pub(crate) const ALL: [Coding; 5] = [
        Coding::Gzip,
        Coding::Zlib,
        Coding::Raw,
        Coding::Brotli,
        Coding::Zstd,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Zlib | Coding::Raw => "deflate",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        }
    }

    /// Compresses and flushes each piece separately, as a streaming server does; the last piece is the coding's own end.
    pub(crate) async fn pieces(self, plain: &[impl AsRef<[u8]>]) -> Vec<Bytes> {
        let (io, mut written) = tokio::io::duplex(64 << 20);
        let mut encoder: Pin<Box<dyn AsyncWrite>> = match self {
            Coding::Gzip => Box::pin(GzipEncoder::new(io)),
            Coding::Zlib => Box::pin(ZlibEncoder::new(io)),
            Coding::Raw => Box::pin(DeflateEncoder::new(io)),
            Coding::Brotli => Box::pin(BrotliEncoder::new(io)),
            Coding::Zstd => Box::pin(ZstdEncoder::new(io)),
        };
        let mut pieces = Vec::new();
        for piece in plain {
            encoder.write_all(piece.as_ref()).await.unwrap();
            encoder.flush().await.unwrap();
            let mut now = BytesMut::with_capacity(64 << 20);
            written.read_buf(&mut now).await.unwrap();
            pieces.push(now.freeze());
        }
        encoder.shutdown().await.unwrap();
        let mut last = Vec::new();
        written.read_to_end(&mut last).await.unwrap();
        pieces.push(last.into());
        pieces
    }
}

/// The beats of such a response.
pub(crate) async fn compressed(head: &str, coding: Coding, plain: &[String]) -> Vec<Beat> {
    let mut beats = vec![raw(coded(head, coding.name()))];
    beats.extend(coding.pieces(plain).await.into_iter().map(Beat::Bytes));
    beats
}

fn coded(head: &str, name: &str) -> String {
    head.replacen(
        "\r\n\r\n",
        &format!("\r\ncontent-encoding: {name}\r\n\r\n"),
        1,
    )
}

/// The provider's document for this question.
async fn document(dialect: Dialect) -> String {
    let scene = Scene::new();
    let response = scene.send(dialect, in_one_piece(dialect), |head| head);
    text(response.await).await.unwrap()
}

fn in_one_piece(dialect: Dialect) -> Value {
    let mut body = question(dialect);
    body["stream"] = json!(false);
    body
}

/// The endpoints that got a request with a complete response.
async fn answered(scene: &mut Scene, dialect: Dialect, streamed: bool) -> Vec<String> {
    let body = if streamed {
        question(dialect)
    } else {
        in_one_piece(dialect)
    };
    let response = scene.send(dialect, body, |head| head).await;
    assert_eq!(response.status(), StatusCode::OK);
    let received = text(response).await.unwrap();
    assert!(
        !streamed || complete(dialect, &received),
        "{dialect}: {received}"
    );
    let (requested, end) = scene.requested().await;
    assert_eq!(end, End::Complete, "{dialect}");
    requested
}

#[tokio::test(start_paused = true)]
async fn each_event_is_released_when_it_arrives_and_not_at_the_end_of_the_coding() {
    for dialect in Dialect::ALL {
        for coding in Coding::ALL {
            let events = recorded(dialect, "text");
            let pieces = coding.pieces(&events).await;
            let mut beats = vec![raw(coded(STREAM, coding.name()))];
            for piece in pieces {
                beats.push(Beat::Bytes(piece));
                beats.push(Beat::Wait(Duration::from_secs(5)));
            }
            let (scene, _) = always(beats);
            let began = Instant::now();
            let mut body = scene.ask(dialect).await.into_body();
            let mut received = Vec::new();
            let mut ends: Vec<usize> = Vec::new();
            for event in &events {
                ends.push(ends.last().unwrap_or(&0) + event.len());
            }
            while let Some(frame) = body.frame().await {
                received.extend_from_slice(&frame.unwrap().into_data().unwrap());
                let come = ends.iter().filter(|end| **end <= received.len()).count();
                let due = Duration::from_secs(5 * come as u64 - 4);
                let content = Duration::from_secs(5 * first_content(dialect) as u64 + 1);
                let waited = began.elapsed();
                assert!(
                    waited <= due.max(content),
                    "{dialect} {coding:?}: event {come} after {waited:?}"
                );
            }
            let received = String::from_utf8(received).unwrap();
            assert_eq!(received, events.concat(), "{dialect} {coding:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_compressed_document_is_released_decoded() {
    for dialect in Dialect::ALL {
        let plain = document(dialect).await;
        for coding in Coding::ALL {
            let body = compressed(DOCUMENT, coding, std::slice::from_ref(&plain)).await;
            let (mut scene, requested) = always(body);
            let response = scene
                .send(dialect, in_one_piece(dialect), |head| head)
                .await;
            assert!(!response.headers().contains_key("content-encoding"));
            assert_eq!(text(response).await.unwrap(), plain, "{dialect} {coding:?}");
            assert_eq!(scene.requested().await.1, End::Complete);
            assert_eq!(requested.count(), 1, "{dialect} {coding:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_compressed_error_is_classified_and_returned_uncompressed() {
    let refused =
        json!({ "error": { "type": "invalid_request_error", "message": "no such tool" } });
    let spent = json!({ "error": { "code": "insufficient_quota", "message": "You exceeded your current quota" } });
    for dialect in Dialect::ALL {
        for coding in Coding::ALL {
            let head = DOCUMENT.replacen("200 OK", "400 Bad Request", 1);
            let (scene, requested) =
                always(compressed(&head, coding, &[refused.to_string()]).await);
            let response = scene.ask(dialect).await;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST);
            assert!(!response.headers().contains_key("content-encoding"));
            assert_eq!(text(response).await.unwrap(), refused.to_string());
            assert_eq!(requested.count(), 1, "{dialect} {coding:?}");

            // Without the body this would be a rate limit with a retry.
            let head = DOCUMENT.replacen("200 OK", "429 Too Many Requests", 1);
            let (mut scene, _) = always(compressed(&head, coding, &[spent.to_string()]).await);
            let requested = answered(&mut scene, dialect, true).await;
            assert_eq!(requested, ["lead", "second"], "{dialect} {coding:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_in_the_compressed_bytes_is_a_cut() {
    for dialect in Dialect::ALL {
        let plain = recorded(dialect, "text");
        let document = document(dialect).await;
        for coding in Coding::ALL {
            // Within the last content event: some of the response has been released by then.
            let mut beats = compressed(STREAM, coding, &plain).await;
            beats.truncate(1 + first_content(dialect) + 2);
            let (scene, _) = always(beats);
            let cut = text(scene.ask(dialect).await).await;
            assert!(cut.is_err(), "{dialect} {coding:?}: {cut:?}");

            // Before any byte was released, and in a document: the next candidate answers.
            let mut beats = compressed(STREAM, coding, &plain).await;
            beats.truncate(2);
            let (mut scene, _) = always(beats);
            let requested = answered(&mut scene, dialect, true).await;
            assert_eq!(
                requested,
                ["lead", "lead", "second"],
                "{dialect} {coding:?}"
            );

            let bytes = coding.pieces(&[&document]).await.concat();
            let first_part = Bytes::from(bytes).slice(..document.len() / 4);
            let head = raw(coded(DOCUMENT, coding.name()));
            let (mut scene, _) = always([head, Beat::Bytes(first_part)]);
            let requested = answered(&mut scene, dialect, false).await;
            assert_eq!(
                requested,
                ["lead", "lead", "second"],
                "{dialect} {coding:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_follows_the_completion_check_changes_nothing() {
    for dialect in Dialect::ALL {
        for coding in Coding::ALL {
            // The coding's own end is missing.
            let plain = recorded(dialect, "text");
            let mut beats = compressed(STREAM, coding, &plain).await;
            beats.pop();
            let (mut scene, _) = always(beats);
            let received = text(scene.ask(dialect).await).await.unwrap();
            assert_eq!(received, plain.concat(), "{dialect} {coding:?}");
            assert_eq!(
                scene.requested().await,
                (vec!["lead".into()], End::Complete)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_response_is_a_failed_attempt() {
    for dialect in Dialect::ALL {
        for streamed in [true, false] {
            let head = if streamed { STREAM } else { DOCUMENT };
            for name in ["gzip", "x-gzip", "deflate", "br", "zstd"] {
                let lies = vec![
                    raw(coded(head, name)),
                    raw("\u{7f}this is not how it was compressed"),
                ];
                let (mut scene, _) = always(lies);
                let requested = answered(&mut scene, dialect, streamed).await;
                assert_eq!(requested, ["lead", "lead", "second"], "{dialect} {name}");
            }
            for name in ["compress", "aes128gcm", "gzip, br"] {
                let (mut scene, requested) = always([raw(coded(head, name)), raw("whatever")]);
                let response = if streamed {
                    scene.ask(dialect).await
                } else {
                    scene
                        .send(dialect, in_one_piece(dialect), |head| head)
                        .await
                };
                text(response).await.unwrap();
                let exchange = scene.ended().await;
                assert_eq!(requested.count(), 1, "{name}: it would do it again");
                let Outcome::Failed { message, .. } = &exchange.attempts[0].outcome else {
                    panic!("{dialect} {name}: {exchange:?}");
                };
                assert!(message.contains(name), "{message}");
            }
        }
    }
}

/// Few bytes that decode to very many, and codings that request more memory than a browser would allow.
#[tokio::test(start_paused = true)]
async fn a_compression_bomb_is_abandoned_at_the_limit_of_any_response() {
    let flood = "x".repeat(1 << 20);
    let plain: Vec<&str> = std::iter::once("data: ")
        .chain(std::iter::repeat_n(flood.as_str(), 17))
        .collect();
    for coding in Coding::ALL {
        let bytes = Bytes::from(coding.pieces(&plain).await.concat());
        assert!(bytes.len() < 1 << 18, "{coding:?}: {}", bytes.len());
        for dialect in Dialect::ALL {
            for (head, streamed) in [(STREAM, true), (DOCUMENT, false)] {
                let head = raw(coded(head, coding.name()));
                let (scene, requested) = always([head, Beat::Bytes(bytes.clone())]);
                let failed = abandoned(scene, requested, dialect, streamed).await;
                assert!(failed.contains("larger than"), "{coding:?}: {failed}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_of_a_gigabyte_is_not_granted() {
    // A zstd frame with a window of 2^31 bytes; brotli with its large window of 2^30.
    let zstd: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
    let brotli: &[u8] = &[0x11, 0x1e, 0x03, 0x00];
    for dialect in Dialect::ALL {
        for (name, bytes) in [("zstd", zstd), ("br", brotli)] {
            let (scene, requested) = always([raw(coded(STREAM, name)), Beat::Bytes(bytes.into())]);
            let failed = abandoned(scene, requested, dialect, true).await;
            assert!(failed.contains("and is not"), "{failed}");
        }
    }
}

/// Why the gateway failed over from the primary, without an effect on the client.
async fn abandoned(
    mut scene: Scene,
    requested: Requests,
    dialect: Dialect,
    streamed: bool,
) -> String {
    let body = if streamed {
        question(dialect)
    } else {
        in_one_piece(dialect)
    };
    text(scene.send(dialect, body, |head| head).await)
        .await
        .unwrap();
    let exchange = scene.ended().await;
    assert_eq!(exchange.end, End::Complete, "{dialect}");
    assert!((1..=2).contains(&requested.count()));
    let outcome = &exchange.attempts[0].outcome;
    let Outcome::Failed { message, .. } = outcome else {
        panic!("{dialect}: {outcome:?}");
    };
    message.clone()
}
