//! Bytes after the semantic end change nothing: the response passed the completion check before them.

use catalog::Dialect;
use gateway::End;

use crate::world::{Scene, text};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n\
event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n\
event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"All of it.\"}}\n\n\
event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":4}}\n\n\
event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";

#[tokio::test(start_paused = true)]
async fn end_turn_and_then_an_error_event_is_a_complete_response() {
    let mut scene = Scene::answering(ANSWER);
    let received = text(scene.ask(Dialect::Anthropic).await).await.unwrap();
    assert!(
        received.contains("All of it.") && received.contains("end_turn"),
        "{received}"
    );
    assert_eq!(
        received.matches("event: message_stop").count(),
        1,
        "{received}"
    );
    assert!(!received.contains("event: error"), "{received}");
    let (requested, end) = scene.requested().await;
    assert_eq!((requested, end), (vec!["lead".to_owned()], End::Complete));
}
