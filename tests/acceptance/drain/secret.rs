//! `understudyd review secret`: what signs the deliveries to a webhook.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Receiver, Rig, SECRET, exported, signed_with};

const NEXT: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

async fn refused(rig: &Rig, pipeline: &str, secret: &str) -> String {
    let entry = json!({ "pipeline": pipeline, "secret": secret });
    let put = rig.desk.control(Method::PUT, "/review/secret", Some(entry));
    let (status, body) = put.await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    body["error"].as_str().unwrap().to_owned()
}

fn stored(rig: &Rig, secret: &str) -> String {
    let command = ["review", "secret", "--pipeline", "Leads"];
    rig.desk.output_with_input(&command, &format!("{secret}\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhooks_secret_signs_the_next_delivery_and_a_new_one_replaces_it() {
    let (receiver, address) = Receiver::start().await;
    let rig = Rig::new(&format!(
        "delivery = {{ url = \"{address}/hook\" }}\ndrain = true"
    ))
    .await;
    let wrong = refused(&rig, "Leads", "hunter2").await;
    assert!(wrong.contains("`whsec_` and 24 to 64 bytes"), "{wrong}");
    let unknown = refused(&rig, "Leeds", SECRET).await;
    assert_eq!(unknown, "the pipeline Leeds has no webhook");

    let mut shown = Vec::new();
    for (item, secret) in [("a", SECRET), ("b", NEXT)] {
        let printed = stored(&rig, secret);
        // These tests have no keychain.
        assert!(
            printed.contains("is used only until the engine stops"),
            "{printed}"
        );
        shown.push(printed);
        let id = rig.park(item, &[]).await;
        rig.heals().await;
        rig.settled(&id, "Delivered to the webhook.").await;
        let calls = receiver.calls();
        let call = calls.last().unwrap();
        assert_eq!(call.headers["webhook-id"], *id);
        signed_with(call, secret);
    }
    assert_eq!(receiver.calls().len(), 2);
    shown.extend([rig.desk.log(), exported(&rig.desk)]);
    for text in shown {
        assert!(!text.contains("whsec_"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_has_one_place() {
    let rig =
        Rig::new("delivery = { url = \"http://127.0.0.1:9/hook\", secret_env = \"LEADS_SECRET\" }")
            .await;
    let two = refused(&rig, "Leads", SECRET).await;
    assert_eq!(
        two,
        "the secret of this webhook comes from the variable LEADS_SECRET"
    );
    let fetched = Rig::new("delivery = \"fetch\"").await;
    let none = refused(&fetched, "Leads", SECRET).await;
    assert_eq!(none, "the pipeline Leads has no webhook");
}
