//! A last event without its blank line: parsed if the body ended cleanly, dropped after a cut.

use catalog::Dialect;
use gateway::{End, Restart};

use crate::by_hand::{Beat, STREAM, always, raw, recorded};
use crate::delivery::{delivered, is_complete};
use crate::understudy::speaks_only;
use crate::world::{question, text};

/// openai/openai-node#2726. Most clients drop such an event, so the gateway adds its blank line.
#[tokio::test(start_paused = true)]
async fn the_last_event_is_released_with_its_blank_line() {
    for dialect in Dialect::ALL {
        let events = recorded(dialect, "text").concat();
        for end in ["", "\n"] {
            let sent = events.trim_end().to_owned() + end;
            for piped in [false, true] {
                let (mut scene, _) = always([raw(STREAM), raw(sent.clone())]);
                let response = scene
                    .send(dialect, question(dialect), |head| match piped {
                        true => head.header("x-understudy-pipeline", "leads"),
                        false => head,
                    })
                    .await;
                let received = text(response).await.unwrap();
                let received = received.trim_start_matches(": waiting\n\n");
                assert_eq!(received.trim_end(), events.trim_end(), "{dialect} {end:?}");
                assert!(
                    received.ends_with("\n\n") && is_complete(dialect, received.as_bytes()),
                    "{dialect} {end:?}"
                );
                assert_eq!(
                    scene.requested().await,
                    (vec!["lead".into()], End::Complete)
                );
            }
            for client in Dialect::ALL.into_iter().filter(|client| *client != dialect) {
                let (mut scene, _) = always([raw(STREAM), raw(sent.clone())]);
                scene.change(|config| speaks_only(config, "lead", dialect));
                let received = text(scene.ask(client).await).await.unwrap();
                assert!(
                    is_complete(client, received.as_bytes()),
                    "{client} by {dialect}: {received}"
                );
                let exchange = scene.ended().await;
                assert_eq!(exchange.end, End::Complete, "{client} by {dialect}");
                // The last event with the usage of Chat and Messages arrived before it.
                assert_eq!(exchange.attempts.len(), 1, "{client} by {dialect}");
            }
        }
        // Without Chat's `[DONE]` and Messages' terminal event, the stop reason itself is the last event.
        if dialect != Dialect::OpenaiResponses {
            let mut short = recorded(dialect, "text");
            short.pop();
            let (mut scene, _) = always([raw(STREAM), raw(short.concat().trim_end())]);
            let received = text(scene.ask(dialect).await).await.unwrap();
            assert!(
                is_complete(dialect, received.as_bytes()),
                "{dialect}: {received}"
            );
            assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
        }
    }
}

/// The event that completes the response, without its blank line, and a broken connection: it may be incomplete.
#[tokio::test(start_paused = true)]
async fn after_a_cut_it_is_a_truncated_event() {
    for dialect in Dialect::ALL {
        let check = match dialect {
            Dialect::Anthropic => r#""stop_reason":"end_turn""#,
            Dialect::OpenaiChat => r#""finish_reason":"stop""#,
            Dialect::OpenaiResponses => r#""type":"response.completed""#,
        };
        let events = recorded(dialect, "text");
        let upto = events
            .iter()
            .position(|event| event.contains(check))
            .unwrap();
        let sent = events[..=upto].concat();
        let (mut scene, _) = always([raw(STREAM), raw(sent.trim_end()), Beat::Torn]);
        scene.restarts(Restart::Never);
        let (received, end) = delivered(scene.ask(dialect).await).await;
        let received = String::from_utf8(received).unwrap();
        assert!(
            end.is_err() && !received.contains(check),
            "{dialect}: {received}"
        );
        assert_eq!(scene.requested().await.1, End::Cut, "{dialect}");
    }
}

/// An incomplete event at a clean end is not an event either.
#[tokio::test(start_paused = true)]
async fn a_truncated_event_is_dropped_however_the_body_ends() {
    for dialect in [Dialect::OpenaiChat, Dialect::OpenaiResponses] {
        let events = recorded(dialect, "text").concat();
        let sent = events.clone() + "data: {\"id\":\"half";
        let (mut scene, _) = always([raw(STREAM), raw(sent)]);
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert_eq!(received, events, "{dialect}");
        assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
    }
}
