//! Recognizes context-length errors of all vendors, and reads the context window that they name.

/// Parts of a context-length error's text, in lower case. The tests list the vendors' full texts with their sources.
pub(super) const TOO_LONG: &[&str] = &[
    "context_length_exceeded",
    "context length exceeded",
    "context_window_exceeded",
    "model_context_window_exceeded",
    "exceed_context_size",
    "model_max_prompt_tokens_exceeded",
    "tokens_limit_reached",
    "token_quantity_exceeded",
    "maximum context length",
    "maximum model length",
    "maximum prompt length",
    "maximum allowed input length",
    "max input tokens",
    "max input limit",
    "exceeds the maximum number of tokens",
    "input token count exceeds",
    "input tokens exceed",
    "exceeds the maximum input length",
    "model only supports up to",
    "prompt is too long",
    "prompt too long",
    "prompt exceeds max length",
    "input is too long",
    "input too long",
    "exceed context limit",
    "exceeds the context window",
    "exceeds the available context",
    "exceeds the context length",
    "exceeds context length",
    "exceeded max context length",
    "exceeded model token limit",
    "context window exceeds limit",
    "prompt token count of",
    "larger than the context",
    "longer than the model's context",
    "greater than the context length",
    "context the overflows",
    "configured context size is",
    "context length is only",
    "exceeds the max_model_len",
    "exceeds max_model_len",
    "is too long and exceeds limit of",
    "too long to fit into the model (context length",
    "max_tokens must be at least 1, got -",
    "too large for model with",
    "cannot exceed the total tokens limit",
    "tokens in the prompt cannot exceed",
    "too many tokens: total number of tokens",
    "too many tokens: size limit exceeded",
    "range of input length should be",
    "`max_new_tokens` must be <=",
    "`inputs` must have less than",
    "request body too large for",
    "reduce the length of the messages",
    "reduce the length of your prompt",
    "输入长度超过",
];

/// Text before and after the window's number.
const WINDOW: &[(&str, &str)] = &[
    ("maximum context length is ", ""), // OpenAI, DeepSeek, OpenRouter, vLLM
    ("maximum context length of ", ""), // LiteLLM, SGLang
    ("maximum context length (", ")"),  // vLLM
    ("too large for model with ", " maximum"), // Mistral
    ("maximum model length of ", ""),   // vLLM
    ("context length is only ", ""),    // vLLM: before its `maximum input length of`
    ("exceeds the max_model_len ", ""), // vLLM
    ("exceeds max_model_len ", ""),     // vLLM
    ("too long and exceeds limit of ", ""), // vLLM
    ("(context length ", ")"),          // vLLM
    ("maximum prompt length is ", ""),  // xAI
    ("model maximum context length: ", ""), // Fireworks
    ("maximum allowed input length of ", ""), // OpenRouter
    ("max input limit of ", ""),
    ("maximum number of tokens allowed (", ")"), // Gemini
    ("maximum input length of ", ""),
    ("only supports up to ", ""),     // Vertex
    ("context length (", ""),         // Together, SGLang
    ("context length of only ", ""),  // LM Studio
    ("model token limit: ", ""),      // Moonshot
    ("exceed context limit: ", ""),   // Anthropic: `a + b > window`, read below
    ("available context size (", ""), // llama.cpp
    ("configured context size is ", ""),
    ("max input tokens: ", ""),                    // Titan on Bedrock
    ("total tokens limit ", ""),                   // watsonx
    ("in the prompt cannot exceed ", ""),          // Cohere
    ("range of input length should be [1, ", "]"), // DashScope
    ("`max_new_tokens` must be <= ", ""),          // Text Generation Inference
    ("`inputs` must have less than ", ""),         // Text Generation Inference
    ("max size: ", " tokens"),                     // GitHub Models
    ("exceeds the limit of ", ""),                 // Copilot
    ("while limit is ", ""),                       // Cerebras
    ("> ", " maximum"),                            // Anthropic
];

/// A window outside this range is not plausible.
const PLAUSIBLE: std::ops::RangeInclusive<u64> = 256..=100_000_000;

/// The window in tokens that an error names. `text`: in lower case.
pub(super) fn window(text: &str) -> Option<u64> {
    WINDOW.iter().find_map(|(before, after)| {
        let mut places = text
            .match_indices(before)
            .map(|(at, _)| &text[at + before.len()..]);
        places.find_map(|rest| {
            // `190000 + 32000 > 200000`: the sum is the requested length.
            let rest = match (*before, rest.split_once("> ")) {
                ("exceed context limit: ", Some((_, window))) => window,
                _ => rest,
            };
            let (number, rest) = count(rest)?;
            (rest.starts_with(after) && PLAUSIBLE.contains(&number)).then_some(number)
        })
    })
}

/// `131072`, `1,048,576`, `1_048_576`, and what follows.
fn count(text: &str) -> Option<(u64, &str)> {
    let length = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '_')))
        .unwrap_or(text.len());
    // A trailing comma is not part of the number.
    let number = text[..length].trim_end_matches([',', '_']);
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    Some((digits.parse().ok()?, &text[number.len()..]))
}

#[cfg(test)]
mod tests;
