//! The vendors that the stage can simulate, one file each: refusals, error texts, streaming, counting and caching. Undocumented
//! behaviour is absent.

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

pub use acting::{Family, UnknownFamily, VendorChoice};
pub(crate) use vendor::{Call, Headers, Occasion, Overlong, Refusal, Vendor, known_model};

impl Family {
    /// The family of this model's vendor; `None`: unknown.
    pub fn of_model(model: &str) -> Option<Family> {
        let model = model.split('@').next().unwrap_or_default();
        Family::ALL.into_iter().find(|family| {
            let mut patterns = family.vendor().models.iter();
            patterns.any(|pattern| crate::script::matches(pattern, model))
        })
    }

    /// The vendor's dialects; other dialects get a 404.
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

impl VendorChoice {
    pub(crate) fn family(self, model: &str) -> Option<Family> {
        match self {
            VendorChoice::Plain => None,
            VendorChoice::ByModel => Family::of_model(model),
            VendorChoice::Family(family) => Some(family),
        }
    }
}

/// The rules for valid histories that all vendors share, for a stage that simulates no vendor.
///
/// # Errors The violation, as a text of the dialect's own vendor.
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
