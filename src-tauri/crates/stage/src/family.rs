//! The vendors that the stage can act, one file each: what each refuses, how it words its troubles, how it streams, counts and
//! caches. What no source documents is left absent.

use catalog::Dialect;
use serde_json::Value;

mod acting;
mod anthropic;
mod deepseek;
mod gemini;
mod groq;
mod mistral;
mod moonshot;
mod ollama;
mod openai;
mod openrouter;
mod schema;
mod together;
mod vendor;
mod vllm;
mod xai;
mod zai;

pub use acting::{Acting, Family, UnknownFamily};
pub(crate) use vendor::{Call, Headers, Occasion, Overlong, Refusal, Vendor, known_model};

impl Family {
    /// The family that makes this model; `None`: no known one.
    pub fn of_model(model: &str) -> Option<Family> {
        let model = model.split('@').next().unwrap_or_default();
        Family::ALL.into_iter().find(|family| {
            let mut patterns = family.vendor().models.iter();
            patterns.any(|pattern| crate::script::matches(pattern, model))
        })
    }

    /// The dialects that the vendor speaks; in any other it answers 404.
    pub fn dialects(self) -> &'static [Dialect] {
        self.vendor().dialects
    }

    pub(crate) fn vendor(self) -> &'static Vendor {
        match self {
            Family::Anthropic => &anthropic::VENDOR,
            Family::OpenAi => &openai::VENDOR,
            Family::Gemini => &gemini::VENDOR,
            Family::DeepSeek => &deepseek::VENDOR,
            Family::Mistral => &mistral::VENDOR,
            Family::Groq => &groq::VENDOR,
            Family::Xai => &xai::VENDOR,
            Family::Moonshot => &moonshot::VENDOR,
            Family::Zai => &zai::VENDOR,
            Family::OpenRouter => &openrouter::VENDOR,
            Family::Together => &together::VENDOR,
            Family::Vllm => &vllm::VENDOR,
            Family::Ollama => &ollama::VENDOR,
        }
    }
}

impl Acting {
    pub(crate) fn family(self, model: &str) -> Option<Family> {
        match self {
            Acting::Plain => None,
            Acting::ByModel => Family::of_model(model),
            Acting::Family(family) => Some(family),
        }
    }
}

/// The rules that no history may break, for any vendor: of a stage that acts none.
///
/// # Errors
/// What is wrong, in the words of the vendor whose dialect it is.
pub(crate) fn plain_check(dialect: Dialect, body: &Value) -> Result<(), String> {
    match dialect {
        Dialect::Anthropic => anthropic::history::check(body).map_err(|wrong| wrong.to_string()),
        Dialect::OpenaiChat => openai::chat::check(body).map_err(|wrong| wrong.to_string()),
        Dialect::OpenaiResponses => {
            openai::responses::check_plainly(body).map_err(|wrong| wrong.to_string())
        }
    }
}

#[cfg(test)]
mod tests;
