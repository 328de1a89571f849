//! A fallback continues a conversation that the client's vendor stores, also after a restart. The stored copy is never shown,
//! and is erased if the owner does not allow it.

use reqwest::StatusCode;
use serde_json::{Value, json};
use stage::{Family, VendorChoice};

use crate::desk::{Desk, Upstream};

const SECRET: &str = "the launch is on the ninth of May";

fn settings(lead: &Upstream, second: &Upstream, more: &str) -> String {
    let endpoint = |id: &str, base: &str, dialect: &str| {
        format!("[[endpoint]]\nid = \"{id}\"\nbase = \"{base}\"\ndialects = [\"{dialect}\"]\n")
    };
    format!(
        "{more}\n[[route]]\nname = \"work\"\ndialect = \"openai-responses\"\nmodels = \"*\"\n\
         candidates = [\"lead\", {{ endpoint = \"second\", model = \"m\" }}]\n{}{}",
        endpoint("lead", &lead.address, "openai-responses"),
        endpoint("second", &second.address, "openai-chat"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_conversation_continues_at_a_fallback_and_is_deleted_on_demand() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    lead.stage.act(VendorChoice::Family(Family::OpenAi));
    let mut desk = Desk::new();
    desk.settings(&settings(&lead, &second, ""));
    desk.start();
    let first = ask(&desk, &json!({ "model": "m", "input": SECRET })).await;
    desk.printed(&["stop"]);
    assert!(desk.ended().success(), "{}", desk.log());
    assert!(is_in_the_ledger(&desk));

    desk.start();
    lead.stage.outage(Some("503".parse().unwrap()));
    let next = json!({ "model": "m", "input": "When is it?", "previous_response_id": first["id"] });
    ask(&desk, &next).await;
    let received = second.stage.received();
    let sent = String::from_utf8_lossy(&received[0].body);
    for printed in [SECRET, "When is it?"] {
        assert!(sent.contains(printed), "{sent}");
    }

    // The UI and the log contain nothing of it.
    let rows = desk.exchanges(2).await;
    let doctor = desk.get("/doctor").await;
    for shown in [json!(rows).to_string(), desk.log(), doctor.to_string()] {
        assert!(!shown.contains("ninth of May"), "{shown}");
    }

    let off = settings(&lead, &second, "[history]\nkeep_conversations = false\n");
    desk.save_settings(&off).await;
    assert!(!is_in_the_ledger(&desk), "{}", desk.log());
    let response = desk.ask("/v1/responses", &next).await;
    assert_ne!(response.status(), StatusCode::OK);
    assert_eq!(second.posts(), 1, "nothing is guessed");
}

async fn ask(desk: &Desk, body: &Value) -> Value {
    let response = desk.ask("/v1/responses", body).await;
    assert_eq!(response.status(), StatusCode::OK, "{}", desk.log());
    response.json().await.unwrap()
}

/// True if any of its files contains it.
fn is_in_the_ledger(desk: &Desk) -> bool {
    let files = std::fs::read_dir(desk.home.path()).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let of_ledger = files.filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("ledger")
    });
    let holds = |bytes: Vec<u8>| {
        bytes
            .windows(SECRET.len())
            .any(|part| part == SECRET.as_bytes())
    };
    of_ledger
        .filter_map(|path| std::fs::read(path).ok())
        .any(holds)
}
