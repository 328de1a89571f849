//! The known properties of a model. A property without a source is absent: it makes no candidate ineligible, and is never
//! guessed.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::{ModelId, Price};

/// A model as one provider serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub id: ModelId,
    /// Context window in tokens.
    pub context: Option<u64>,
    /// Maximum output in tokens, thinking included.
    pub max_output: Option<u64>,
    /// Abilities that it is known to lack.
    pub lacks: Vec<Ability>,
    /// The efforts that it accepts; empty: none, or no source documents them.
    pub efforts: Vec<Effort>,
    /// Its known prices, oldest first; empty: unknown.
    pub prices: Vec<Price>,
    /// The id at the model's vendor, if a reseller uses another one.
    pub vendor_model_id: Option<ModelId>,
}

impl Model {
    /// A model without known properties.
    pub fn new(id: ModelId) -> Model {
        Model {
            id,
            context: None,
            max_output: None,
            lacks: Vec::new(),
            efforts: Vec::new(),
            prices: Vec::new(),
            vendor_model_id: None,
        }
    }

    /// The price of a request that begins at this time.
    pub fn price(&self, at: DateTime<Utc>) -> Option<&Price> {
        let day = at.date_naive();
        let begun = |price: &&Price| price.from.is_none_or(|from| from <= day);
        self.prices.iter().rev().find(begun)
    }

    /// The last known price, for costs of requests that are not sent yet.
    pub fn planned_price(&self) -> Option<&Price> {
        self.prices.last()
    }

    /// The known properties of `model` in `models`. Dated ids (`claude-sonnet-4-5-20250929`) match the undated entry.
    pub fn known<'m>(models: &'m [Model], model: &str) -> Option<&'m Model> {
        let named = |id: &str| models.iter().find(|known| known.id.as_str() == id);
        named(model).or_else(|| named(undated(model)?))
    }
}

/// True if `model` is the catalogue's `known`, with or without a date suffix.
pub fn same_model(model: &str, known: &str) -> bool {
    model == known || undated(model) == Some(known)
}

/// `claude-sonnet-4-5-20250929` → `claude-sonnet-4-5`, `gpt-4o-mini-2024-07-18` → `gpt-4o-mini`, `x-latest` → `x`.
pub(crate) fn undated(model: &str) -> Option<&str> {
    if let Some(alias) = model.strip_suffix("-latest") {
        return Some(alias);
    }
    ["-dddddddd", "-dddd-dd-dd", "@dddddddd"]
        .into_iter()
        .find_map(|shape| {
            let cut = model.len().checked_sub(shape.len())?;
            let (base, date) = model.split_at_checked(cut)?;
            let fits = |(want, got): (u8, u8)| match want {
                b'd' => got.is_ascii_digit(),
                sign => got == sign,
            };
            (!base.is_empty() && shape.bytes().zip(date.bytes()).all(fits)).then_some(base)
        })
}

/// An ability that a model may be known to lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ability {
    Images,
    Documents,
    Tools,
    /// Accepts a request that requires a tool call, any or a certain one.
    ForcedTool,
    /// A response that follows a schema.
    StructuredOutput,
    /// Temperature and `top_p`, which the newest models refuse. It does not exclude a model: the parameters are dropped.
    Sampling,
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ability::Images => "vision",
            Ability::Documents => "document input",
            Ability::Tools => "tool calls",
            Ability::ForcedTool => "a demanded tool call",
            Ability::StructuredOutput => "structured output",
            Ability::Sampling => "sampling parameters",
        })
    }
}

/// The amount of thinking, from none to the maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    XHigh,
    Max,
}

impl Effort {
    const ALL: [Effort; 7] = [
        Effort::None,
        Effort::Minimal,
        Effort::Low,
        Effort::Medium,
        Effort::High,
        Effort::XHigh,
        Effort::Max,
    ];

    /// The name that all vendors use.
    pub fn as_str(self) -> &'static str {
        match self {
            Effort::None => "none",
            Effort::Minimal => "minimal",
            Effort::Low => "low",
            Effort::Medium => "medium",
            Effort::High => "high",
            Effort::XHigh => "xhigh",
            Effort::Max => "max",
        }
    }

    pub fn named(name: &str) -> Option<Effort> {
        Effort::ALL
            .into_iter()
            .find(|effort| effort.as_str() == name)
    }
}

/// The field for the output limit in Chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatLimit {
    /// The older field, which most servers support.
    #[default]
    MaxTokens,
    /// OpenAI's newer field: its reasoning models refuse the older one.
    MaxCompletionTokens,
}

/// The ids of tool calls that a provider accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallIds {
    /// Any form and length, as most servers.
    #[default]
    Any,
    /// The limits of the dialect's own vendor: 40 characters in Chat, 64 in Responses.
    OfDialect,
    /// Nine letters and digits.
    NineLetters,
}

/// A provider's own rule for responses that it does not bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotBilled {
    /// No output tokens, and no stop reason.
    NoOutputAndNoStopReason,
    /// The stop reason is `error`.
    ErrorAsStopReason,
}

/// When a Chat stream contains its usage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamUsage {
    /// If `stream_options` requests it.
    #[default]
    OnRequest,
    /// Always; the provider refuses `stream_options`.
    Always,
}

/// The thinking of earlier responses with tool calls that an endpoint requires, in Chat and in Messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasoningContent {
    /// None: some refuse the field.
    #[default]
    Omitted,
    /// `reasoning_content` with the calls in Chat, a `thinking` block before them in Messages; either may be empty.
    Required,
}

/// The field for the signature of the thinking before a tool call in an endpoint's Chat. The endpoint requires the signature
/// with the results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThoughtSignatures {
    /// No such field.
    #[default]
    None,
    /// `extra_content.google.thought_signature` of the call.
    ExtraContent,
    /// `reasoning_details` of the message, by the call's id.
    ReasoningDetails,
}

impl ThoughtSignatures {
    /// The path of the signature in a call with `extra_content`.
    pub const EXTRA_CONTENT: [&str; 3] = ["extra_content", "google", "thought_signature"];
}
