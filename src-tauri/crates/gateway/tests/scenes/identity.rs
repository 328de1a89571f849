//! The client receives the provider's bytes unchanged: complete documents, in every spelling of the same JSON.

use bytes::Bytes;
use catalog::Dialect;
use gateway::End;
use http::Response;
use http_body_util::BodyExt;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::by_hand::{Beat, always, raw};
use crate::world::{Scene, question_with_tool, text};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";

fn requested(dialect: Dialect) -> Value {
    let mut body = question_with_tool(dialect);
    body["stream"] = json!(false);
    body
}

/// The same document in another spelling: white space between its tokens and escapes in its texts, by `ways`.
fn rewritten(document: &str, ways: &[u8]) -> String {
    let mut ways = ways.iter().cycle();
    let mut way = || *ways.next().unwrap();
    let mut written = ["", " ", "\r\n", "\u{feff}"][usize::from(way() % 4)].to_owned();
    let (mut in_text, mut escaped) = (false, false);
    for letter in document.chars() {
        let plain = in_text && !escaped;
        if plain && letter.is_ascii_alphabetic() && way().is_multiple_of(5) {
            written.push_str(&format!("\\u{:04X}", u32::from(letter)));
        } else {
            written.push(letter);
        }
        escaped = plain && letter == '\\';
        if plain && letter == '"' {
            in_text = false;
        } else if letter == '"' && !in_text {
            in_text = true;
        }
        if !in_text && "{[,:".contains(letter) {
            written.push_str(["", " ", "\n\t", "\r\n    "][usize::from(way() % 4)]);
        }
    }
    written.push_str(["", "\n", " \r\n", "\t"][usize::from(way() % 4)]);
    written
}

async fn delivered(dialect: Dialect, body: &str, cuts: &[Index]) -> (Bytes, End) {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    at.extend([0, body.len()]);
    at.sort_unstable();
    let pieces = at
        .windows(2)
        .map(|at| body.as_bytes()[at[0]..at[1]].to_vec());
    let mut beats = vec![raw(HEAD)];
    beats.extend(pieces.map(|piece| Beat::Bytes(piece.into())));
    let (mut scene, _) = always(beats);
    let response: Response<_> = scene.send(dialect, requested(dialect), |head| head).await;
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (bytes, scene.requested().await.1)
}

/// The rehearsal's documents for such a question.
async fn documents() -> Vec<(Dialect, String)> {
    let mut all = Vec::new();
    for dialect in Dialect::ALL {
        for model in ["m", "m@tool", "m@parallel-tools"] {
            let mut body = requested(dialect);
            body["model"] = json!(model);
            let response = Scene::new().send(dialect, body, |head| head).await;
            all.push((dialect, text(response).await.unwrap()));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_complete_body_is_passed_on_unchanged(
        ways in prop::collection::vec(any::<u8>(), 1..64),
        cuts in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            for (dialect, document) in documents().await {
                let sent = rewritten(&document, &ways);
                let same = |text: &str| {
                    serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')).unwrap()
                };
                assert_eq!(same(&sent), same(&document), "it says something else");
                let (got, end) = delivered(dialect, &sent, &cuts).await;
                assert_eq!(got, sent.as_bytes(), "{dialect}");
                assert_eq!(end, End::Complete, "{dialect}");
            }
        });
    }
}
