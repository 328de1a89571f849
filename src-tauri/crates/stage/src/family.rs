//! The vendors that the stage can act, one file each: what each refuses, how it words its troubles, how it streams, counts and
//! caches. What no source documents is left absent.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use catalog::{Catalog, Dialect, ProviderId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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

pub(crate) use vendor::{Call, Headers, Occasion, Overlong, Refusal, Vendor};

/// A vendor or a server whose rules the stage acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Family {
    Anthropic,
    OpenAi,
    Gemini,
    DeepSeek,
    Mistral,
    Groq,
    Xai,
    Moonshot,
    Zai,
    OpenRouter,
    Together,
    Vllm,
    Ollama,
}

/// Whose rules a stage acts.
///
/// As text: `plain`, `by-model`, or a family's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Acting {
    /// The dialect's document and the rules that no history may break, for any vendor.
    #[default]
    Plain,
    /// The vendor that makes the model of the request; plain for a model that no family makes.
    ByModel,
    Family(Family),
}

/// A name that no family has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is no vendor that the stage can act. It acts: {}, by-model, plain",
    names()
)]
pub struct UnknownFamily {
    pub name: String,
}

/// The first name is the family's; the others are aliases: the catalogue's, and common ones.
const NAMES: &[(Family, &[&str])] = &[
    (Family::Anthropic, &["anthropic", "claude"]),
    (Family::OpenAi, &["openai"]),
    (Family::Gemini, &["gemini", "google"]),
    (Family::DeepSeek, &["deepseek"]),
    (Family::Mistral, &["mistral"]),
    (Family::Groq, &["groq"]),
    (Family::Xai, &["xai", "grok"]),
    (Family::Moonshot, &["moonshot", "kimi"]),
    (Family::Zai, &["zai", "glm"]),
    (Family::OpenRouter, &["openrouter"]),
    (Family::Together, &["together"]),
    (Family::Vllm, &["vllm"]),
    (Family::Ollama, &["ollama"]),
];

fn names() -> String {
    Family::ALL.map(Family::as_str).join(", ")
}

impl Family {
    pub const ALL: [Family; 13] = [
        Family::Anthropic,
        Family::OpenAi,
        Family::Gemini,
        Family::DeepSeek,
        Family::Mistral,
        Family::Groq,
        Family::Xai,
        Family::Moonshot,
        Family::Zai,
        Family::OpenRouter,
        Family::Together,
        Family::Vllm,
        Family::Ollama,
    ];

    pub fn as_str(self) -> &'static str {
        let found = NAMES.iter().find(|(family, _)| *family == self);
        found.and_then(|(_, names)| names.first()).unwrap_or(&"")
    }

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

impl From<Family> for Acting {
    fn from(family: Family) -> Acting {
        Acting::Family(family)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Acting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Acting::Plain => "plain",
            Acting::ByModel => "by-model",
            Acting::Family(family) => family.as_str(),
        })
    }
}

impl FromStr for Family {
    type Err = UnknownFamily;

    fn from_str(name: &str) -> Result<Self, UnknownFamily> {
        let mut known = NAMES.iter();
        let found = known.find(|(_, names)| names.contains(&name));
        found
            .map(|(family, _)| *family)
            .ok_or_else(|| UnknownFamily {
                name: name.to_owned(),
            })
    }
}

impl FromStr for Acting {
    type Err = UnknownFamily;

    fn from_str(name: &str) -> Result<Self, UnknownFamily> {
        match name {
            "plain" => Ok(Acting::Plain),
            "by-model" => Ok(Acting::ByModel),
            family => family.parse().map(Acting::Family),
        }
    }
}

impl TryFrom<String> for Family {
    type Error = UnknownFamily;

    fn try_from(name: String) -> Result<Self, UnknownFamily> {
        name.parse()
    }
}

impl From<Family> for String {
    fn from(family: Family) -> String {
        family.to_string()
    }
}

impl TryFrom<String> for Acting {
    type Error = UnknownFamily;

    fn try_from(name: String) -> Result<Self, UnknownFamily> {
        name.parse()
    }
}

impl From<Acting> for String {
    fn from(acting: Acting) -> String {
        acting.to_string()
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

/// The catalogue's entry of a vendor's model.
pub(crate) fn known_model(vendor: &Vendor, model: &str) -> Option<&'static catalog::Model> {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::bundled);
    let model = model.split('@').next().unwrap_or_default();
    CATALOG.model(&ProviderId::new(vendor.provider), model)
}

#[cfg(test)]
mod tests;
