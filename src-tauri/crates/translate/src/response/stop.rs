//! Translates stop reasons in both directions. The verdict on the response decides, so that a response ends only after a passed
//! completion check. The provider's stop reason only adds details.

use super::model::Stop;
use super::untranslatable::UntranslatableResponse;
use wire::{Broken, Completion};

/// `word`: the provider's stop reason. `calls`: the response calls a tool of the client, so it is a tool turn whatever the stop
/// reason.
///
/// # Errors The response is broken, or its stop reason exists only in its dialect (`pause_turn`): the word for a finished turn
/// would be false.
pub(crate) fn stop(
    verdict: Completion,
    word: &str,
    calls: bool,
) -> Result<Stop, UntranslatableResponse> {
    match verdict {
        Completion::Complete if calls => Ok(Stop::ToolUse),
        Completion::Complete => Ok(match word {
            "stop_sequence" => Stop::Sequence,
            _ => Stop::EndTurn,
        }),
        Completion::Truncated => Ok(match word {
            "model_context_window_exceeded" | "model_length" => Stop::ContextWindow,
            _ => Stop::MaxTokens,
        }),
        Completion::Refused => Ok(Stop::Refusal),
        Completion::Continues | Completion::Unknown => Err(UntranslatableResponse::Unsayable(
            format!("the stop reason `{word}`"),
        )),
        // No content, or invalid JSON arguments: passed on unchanged, since the client's dialect has the same case.
        Completion::Broken(Broken::Empty) => Ok(Stop::EndTurn),
        Completion::Broken(Broken::InvalidToolInput(_)) => Ok(Stop::ToolUse),
        Completion::Broken(broken) => Err(broken.into()),
    }
}

/// Anthropic docs, "Handling stop reasons".
pub(crate) fn anthropic(stop: Stop) -> &'static str {
    match stop {
        Stop::EndTurn => "end_turn",
        Stop::Sequence => "stop_sequence",
        Stop::ToolUse => "tool_use",
        Stop::MaxTokens => "max_tokens",
        Stop::ContextWindow => "model_context_window_exceeded",
        Stop::Refusal => "refusal",
    }
}

/// OpenAI API reference, `finish_reason`. `declined`: the refusal has its own field, and the reason is `stop`.
pub(crate) fn openai_chat(stop: Stop, declined: bool) -> &'static str {
    match stop {
        Stop::EndTurn | Stop::Sequence => "stop",
        Stop::ToolUse => "tool_calls",
        Stop::MaxTokens | Stop::ContextWindow => "length",
        Stop::Refusal if declined => "stop",
        Stop::Refusal => "content_filter",
    }
}

/// OpenAI API reference, `incomplete_details.reason`; `None`: `completed`. `declined` as above.
pub(crate) fn openai_responses(stop: Stop, declined: bool) -> Option<&'static str> {
    match stop {
        Stop::EndTurn | Stop::Sequence | Stop::ToolUse => None,
        Stop::MaxTokens | Stop::ContextWindow => Some("max_output_tokens"),
        Stop::Refusal if declined => None,
        Stop::Refusal => Some("content_filter"),
    }
}

#[cfg(test)]
mod tests;
