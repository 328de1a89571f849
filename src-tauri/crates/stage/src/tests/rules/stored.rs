//! References to responses that a vendor has stored or has not stored.

use catalog::Dialect::OpenaiResponses as RESPONSES;
use serde_json::{Value, json};

use super::{Family, Stage, generate_with, request};
use crate::tests::client::Reply;

async fn send(stage: &Stage, key: &str, body: &Value) -> Reply {
    let header = format!("authorization: Bearer {key}\r\n");
    generate_with(stage, RESPONSES, &header, body).await
}

fn on(previous: &Value, input: Value) -> Value {
    let mut ask = request(RESPONSES, "gpt-6.1-sol", false, "");
    ask["input"] = input;
    ask["previous_response_id"] = previous.clone();
    ask
}

#[tokio::test(start_paused = true)]
async fn only_its_owner_can_refer_to_a_stored_response() {
    for family in [Family::OpenAi, Family::Xai] {
        let stage = Stage::any_model().acting(family);
        let first = send(
            &stage,
            "sk-a",
            &request(RESPONSES, "gpt-6.1-sol@tool", false, "hi"),
        )
        .await
        .json();
        assert_eq!(
            first["store"], true,
            "where the request does not say otherwise"
        );
        let call = &first["output"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["type"] == "function_call")
            .unwrap()["call_id"];
        let result = json!([{"type": "function_call_output", "call_id": call, "output": "done"}]);
        assert_eq!(
            send(&stage, "sk-a", &on(&first["id"], result.clone()))
                .await
                .status,
            200
        );
        let foreign = send(&stage, "sk-b", &on(&first["id"], result)).await;
        assert_eq!(foreign.status, 400);
        assert!(foreign.text().contains("not found"), "{}", foreign.text());
        let unanswered = send(&stage, "sk-a", &on(&first["id"], json!("Go on."))).await;
        assert!(
            unanswered
                .text()
                .contains("No tool output found for function call")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn references_to_items_need_a_stored_response() {
    let stage = Stage::any_model().acting(Family::OpenAi);
    let first = send(
        &stage,
        "sk-a",
        &request(RESPONSES, "gpt-6.1-sol", false, "hi"),
    )
    .await
    .json();
    let reference = |id: &Value| json!([{"type": "item_reference", "id": id}, {"role": "user", "content": "Go on."}]);
    let mut ask = request(RESPONSES, "gpt-6.1-sol", false, "");
    ask["input"] = reference(&first["output"][0]["id"]);
    assert_eq!(send(&stage, "sk-a", &ask).await.status, 200);

    ask["input"] = reference(&json!("msg_of_another_vendor"));
    let reply = send(&stage, "sk-a", &ask).await;
    assert_eq!(reply.status, 404);
    assert!(reply.text().contains("Item with id 'msg_of_another_vendor' not found. Items are not persisted when `store` is set to false."));
}

#[tokio::test(start_paused = true)]
async fn unstored_and_truncated_responses_cannot_be_referred_to() {
    let stage = Stage::any_model().acting(Family::OpenAi);
    let mut ask = request(RESPONSES, "gpt-6.1-sol", false, "hi");
    ask["store"] = false.into();
    let first = send(&stage, "sk-a", &ask).await.json();
    let reply = send(&stage, "sk-a", &on(&first["id"], json!("Go on."))).await;
    assert_eq!(reply.json()["error"]["code"], "previous_response_not_found");

    let cut = send(
        &stage,
        "sk-a",
        &request(RESPONSES, "gpt-6.1-sol@cut-in-text", true, "hi"),
    )
    .await;
    let id = cut.events()[0]["response"]["id"].clone();
    assert_eq!(
        send(&stage, "sk-a", &on(&id, json!("Go on."))).await.status,
        400
    );

    // Without a simulated vendor, every reference is considered valid.
    let plain = Stage::any_model();
    assert_eq!(
        send(&plain, "sk-a", &on(&json!("resp_1"), json!("Go on.")))
            .await
            .status,
        200
    );
}
