//! The names of the vendors that the stage can simulate.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A vendor or a server whose rules the stage simulates.
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

/// The vendor that a stage simulates.
///
/// As text: `plain`, `by-model`, or a family's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum VendorChoice {
    /// The documented dialect and the rules for valid histories that all vendors share.
    #[default]
    Plain,
    /// The vendor of the requested model; plain for a model without a known family.
    ByModel,
    Family(Family),
}

/// A name that is not a family.
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
}

impl From<Family> for VendorChoice {
    fn from(family: Family) -> VendorChoice {
        VendorChoice::Family(family)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for VendorChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            VendorChoice::Plain => "plain",
            VendorChoice::ByModel => "by-model",
            VendorChoice::Family(family) => family.as_str(),
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

impl FromStr for VendorChoice {
    type Err = UnknownFamily;

    fn from_str(name: &str) -> Result<Self, UnknownFamily> {
        match name {
            "plain" => Ok(VendorChoice::Plain),
            "by-model" => Ok(VendorChoice::ByModel),
            family => family.parse().map(VendorChoice::Family),
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

impl TryFrom<String> for VendorChoice {
    type Error = UnknownFamily;

    fn try_from(name: String) -> Result<Self, UnknownFamily> {
        name.parse()
    }
}

impl From<VendorChoice> for String {
    fn from(acting: VendorChoice) -> String {
        acting.to_string()
    }
}
