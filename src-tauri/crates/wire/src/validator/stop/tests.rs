use super::{Stop, WORDS, snake, stop};

#[test]
fn blanks_and_their_spellings_are_no_stop_reason() {
    for word in [
        "",
        " ",
        "\t\n",
        "null",
        "NULL",
        "Null",
        " null ",
        "none",
        "None",
        "undefined",
        "not_finished",
        "FINISH_REASON_UNSPECIFIED",
    ] {
        assert_eq!(stop(word), None, "{word:?}");
    }
}

/// The stop reason in the vendor's spelling, and its source.
#[test]
fn stop_reasons_of_vendors() {
    use Stop as S;
    let table: &[(&str, &str, Stop)] = &[
        ("OpenAI API reference, Chat", "stop", S::Clean),
        ("OpenAI API reference, Chat", "content_filter", S::Refused),
        (
            "Anthropic docs, Handling stop reasons",
            "pause_turn",
            S::Continues,
        ),
        ("Together, POST /chat/completions", "eos", S::Clean),
        ("the same, as older models answer", "EOS", S::Clean),
        ("xAI, POST /v1/chat/completions", "end_turn", S::Clean),
        ("Cohere, chat", "COMPLETE", S::Clean),
        ("Cohere, chat", "MAX_TOKENS", S::Truncated),
        ("Cohere, chat", "ERROR", S::Failed),
        ("Cohere, chat", "TIMEOUT", S::Failed),
        ("Cohere, chat", "TOOL_CALL", S::Clean),
        ("AI SDK spelling", "tool-calls", S::Clean),
        ("LM Studio, stopReason", "eosFound", S::Clean),
        (
            "LM Studio, stopReason",
            "maxPredictedTokensReached",
            S::Truncated,
        ),
        ("LM Studio, stopReason", "userStopped", S::Failed),
        ("Z.ai, chat completion", "sensitive", S::Refused),
        ("Z.ai, chat completion", "network_error", S::Failed),
        (
            "Z.ai, chat completion",
            "model_context_window_exceeded",
            S::Truncated,
        ),
        (
            "DeepSeek, create chat completion",
            "insufficient_system_resource",
            S::Failed,
        ),
        (
            "watsonx SDK, TextChatResultChoice.FinishReason",
            "time_limit",
            S::Failed,
        ),
        (
            "watsonx SDK, TextChatResultChoice.FinishReason",
            "cancelled",
            S::Failed,
        ),
        (
            "watsonx SDK, TextChatResultChoice.FinishReason",
            "error",
            S::Failed,
        ),
        ("vllm/v1/engine, FINISH_REASON_STRINGS", "abort", S::Failed),
        (
            "vllm/v1/engine, FINISH_REASON_STRINGS",
            "repetition",
            S::Truncated,
        ),
        ("Mistral, chat", "model_length", S::Truncated),
        ("Bedrock, StopReason", "guardrail_intervened", S::Refused),
        ("Bedrock, StopReason", "malformed_model_output", S::Failed),
        ("Bedrock, StopReason", "malformed_tool_use", S::Failed),
        (
            "Gemini, FinishReason, through a router",
            "MALFORMED_FUNCTION_CALL",
            S::Failed,
        ),
        (
            "Gemini, FinishReason, through a router",
            "SAFETY",
            S::Refused,
        ),
        ("Gemini, FinishReason, through a router", "STOP", S::Clean),
        (
            "Gemini's Chat endpoint (public reports)",
            "function_call_filter: MALFORMED_FUNCTION_CALL",
            S::Failed,
        ),
        (
            "the same, in lower case",
            "function_call_filter: malformed_function_call",
            S::Failed,
        ),
        (
            "the same, a filter",
            "content_filter: RECITATION",
            S::Refused,
        ),
        (
            "the same, a filter",
            "content_filter: PROHIBITED_CONTENT",
            S::Refused,
        ),
        (
            "Portkey, anthropic/chatComplete.ts",
            "overloaded_error",
            S::Failed,
        ),
        ("Messages with a router's word", "error", S::Failed),
        ("nobody", "upstream_timeout", S::Failed),
        ("nobody", "aborted_by_user", S::Failed),
        ("nobody", "stop_of_tomorrow", S::Unknown),
        (
            "Gemini, FinishReason: all other reasons",
            "OTHER",
            S::Unknown,
        ),
    ];
    for (source, word, expected) in table {
        assert_eq!(stop(word), Some(*expected), "{word} ({source})");
    }
}

#[test]
fn every_word_is_listed_once_in_the_spelling_that_is_looked_up() {
    for (at, (word, stop_of)) in WORDS.iter().enumerate() {
        assert_eq!(&snake(word), word);
        assert_eq!(stop(word), Some(*stop_of));
        assert!(
            WORDS[..at].iter().all(|(other, _)| other != word),
            "{word} twice"
        );
    }
}
