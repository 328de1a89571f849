//! The table of stop reasons. All dialects share it: routers and compatible servers forward other vendors' stop reasons.

/// Why a response stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The model finished.
    Clean,
    /// The client continues the turn.
    Continues,
    /// Responses: a background response, which the client polls.
    Pending,
    Truncated,
    Refused,
    /// The provider reports a failure.
    Failed,
    /// The table does not have this stop reason.
    Unknown,
}

/// Stop reasons in snake case, with the vendor that documents each. `OpenAI` means Chat; `Responses` means the status of a
/// response or its `incomplete_details.reason`.
const WORDS: &[(&str, Stop)] = &[
    ("stop", Stop::Clean),                              // OpenAI
    ("tool_calls", Stop::Clean),                        // OpenAI
    ("function_call", Stop::Clean),                     // OpenAI, before there were tools
    ("end_turn", Stop::Clean),                          // Anthropic, Bedrock, xAI
    ("stop_sequence", Stop::Clean),                     // Anthropic, Bedrock, watsonx
    ("tool_use", Stop::Clean),                          // Anthropic, Bedrock
    ("completed", Stop::Clean),                         // Responses
    ("eos", Stop::Clean),                               // Together
    ("eos_token", Stop::Clean),                         // Text Generation Inference, watsonx
    ("eos_found", Stop::Clean),                         // LM Studio
    ("stop_string_found", Stop::Clean),                 // LM Studio
    ("complete", Stop::Clean),                          // Cohere
    ("tool_call", Stop::Clean),                         // Cohere
    ("end", Stop::Clean),                               // small servers
    ("endoftext", Stop::Clean),                         // AI21
    ("end_of_text", Stop::Clean),                       // Aleph Alpha
    ("finish", Stop::Clean),                            // Titan on Bedrock
    ("finished", Stop::Clean),                          // Titan on Bedrock
    ("normal", Stop::Clean),                            // ERNIE
    ("pause_turn", Stop::Continues),                    // Anthropic
    ("compaction", Stop::Continues),                    // Anthropic
    ("queued", Stop::Pending),                          // Responses
    ("in_progress", Stop::Pending),                     // Responses
    ("length", Stop::Truncated),                        // OpenAI
    ("max_tokens", Stop::Truncated),                    // Anthropic, Bedrock, Cohere, Gemini
    ("max_output_tokens", Stop::Truncated),             // Responses
    ("max_completion_tokens", Stop::Truncated),         // Azure agents
    ("incomplete", Stop::Truncated),                    // Responses
    ("model_context_window_exceeded", Stop::Truncated), // Anthropic, Bedrock, Z.ai
    ("model_length", Stop::Truncated),                  // Mistral: the prompt filled the window
    ("token_limit", Stop::Truncated),                   // watsonx
    ("max_output", Stop::Truncated),                    // MiniMax
    ("maximum_tokens", Stop::Truncated),                // Aleph Alpha
    ("max_predicted_tokens_reached", Stop::Truncated),  // LM Studio
    ("context_length_reached", Stop::Truncated),        // LM Studio
    ("repetition", Stop::Truncated),                    // vLLM: cut where the text repeats itself
    ("refusal", Stop::Refused),                         // Anthropic
    ("content_filter", Stop::Refused),                  // OpenAI, Responses
    ("content_filtered", Stop::Refused),                // Bedrock
    ("guardrail_intervened", Stop::Refused),            // Bedrock
    ("sensitive", Stop::Refused),                       // Z.ai
    ("safety", Stop::Refused),                          // Gemini, as all to `model_armor`
    ("recitation", Stop::Refused),
    ("blocklist", Stop::Refused),
    ("prohibited_content", Stop::Refused),
    ("spii", Stop::Refused),
    ("image_safety", Stop::Refused),
    ("language", Stop::Refused),
    ("model_armor", Stop::Refused),
    ("error_toxic", Stop::Refused),                 // Cohere
    ("network_error", Stop::Failed),                // Z.ai
    ("insufficient_system_resource", Stop::Failed), // DeepSeek
    ("time_limit", Stop::Failed),                   // watsonx
    ("function_call_filter", Stop::Failed),         // Gemini's Chat endpoint
    ("unexpected_tool_call", Stop::Failed),         // Gemini
    ("too_many_tool_calls", Stop::Failed),          // Gemini
    ("missing_thought_signature", Stop::Failed),    // Gemini
    ("error_limit", Stop::Failed),                  // Cohere
    ("user_stopped", Stop::Failed),                 // LM Studio
    ("model_unloaded", Stop::Failed),               // LM Studio
];

/// Parts of a stop reason that mean failure for any vendor: vLLM's and SGLang's `abort`, Responses' `failed`, Gemini's
/// `MALFORMED_FUNCTION_CALL`, or an error type from a router.
const FAILURES: &[&str] = &[
    "abort",
    "aborted",
    "cancel",
    "canceled",
    "cancelled",
    "disconnected",
    "error",
    "exception",
    "fail",
    "failed",
    "failure",
    "interrupted",
    "malformed",
    "overloaded",
    "timeout",
    "unavailable",
];

/// Values for "not finished yet": watsonx documents `not_finished`, Gemini the unspecified reason. DashScope sends `"null"`,
/// SGLang and others an empty string (sgl-project/sglang#3912, sashabaranov/go-openai#677).
const NONE: &[&str] = &[
    "",
    "null",
    "none",
    "nil",
    "undefined",
    "not_finished",
    "finish_reason_unspecified",
];

/// The stop reason of a stream so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stopped {
    stop: Option<Stop>,
    /// Content followed an unknown reason, so this server's unknown values are not stop reasons.
    discredited: bool,
}

impl Stopped {
    /// Takes a new reason. True: it is a stop reason.
    pub(super) fn at(&mut self, reason: &str) -> bool {
        let stop = stop(reason).filter(|stop| match stop {
            // Only Responses has background responses; elsewhere such a word means "not finished yet".
            Stop::Pending => false,
            Stop::Unknown => !self.discredited,
            Stop::Clean | Stop::Continues | Stop::Truncated | Stop::Refused | Stop::Failed => true,
        });
        self.stop = stop.or(self.stop);
        stop.is_some()
    }

    /// Content followed: discards an unknown reason. True: there was one.
    pub(super) fn discard_unknown(&mut self) -> bool {
        let unknown = self.stop == Some(Stop::Unknown);
        if unknown {
            (self.stop, self.discredited) = (None, true);
        }
        unknown
    }

    /// `None`: not stopped yet. An unknown reason counts only after the terminal event.
    pub(super) fn by(&self, ended: bool) -> Option<Stop> {
        self.stop.filter(|stop| ended || *stop != Stop::Unknown)
    }
}

/// A client that receives this reason considers the response finished.
pub(crate) fn ends(reason: &str) -> bool {
    Stopped::default().at(reason)
}

/// `None`: not a stop reason.
pub(super) fn stop(reason: &str) -> Option<Stop> {
    let word = snake(reason);
    if NONE.contains(&word.as_str()) {
        return None;
    }
    if let Some(stop) = known(&word) {
        return Some(stop);
    }
    // Gemini's Chat endpoint names the filter, then the reason: `content_filter: RECITATION`.
    let parts = reason.split(':').map(snake);
    let stop = parts.map(|part| known(&part)).find_map(|stop| stop);
    Some(stop.unwrap_or(Stop::Unknown))
}

fn known(word: &str) -> Option<Stop> {
    let listed = WORDS.iter().find(|(listed, _)| *listed == word);
    let fails = word.split('_').any(|part| FAILURES.contains(&part));
    listed
        .map(|(_, stop)| *stop)
        .or(fails.then_some(Stop::Failed))
}

/// `MAX_TOKENS`, `tool-calls`, `maxTokens` → snake case.
fn snake(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 4);
    let mut lower = false;
    for c in word.trim().chars() {
        if c.is_ascii_uppercase() && lower {
            out.push('_');
        }
        lower = c.is_ascii_lowercase();
        match c {
            '-' | ' ' => out.push('_'),
            c => out.push(c.to_ascii_lowercase()),
        }
    }
    out
}

#[cfg(test)]
mod tests;
