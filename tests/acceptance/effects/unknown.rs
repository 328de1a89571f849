//! Requests that were sent without a complete response.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::receiver::{Behaviour, Receiver};
use super::{desk, effect, keyed, received};
use crate::desk::text;

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_parked_and_never_sent_again() {
    for behaviour in [Behaviour::Cuts, Behaviour::CutsInResponse] {
        let receiver = Receiver::start().await;
        receiver.next([behaviour]);
        let mut desk = desk(&effect("invoice", &receiver, ""));
        let lost = received(keyed(&desk, "order-17").header("x-understudy-item", "lead-17")).await;
        assert_eq!(lost.status, StatusCode::BAD_GATEWAY, "{lost:?}");
        let id = lost.id.clone().unwrap();
        assert_eq!(lost.body["error"]["type"], "outcome_unknown");
        let message = lost.body["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("settle {id}")), "{message}");

        let open = desk.until("parked", |s| s.effects_open == 1).await;
        let notified = open.notifications.iter().find(|n| n.thread == "effects");
        let notified = notified.unwrap();
        assert_eq!(notified.title, "1 side effect needs your decision");
        assert!(
            notified.body.contains("invoice for lead-17"),
            "{notified:?}"
        );
        let problem = &open.engine.problems[0];
        assert!(problem.fix.contains("understudyd effects"), "{problem:?}");

        let again = received(keyed(&desk, "order-17")).await;
        assert_eq!((again.status, &again.id), (lost.status, &lost.id));
        desk.kill();
        desk.start();
        assert_eq!(desk.snapshot().await.effects_open, 1);
        assert_eq!(received(keyed(&desk, "order-17")).await.id, lost.id);
        assert_eq!(receiver.requests().len(), 1);

        let list = desk.printed(&["effects"]);
        assert!(list.contains(&id) && list.contains("unknown"), "{list}");
        let settled = desk.printed(&[
            "effects",
            "settle",
            &id,
            "--arrived",
            "--status",
            "201",
            "--body",
            "{\"number\":\"INV-17\"}",
        ]);
        assert!(settled.contains("arrived"), "{settled}");
        desk.until("settled", |s| s.effects_open == 0).await;
        let replayed = received(keyed(&desk, "order-17")).await;
        assert_eq!(replayed.status, StatusCode::CREATED);
        assert_eq!(replayed.body["number"], "INV-17");
        assert_eq!(replayed.headers["content-type"], "application/json");
        assert_eq!(receiver.requests().len(), 1);
        let again = desk.run(&["effects", "settle", &id, "--send-again"]);
        assert_eq!(again.status.code(), Some(2));
        assert!(text(&again.stderr).contains("is done"), "{again:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_word_sends_it_again() {
    let receiver = Receiver::start().await;
    receiver.next([Behaviour::Cuts, Behaviour::Cuts]);
    let desk = desk(&effect("invoice", &receiver, ""));
    let lost = received(keyed(&desk, "order-17")).await;
    let path = format!("/effects/{}/settle", lost.id.clone().unwrap());
    let again = Some(json!({ "as": "send_again" }));
    for sent in [2, 3] {
        let (status, accepted) = desk.control(Method::POST, &path, again.clone()).await;
        assert!(status.is_success(), "{accepted}");
        let settled = received(keyed(&desk, "order-17")).await;
        assert_eq!(receiver.requests().len(), sent, "{settled:?}");
    }
    let done = received(keyed(&desk, "order-17")).await;
    assert_eq!((done.status, done.replayed), (StatusCode::CREATED, true));

    receiver.next([Behaviour::Cuts]);
    let dropped = received(keyed(&desk, "order-18")).await.id.unwrap();
    desk.printed(&["effects", "settle", &dropped, "--drop"]);
    let afresh = received(keyed(&desk, "order-18")).await;
    assert_eq!(
        afresh.status,
        StatusCode::CREATED,
        "its key is free: {afresh:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_honours_keys_gets_the_same_key_again() {
    let receiver = Receiver::start().await;
    receiver.next([
        Behaviour::Cuts,
        Behaviour::CutsInResponse,
        Behaviour::Answers(503),
    ]);
    let desk = desk(&effect("invoice", &receiver, "honours_key = true"));
    let sent = received(keyed(&desk, "order-17")).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{sent:?}");
    assert_eq!(sent.body["number"], "INV-0");
    assert_eq!(receiver.keys()["order-17"], 4);
    assert_eq!(desk.snapshot().await.effects_open, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_parks_what_it_sent_and_repeats_what_may_be_repeated() {
    let (parks, repeats) = (Receiver::start().await, Receiver::start().await);
    parks.next([Behaviour::Holds]);
    repeats.next([Behaviour::Holds]);
    let settings =
        effect("invoice", &parks, "") + &effect("e-mail", &repeats, "honours_key = true");
    let mut desk = desk(&settings);
    let (mut parked, mut repeated) = (parks.events(), repeats.events());
    for name in ["invoice", "e-mail"] {
        let request = super::post(&desk, name, &super::invoice());
        tokio::spawn(request.header("idempotency-key", "order-17").send());
    }
    parked.recv().await.unwrap();
    repeated.recv().await.unwrap();
    desk.kill();
    desk.start();
    // Nothing but the start continues them.
    repeated.recv().await.unwrap();
    desk.until("parked", |s| s.effects_open == 1).await;
    let lost = received(keyed(&desk, "order-17")).await;
    assert_eq!(lost.body["error"]["type"], "outcome_unknown");
    let message = lost.body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("The engine ended while it was sent"),
        "{message}"
    );
    let request = super::post(&desk, "e-mail", &super::invoice());
    let done = received(request.header("idempotency-key", "order-17")).await;
    assert_eq!((done.status, done.replayed), (StatusCode::CREATED, true));
    assert_eq!((parks.requests().len(), repeats.requests().len()), (1, 2));
    let listed: Value =
        serde_json::from_str(&desk.printed(&["effects", "list", "--all", "--json"])).unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");
}

/// Window, tray menu, command line and notification name the same number.
#[tokio::test(flavor = "multi_thread")]
async fn each_face_counts_the_side_effects_that_wait() {
    let receiver = Receiver::start().await;
    receiver.next([Behaviour::Cuts, Behaviour::Cuts]);
    let desk = desk(&effect("invoice", &receiver, ""));
    let mut ids = Vec::new();
    for key in ["order-17", "order-18"] {
        ids.push(received(keyed(&desk, key)).await.id.unwrap());
    }
    let open = desk.until("parked", |s| s.effects_open == 2).await;
    let sentence = "2 side effects need your decision";
    let problem = &open.engine.problems[0];
    assert_eq!(problem.what, format!("{sentence}."));
    assert_eq!(problem.view, Some(api::View::Review));
    let needs = api::MenuLine::Action {
        label: format!("Needs you: {sentence}"),
        command: api::Command::OpenWindow {
            view: api::View::Review,
        },
        checked: None,
    };
    assert!(open.tray.menu.contains(&needs), "{:?}", open.tray.menu);
    let status = text(&desk.run(&["status"]).stdout);
    assert!(status.contains(sentence), "{status}");

    let page = desk.get("/effects").await;
    let url = receiver.url();
    let host = url.trim_start_matches("http://").split('/').next().unwrap();
    for one in page["items"].as_array().unwrap() {
        assert_eq!(one["receiver"], host, "{one}");
        assert_eq!(one["honours_key"], false, "{one}");
    }
    desk.printed(&["effects", "settle", &ids[0], "--drop"]);
    let one = desk.until("one left", |s| s.effects_open == 1).await;
    assert_eq!(
        one.engine.problems[0].what,
        "1 side effect needs your decision."
    );
    // Another window has decided already.
    let path = format!("/effects/{}/settle", ids[0]);
    let late = desk.control(Method::POST, &path, Some(json!({ "as": "send_again" })));
    let (status, refused) = late.await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        refused["error"].as_str().unwrap().contains("is dropped"),
        "{refused}"
    );
}
