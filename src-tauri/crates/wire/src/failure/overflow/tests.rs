//! Vendors' texts for a context that is too long. Sources: the vendors' references, and earendil-works/pi,
//! `packages/ai/src/utils/overflow.ts`, which collects public reports.

use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::super::{FailureClass, classify_by, read_broken};
use crate::Broken;

/// Vendor, status, text, and the window that the text names.
const TEXTS: &[(&str, u16, &str, Option<u64>)] = &[
    (
        "Anthropic",
        400,
        "prompt is too long: 213462 tokens > 200000 maximum",
        Some(200_000),
    ),
    (
        "Anthropic",
        400,
        "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length or `max_tokens` and try again",
        Some(200_000),
    ),
    (
        "OpenAI",
        400,
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens. Please reduce the length of the messages.",
        Some(128_000),
    ),
    (
        "OpenAI, Responses",
        400,
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        None,
    ),
    (
        "Gemini",
        400,
        "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
        Some(1_048_575),
    ),
    (
        "Gemini",
        400,
        "The input token count exceeds the maximum number of tokens allowed 1048576.",
        None,
    ),
    (
        "Vertex AI",
        400,
        "Unable to submit request because the input token count is 1048577 but model only supports up to 1048576. Reduce the input token count and try again.",
        Some(1_048_576),
    ),
    (
        "xAI",
        400,
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        Some(131_072),
    ),
    (
        "Moonshot",
        400,
        "Invalid request: Your request exceeded model token limit: 262144 (requested: 291351)",
        Some(262_144),
    ),
    (
        "Moonshot",
        400,
        "Your request exceeded model token limit",
        None,
    ),
    (
        "Mistral",
        400,
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        Some(32_768),
    ),
    (
        "Together",
        400,
        "The input (150000 tokens) is longer than the model's context length (131072 tokens).",
        Some(131_072),
    ),
    (
        "Together",
        422,
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 8000 `inputs` tokens and 1024 `max_new_tokens`",
        Some(8193),
    ),
    (
        "Fireworks",
        400,
        "The prompt is too long: 206131, model maximum context length: 163839",
        Some(163_839),
    ),
    (
        "vLLM",
        400,
        "This model's maximum context length is 32768 tokens. However, you requested 33000 output tokens and your prompt contains at least 12 input tokens",
        Some(32_768),
    ),
    (
        "vLLM",
        400,
        "The decoder prompt (length 40000) is longer than the maximum model length of 32768. Make sure that `max_model_len` is no smaller than the number of text tokens.",
        Some(32_768),
    ),
    (
        "vLLM",
        400,
        "Input length (265330) exceeds model's maximum context length (262144).",
        Some(262_144),
    ),
    // vLLM 0.16, `renderers/params.py`.
    (
        "vLLM",
        400,
        "You passed 33537 input tokens and requested 32000 output tokens. However, the model's context length is only 65536 tokens, resulting in a maximum input length of 33536 tokens. Please reduce the length of the input prompt. (parameter=input_tokens, value=33537)",
        Some(65_536),
    ),
    (
        "vLLM",
        400,
        "You passed 900000 input characters and requested 512 output tokens. However, the model's context length is only 16384 tokens, resulting in a maximum input length of 15872 tokens (at most 126976 characters). Please reduce the length of the input prompt.",
        Some(16_384),
    ),
    // vLLM, `entrypoints/openai/serving_engine.py`.
    (
        "vLLM",
        400,
        "'max_tokens' or 'max_completion_tokens' is too large: 8000. This model's maximum context length is 4096 tokens and your request has 2778 input tokens (8000 > 4096 - 2778).",
        Some(4096),
    ),
    (
        "vLLM",
        400,
        "This model's maximum context length is 1536 tokens. However, your request has 4176 input tokens. Please reduce the length of the input messages.",
        Some(1536),
    ),
    // vLLM, `entrypoints/openai/serving_responses.py`.
    (
        "vLLM, Responses",
        400,
        "The engine prompt length 227861 exceeds the max_model_len 131072. Please reduce prompt.",
        Some(131_072),
    ),
    // vllm-project/vllm#10440
    (
        "vLLM",
        400,
        "Input prompt (40014 tokens) is too long and exceeds limit of 32768",
        Some(32_768),
    ),
    // vLLM, `v1/engine/processor.py` of 2025.
    (
        "vLLM",
        400,
        "The prompt (total length 25938) is too long to fit into the model (context length 4096). Make sure that `max_model_len` is no smaller than the number of text tokens plus multimodal tokens.",
        Some(4096),
    ),
    // vllm-project/vllm#36789: the rest of the window is negative.
    (
        "vLLM",
        400,
        "max_tokens must be at least 1, got -7584. (parameter=max_tokens, value=-7584)",
        None,
    ),
    (
        "LiteLLM",
        400,
        "Requested token count exceeds the model's maximum context length of 131072 tokens.",
        Some(131_072),
    ),
    (
        "SGLang",
        400,
        "The input (40000 tokens) is longer than the model's context length (32768 tokens).",
        Some(32_768),
    ),
    (
        "OpenRouter",
        400,
        "This endpoint's maximum context length is 131,072 tokens. However, you requested about 200,000 tokens",
        Some(131_072),
    ),
    (
        "OpenRouter",
        400,
        "Input length 300000 exceeds the maximum allowed input length of 262144 tokens.",
        Some(262_144),
    ),
    (
        "Ollama",
        400,
        "prompt too long; exceeded max context length by 4096 tokens",
        None,
    ),
    (
        "Ollama",
        400,
        "the input length exceeds the context length",
        None,
    ),
    (
        "Ollama",
        500,
        "input length exceeds maximum context length",
        None,
    ),
    (
        "llama.cpp",
        400,
        "the request exceeds the available context size, try increasing it",
        None,
    ),
    (
        "llama.cpp",
        400,
        "request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it",
        Some(8192),
    ),
    (
        "LM Studio",
        400,
        "Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.",
        Some(4096),
    ),
    (
        "LM Studio",
        400,
        "The number of tokens to keep from the initial prompt is greater than the context length.",
        None,
    ),
    (
        "Bedrock",
        400,
        "Input is too long for requested model.",
        None,
    ),
    (
        "Bedrock, Titan",
        400,
        "Too many input tokens. Max input tokens: 8192, request input token count: 9000",
        Some(8192),
    ),
    (
        "Cohere",
        400,
        "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4576. Try using a shorter prompt",
        Some(4081),
    ),
    (
        "Cohere",
        400,
        "too many tokens: size limit exceeded by 11326 tokens. Try using shorter or fewer inputs.",
        None,
    ),
    ("Z.ai 1261", 400, "Prompt exceeds max length", None),
    (
        "DeepSeek",
        400,
        "This model's maximum context length is 65536 tokens. However, you requested 66999 tokens (62903 in the messages, 4096 in the completion).",
        Some(65_536),
    ),
    (
        "DashScope",
        400,
        "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]",
        Some(129_024),
    ),
    (
        "MiniMax",
        400,
        "invalid params, context window exceeds limit (2013)",
        None,
    ),
    (
        "Groq",
        400,
        "Please reduce the length of the messages or completion.",
        None,
    ),
    (
        "Cerebras",
        400,
        "Please reduce the length of the messages or completion. Current length is 10000 while limit is 8192",
        Some(8192),
    ),
    (
        "Copilot",
        400,
        "prompt token count of 130000 exceeds the limit of 128000",
        Some(128_000),
    ),
    (
        "GitHub Models",
        413,
        "Request body too large for gpt-4o model. Max size: 8000 tokens.",
        Some(8000),
    ),
    (
        "watsonx",
        400,
        "Invalid input argument for Model 'x': the number of input tokens 9000 cannot exceed the total tokens limit 8192 for this model",
        Some(8192),
    ),
    (
        "Text Generation Inference",
        422,
        "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000",
        Some(4095),
    ),
    (
        "a small server",
        400,
        "Prompt has 300,000 tokens, but the configured context size is 131,072 tokens",
        Some(131_072),
    ),
];

fn read(status: u16, body: &str) -> (FailureClass, Option<u64>) {
    let status = StatusCode::from_u16(status).unwrap_or_default();
    let failure = classify_by(
        &[],
        status,
        &HeaderMap::new(),
        body.as_bytes(),
        Default::default(),
    );
    (failure.class, failure.window)
}

#[test]
fn every_vendors_context_error_is_recognized_with_its_window() {
    for (vendor, status, words, window) in TEXTS {
        for body in [
            json!({"error": {"message": words, "type": "invalid_request_error", "code": null}}),
            json!({"type": "error", "error": {"type": "invalid_request_error", "message": words}}),
            json!([{"error": {"code": status, "message": words, "status": "INVALID_ARGUMENT"}}]),
            json!({"message": words}),
            json!({"errors": [{"code": "invalid_input_argument", "message": words}]}),
        ] {
            let found = read(*status, &body.to_string());
            assert_eq!(
                found,
                (FailureClass::ContextTooLong, *window),
                "{vendor}: {body}"
            );
        }
        let broken = Broken::ErrorEvent {
            kind: "invalid_request_error".to_owned(),
            message: (*words).to_owned(),
        };
        let (failure, _) = read_broken(&[], &broken);
        assert_eq!(
            (failure.class, failure.window),
            (FailureClass::ContextTooLong, *window),
            "{vendor} in a stream"
        );
    }
}

#[test]
fn codes_and_fields_identify_a_context_error() {
    let table = [
        (
            r#"{"error":{"code":400,"message":"request too long","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":8192}}"#,
            Some(8192),
        ),
        (
            r#"{"error":{"message":"Sorry","code":"context_length_exceeded"}}"#,
            None,
        ),
        (
            r#"{"error":{"message":"Sorry","code":"model_max_prompt_tokens_exceeded"}}"#,
            None,
        ),
        (
            r#"{"error":{"message":"Sorry","code":"tokens_limit_reached"}}"#,
            None,
        ),
    ];
    for (body, window) in table {
        assert_eq!(
            read(400, body),
            (FailureClass::ContextTooLong, window),
            "{body}"
        );
    }
}

/// Similar texts with another meaning.
#[test]
fn similar_texts_about_tokens_have_another_class() {
    let table = [
        (
            429,
            "Too many tokens, please wait before trying again.",
            FailureClass::RateLimit,
        ),
        (
            400,
            "max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens",
            FailureClass::Caller,
        ),
        (
            400,
            "Range of max_tokens should be [1, 8192]",
            FailureClass::Caller,
        ),
        (
            400,
            "max_tokens exceeds the limit of 8192",
            FailureClass::Caller,
        ),
        (
            400,
            "max_tokens must be at least 1, got 0",
            FailureClass::Caller,
        ),
        (
            400,
            "temperature must be at least 0, got -1.",
            FailureClass::Caller,
        ),
        (
            413,
            "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce your message size and try again.",
            FailureClass::RateLimit,
        ),
        (
            413,
            "Request exceeds the maximum size",
            FailureClass::Caller,
        ),
    ];
    for (status, words, class) in table {
        let body = json!({"error": {"message": words}}).to_string();
        assert_eq!(read(status, &body), (class, None), "{words}");
    }
}
