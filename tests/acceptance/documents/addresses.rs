//! Each address that a reader copies is one at which the engine answers.

use serde_json::{Value, json};

use super::markdown::{Code, code};
use super::pages::pages;
use crate::desk::Desk;

const COPIED: &str = "http://127.0.0.1:4747/t/TOKEN";

/// A base URL with the address and the token of this engine instead of those of the documents.
pub(super) fn here(desk: &Desk, text: &str) -> String {
    let base = desk.base();
    let (address, token) = base.split_once("/t/").unwrap();
    let port = address.rsplit(':').next().unwrap();
    text.replace(COPIED, &base)
        .replace("TOKEN", token)
        .replace("4747", port)
}

/// A request to a base URL, as a client of each dialect completes it.
pub(super) async fn answers(desk: &Desk, base: &str) -> Result<(), String> {
    let base = base.trim_end_matches('/');
    let messages = json!([{ "role": "user", "content": "Hello" }]);
    let body = json!({ "model": "rehearsal/steady", "max_tokens": 50, "messages": messages });
    let urls = match base {
        base if base.ends_with("/v1/messages") => vec![base.to_owned()],
        base if base.ends_with("/v1") => vec![
            format!("{base}/chat/completions"),
            format!("{base}/messages"),
        ],
        base => vec![format!("{base}/v1/messages")],
    };
    for url in urls {
        let sent = desk.http.post(&url).json(&body).send().await;
        let response = sent.map_err(|error| format!("{url}: {error}"))?;
        let status = response.status();
        let body: Value = response.json().await.unwrap_or_default();
        if status != 200 || !body.to_string().contains("rehearsal answer") {
            return Err(format!("{url}: {status}: {body}"));
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_in_the_documentation_leads_to_the_engine() {
    let desk = Desk::started();
    let (mut count, mut wrong) = (0, Vec::new());
    for page in pages() {
        for piece in code(&page.text) {
            let lines = match piece {
                Code::Span { text, .. } => vec![text],
                Code::Block { lines, .. } => lines,
            };
            for (at, line) in lines
                .iter()
                .flat_map(|line| line.match_indices(COPIED).map(move |(at, _)| (at, line)))
            {
                let address = &line[at..];
                let end = address.find(['"', '\'', ' ', '`']).unwrap_or(address.len());
                count += 1;
                if let Err(why) = answers(&desk, &here(&desk, &address[..end])).await {
                    wrong.push(format!("{}: {line}: {why}", page.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 30, "{count} addresses were found");
}
