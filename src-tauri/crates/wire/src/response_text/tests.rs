use super::*;

#[test]
fn the_text_of_a_response_in_every_dialect_and_framing() {
    for (dialect, framing, body) in [
        (
            Dialect::Anthropic,
            Framing::Document,
            r#"{"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"Four"},{"type":"tool_use","name":"n","input":{}},{"type":"text","text":"-two"}]}"#,
        ),
        (
            Dialect::Anthropic,
            Framing::Stream,
            "data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n\
             data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n\
             data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
             data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Four\"}}\n\n\
             data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"-two\"}}\n\n",
        ),
        (
            Dialect::OpenaiChat,
            Framing::Document,
            r#"{"choices":[{"message":{"content":"Four-two"}},{"message":{"content":"another"}}]}"#,
        ),
        (
            Dialect::OpenaiChat,
            Framing::Stream,
            "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"another\"}},{\"index\":0,\"delta\":{\"content\":\"Four-\"}}]}\n\n\
             data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"two\"}}]}\n\ndata: [DONE]\n\n",
        ),
        (
            Dialect::OpenaiResponses,
            Framing::Document,
            r#"{"output":[{"type":"reasoning","content":[]},{"type":"message","content":[{"type":"output_text","text":"Four-two"}]}]}"#,
        ),
        (
            Dialect::OpenaiResponses,
            Framing::Stream,
            "data: {\"type\":\"response.output_text.delta\",\"delta\":\"Four-\"}\n\n\
             data: {\"type\":\"response.reasoning_summary_text.delta\",\"delta\":\"hm\"}\n\n\
             data: {\"type\":\"response.output_text.delta\",\"delta\":\"two\"}\n\n\
             data: {\"type\":\"response.output_text.done\",\"text\":\"Four-two\"}\n\n",
        ),
    ] {
        assert_eq!(
            response_text(dialect, framing, body.as_bytes()),
            "Four-two",
            "{dialect} {framing:?}"
        );
    }
}

#[test]
fn an_invalid_body_has_no_text() {
    for dialect in Dialect::ALL {
        for framing in [Framing::Document, Framing::Stream] {
            for body in [
                "",
                "<html>",
                "[]",
                "data: 1\n\n",
                r#"{"choices":[],"content":7}"#,
            ] {
                assert_eq!(
                    response_text(dialect, framing, body.as_bytes()),
                    "",
                    "{dialect} {body}"
                );
            }
        }
    }
}
