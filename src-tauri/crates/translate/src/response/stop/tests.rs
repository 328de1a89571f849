use catalog::Dialect;

use super::{anthropic, openai_chat, openai_responses, stop};
use crate::response::UntranslatableResponse;
use wire::{BodyEnd, Completion, Framing, Validator};

/// The provider's dialect and stop reason, and the content of the response (text or tool call); then each client's stop reason.
const TABLE: &str = "
    anthropic        end_turn                      text | end_turn                      stop           completed
    anthropic        end_turn                      tool | tool_use                      tool_calls     completed
    anthropic        tool_use                      tool | tool_use                      tool_calls     completed
    anthropic        tool_use                      text | end_turn                      stop           completed
    anthropic        stop_sequence                 text | stop_sequence                 stop           completed
    anthropic        stop_sequence                 tool | tool_use                      tool_calls     completed
    anthropic        max_tokens                    text | max_tokens                    length         max_output_tokens
    anthropic        max_tokens                    tool | max_tokens                    length         max_output_tokens
    anthropic        model_context_window_exceeded text | model_context_window_exceeded length         max_output_tokens
    anthropic        refusal                       text | refusal                       content_filter content_filter
    anthropic        refusal                       tool | refusal                       content_filter content_filter
    anthropic        pause_turn                    text | -                             -              -
    anthropic        compaction                    text | -                             -              -
    anthropic        stop_of_tomorrow              tool | -                             -              -
    openai-chat      stop                          text | end_turn                      stop           completed
    openai-chat      stop                          tool | tool_use                      tool_calls     completed
    openai-chat      tool_calls                    tool | tool_use                      tool_calls     completed
    openai-chat      tool_calls                    text | end_turn                      stop           completed
    openai-chat      function_call                 tool | tool_use                      tool_calls     completed
    openai-chat      length                        tool | max_tokens                    length         max_output_tokens
    openai-chat      model_length                  text | model_context_window_exceeded length         max_output_tokens
    openai-chat      content_filter                text | refusal                       content_filter content_filter
    openai-chat      error                         text | broken                        broken         broken
    openai-chat      stop_of_tomorrow              text | -                             -              -
    openai-responses completed                     text | end_turn                      stop           completed
    openai-responses completed                     tool | tool_use                      tool_calls     completed
    openai-responses max_output_tokens             tool | max_tokens                    length         max_output_tokens
    openai-responses content_filter                text | refusal                       content_filter content_filter
    openai-responses in_progress                   text | -                             -              -
    openai-responses cancelled                     text | broken                        broken         broken
";

fn document(dialect: &str, word: &str, tool: bool) -> (Dialect, String) {
    match dialect {
        "anthropic" => {
            let content = match tool {
                true => r#"{"type":"tool_use","id":"a","name":"f","input":{}}"#,
                false => r#"{"type":"text","text":"Hi"}"#,
            };
            let document = format!(r#"{{"content":[{content}],"stop_reason":"{word}"}}"#);
            (Dialect::Anthropic, document)
        }
        "openai-chat" => {
            let message = match tool {
                true => r#"{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]}"#,
                false => r#"{"content":"Hi"}"#,
            };
            let choice = format!(r#"{{"message":{message},"finish_reason":"{word}"}}"#);
            (Dialect::OpenaiChat, format!(r#"{{"choices":[{choice}]}}"#))
        }
        _ => {
            let item = match tool {
                true => r#"{"type":"function_call","call_id":"a","name":"f","arguments":"{}"}"#,
                false => r#"{"type":"message","content":[{"type":"output_text","text":"Hi"}]}"#,
            };
            let status = match word {
                "max_output_tokens" | "content_filter" => {
                    format!(r#""incomplete","incomplete_details":{{"reason":"{word}"}}"#)
                }
                word => format!(r#""{word}""#),
            };
            let document = format!(r#"{{"status":{status},"output":[{item}]}}"#);
            (Dialect::OpenaiResponses, document)
        }
    }
}

fn judge(dialect: Dialect, document: &str) -> Completion {
    let mut validator = Validator::new(dialect, Framing::Document);
    validator.push(document.as_bytes(), &mut Vec::new());
    validator.judge(BodyEnd::Clean)
}

#[test]
fn a_stop_reason_has_one_meaning_in_every_dialect() {
    let rows = TABLE.lines().filter(|line| !line.trim().is_empty());
    for row in rows {
        let words: Vec<&str> = row.split_whitespace().collect();
        let [from, word, what, "|", expected @ ..] = &words[..] else {
            panic!("{row}");
        };
        let tool = *what == "tool";
        let (dialect, text) = document(from, word, tool);
        let verdict = judge(dialect, &text);
        let translated = match stop(verdict.clone(), word, tool) {
            Ok(stop) => [
                anthropic(stop),
                openai_chat(stop, false),
                openai_responses(stop, false).unwrap_or("completed"),
            ],
            Err(UntranslatableResponse::Unsayable(_)) => ["-"; 3],
            Err(UntranslatableResponse::Broken(_)) => ["broken"; 3],
        };
        assert_eq!(translated[..], *expected, "{row}");
        // The client's validator has the same verdict on this stop reason as the provider's validator.
        for (to, translated) in ["anthropic", "openai-chat", "openai-responses"]
            .iter()
            .zip(translated)
        {
            if !matches!(translated, "-" | "broken") {
                let (dialect, text) = document(to, translated, tool);
                assert_eq!(judge(dialect, &text), verdict, "{row}: {to}");
            }
        }
    }
}

#[test]
fn a_refusal_text_needs_no_separate_stop_reason() {
    let refusal = stop(Completion::Refused, "stop", false).unwrap();
    assert_eq!(anthropic(refusal), "refusal");
    assert_eq!(openai_chat(refusal, true), "stop");
    assert_eq!(openai_responses(refusal, true), None);
}
