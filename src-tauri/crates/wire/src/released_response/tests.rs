use catalog::Dialect;
use http::StatusCode;

use super::{CannotRestart, ReleasedResponse};
use crate::{GatewayError, RequestFields, Validator};

fn released(dialect: Dialect, stream: &str) -> ReleasedResponse {
    let mut released = ReleasedResponse::new(dialect);
    released.push(stream.as_bytes());
    released
}

fn ask(dialect: Dialect) -> RequestFields {
    RequestFields::read(dialect, br#"{"model":"m"}"#).unwrap()
}

const BLOCK: &str = "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";

#[test]
fn a_block_is_completed_by_its_stop_and_an_item_by_its_done() {
    let mut messages = released(Dialect::Anthropic, BLOCK);
    assert!(!messages.has_completed_block());
    messages.push(b"data: {\"type\":\"content_block_stop\",\"index\":0}\n\n");
    assert!(messages.has_completed_block());
    let mut responses = released(
        Dialect::OpenaiResponses,
        "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"i\"}}\n\n",
    );
    assert!(!responses.has_completed_block());
    responses.push(b"data: {\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"i\"}}\n\n");
    assert!(responses.has_completed_block());
}

/// Held bytes do not count.
#[test]
fn an_error_follows_the_released_part() {
    let responses = released(
        Dialect::OpenaiResponses,
        "data: {\"type\":\"response.created\",\"sequence_number\":4,\"response\":{\"id\":\"resp_1\"}}\n\n",
    );
    let problem = GatewayError {
        status: StatusCode::BAD_GATEWAY,
        message: "The provider was lost.".to_owned(),
    };
    let event = String::from_utf8(responses.error_event(&problem)).unwrap();
    assert!(event.contains("\"sequence_number\":5") && event.contains("resp_1"));
    for (dialect, expected) in [
        (Dialect::Anthropic, "event: error\n"),
        (Dialect::OpenaiChat, "data: {\"error\":"),
    ] {
        let event = released(dialect, "").error_event(&problem);
        assert!(event.starts_with(expected.as_bytes()));
    }
}

#[test]
fn kept_items_are_bounded() {
    let mut responses = released(
        Dialect::OpenaiResponses,
        "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"i\"}}\n\n",
    );
    let delta = format!(
        "data: {{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"{}\"}}\n\n",
        "x".repeat(1 << 20)
    );
    let ask = ask(Dialect::OpenaiResponses);
    for _ in 0..15 {
        responses.push(delta.as_bytes());
    }
    assert!(responses.restart(&ask).is_ok());
    responses.push(delta.as_bytes());
    let too_long = CannotRestart::TooLong(Validator::LIMIT);
    assert_eq!(responses.restart(&ask).err(), Some(too_long));
}

#[test]
fn an_oversize_event_is_unreadable() {
    let mut messages = released(Dialect::Anthropic, BLOCK);
    let mebibyte = vec![b'x'; 1 << 20];
    for _ in 0..17 {
        messages.push(&mebibyte);
    }
    let found = messages.restart(&ask(Dialect::Anthropic)).err();
    assert_eq!(found, Some(CannotRestart::Unreadable));
}

/// Each part needs more memory than its one letter.
#[test]
fn kept_parts_are_bounded() {
    let mut responses = released(
        Dialect::OpenaiResponses,
        "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"i\"}}\n\n",
    );
    for part in 0..=Validator::LIMIT / 256 {
        let delta = format!(
            "data: {{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":{part},\"delta\":\"x\"}}\n\n"
        );
        responses.push(delta.as_bytes());
    }
    let too_long = CannotRestart::TooLong(Validator::LIMIT);
    let found = responses.restart(&ask(Dialect::OpenaiResponses)).err();
    assert_eq!(found, Some(too_long));
}
