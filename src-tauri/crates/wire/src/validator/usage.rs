//! Parses usage in each dialect, in all places where vendors send it.

use catalog::Tokens;
use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::value::RawValue;

use super::lenient::Count;

/// The token counts of a response. Of each count, the last value that is present and not zero applies: counts are
/// cumulative in all dialects, some vendors correct them downwards, and some send zeros for unknown values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Input tokens: without cached ones in Messages, with them in the other dialects.
    pub(super) input: Option<u64>,
    pub(super) output: Option<u64>,
    pub(super) total: Option<u64>,
    pub(super) cache_read: Option<u64>,
    pub(super) cache_write: Option<u64>,
    /// Of `cache_write`: for an hour.
    pub(super) cache_write_hour: Option<u64>,
}

impl Counts {
    /// True: at least one count is present.
    pub(super) fn update(&mut self, reported: Counts) -> bool {
        let mut any = false;
        for (slot, reported) in [
            (&mut self.input, reported.input),
            (&mut self.output, reported.output),
            (&mut self.total, reported.total),
            (&mut self.cache_read, reported.cache_read),
            (&mut self.cache_write, reported.cache_write),
            (&mut self.cache_write_hour, reported.cache_write_hour),
        ] {
            if let Some(count) = reported.filter(|count| *count > 0) {
                *slot = Some(count);
                any = true;
            }
        }
        any
    }

    /// Counts each token once. `apart`: `input` does not include cached tokens (Messages).
    pub(super) fn tokens(&self, apart: bool) -> Tokens {
        let [prompt, output, total, cache_read, cache_write] = [
            self.input,
            self.output,
            self.total,
            self.cache_read,
            self.cache_write,
        ]
        .map(Option::unwrap_or_default);
        let cached = if apart {
            0
        } else {
            cache_read.saturating_add(cache_write)
        };
        // In xAI's and Gemini's usage, only the total includes reasoning.
        let beside = prompt > 0 && total > prompt.saturating_add(output);
        Tokens {
            input: prompt.saturating_sub(cached),
            output: if beside { total - prompt } else { output },
            cache_read,
            cache_write,
            cache_write_hour: self.cache_write_hour.unwrap_or_default().min(cache_write),
        }
    }
}

/// The usage object of Messages.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct MessagesUsage {
    input_tokens: Count,
    output_tokens: Count,
    cache_creation_input_tokens: Count,
    cache_read_input_tokens: Count,
    cache_creation: Observed<ByLifetime>,
    /// The tier that was used ("Service tiers").
    pub(super) service_tier: Observed<Option<String>>,
}

/// `cache_creation`: tokens written to the cache, by lifetime (Anthropic docs, "Prompt caching").
#[derive(Default, Deserialize)]
#[serde(default)]
struct ByLifetime {
    ephemeral_5m_input_tokens: Count,
    ephemeral_1h_input_tokens: Count,
}

impl MessagesUsage {
    pub(super) fn counts(&self) -> Counts {
        let parts = &self.cache_creation.0;
        let hour = parts.ephemeral_1h_input_tokens.0;
        let parts = [parts.ephemeral_5m_input_tokens.0, hour];
        let parts = parts.into_iter().flatten().reduce(u64::saturating_add);
        Counts {
            input: self.input_tokens.0,
            output: self.output_tokens.0,
            total: None,
            cache_read: self.cache_read_input_tokens.0,
            cache_write: first([self.cache_creation_input_tokens.0, parts]),
            cache_write_hour: hour,
        }
    }
}

/// The usage object of Chat and Responses, with the field names of all known vendors.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct OpenAiUsage {
    prompt_tokens: Count,
    completion_tokens: Count,
    /// Responses, and routers that use its names in Chat.
    input_tokens: Count,
    output_tokens: Count,
    total_tokens: Count,
    prompt_tokens_details: Observed<InputDetails>,
    input_tokens_details: Observed<InputDetails>,
    /// Moonshot ("Chat", usage) and Together.
    cached_tokens: Count,
    /// DeepSeek ("Context caching"): their sum is the prompt.
    prompt_cache_hit_tokens: Count,
    prompt_cache_miss_tokens: Count,
    /// Anthropic's names, as LiteLLM adds them.
    cache_read_input_tokens: Count,
    cache_creation_input_tokens: Count,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct InputDetails {
    cached_tokens: Count,
    /// OpenAI since GPT-5.6, OpenRouter.
    cache_write_tokens: Count,
    /// LiteLLM.
    cache_creation_tokens: Count,
    /// DashScope ("Context cache").
    cache_creation_input_tokens: Count,
}

impl OpenAiUsage {
    pub(super) fn counts(&self) -> Counts {
        let details = [&self.prompt_tokens_details.0, &self.input_tokens_details.0];
        let [cached, written] = [
            |details: &InputDetails| details.cached_tokens.0,
            |details: &InputDetails| {
                first([
                    details.cache_write_tokens.0,
                    details.cache_creation_tokens.0,
                    details.cache_creation_input_tokens.0,
                ])
            },
        ]
        .map(|count| first(details.map(count)));
        let (hit, miss) = (
            self.prompt_cache_hit_tokens.0,
            self.prompt_cache_miss_tokens.0,
        );
        let prompt = [hit, miss]
            .into_iter()
            .flatten()
            .reduce(u64::saturating_add);
        Counts {
            input: first([self.prompt_tokens.0, self.input_tokens.0, prompt]),
            output: first([self.completion_tokens.0, self.output_tokens.0]),
            total: self.total_tokens.0,
            cache_read: first([
                cached,
                self.cached_tokens.0,
                hit,
                self.cache_read_input_tokens.0,
            ]),
            cache_write: first([written, self.cache_creation_input_tokens.0]),
            cache_write_hour: None,
        }
    }
}

/// The first value that is not zero; else a zero, if one is present.
fn first<const N: usize>(counts: [Option<u64>; N]) -> Option<u64> {
    let reported = || counts.into_iter().flatten();
    reported()
        .find(|count| *count > 0)
        .or_else(|| reported().next())
}

/// A field that is only observed. A value of another type counts as absent.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed<T>(pub(super) T);

impl<'de, T: Default + serde::de::DeserializeOwned> Deserialize<'de> for Observed<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(from)?;
        Ok(Observed(
            serde_json::from_str(raw.get()).unwrap_or_default(),
        ))
    }
}

#[cfg(test)]
mod tests;
