use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The provider that a client's requests go to first, and the providers that the owner can choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ClientUse {
    /// "Claude Code"
    pub client: String,
    /// Id of the chosen provider. None: auto, the order of the settings.
    pub provider: Option<String>,
    /// End of the choice. None: auto, or pinned.
    pub until: Option<DateTime<Utc>>,
    /// "Claude Code uses GPT until midnight: about $0.57 for the next turn, then $0.31, today's cap $5." None: auto.
    pub sentence: Option<String>,
    /// Why requests follow the usual order although a provider is chosen.
    pub unusable: Option<String>,
    /// Providers that are available to this client, in the usual order.
    pub choices: Vec<UseChoice>,
    /// Providers that cannot be chosen now.
    #[serde(default)]
    pub refused: Vec<RefusedChoice>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UseChoice {
    pub provider: String,
    /// "GPT"
    pub product: String,
    /// "about $0.57 for the next turn, then $0.31, today's cap $5". None: nothing is billed to a key.
    #[serde(default)]
    pub cost: Option<String>,
}

/// A provider that a client's requests cannot use now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RefusedChoice {
    pub provider: String,
    /// "GPT"
    pub product: String,
    /// "no key for OpenAI"
    pub why: String,
    /// "add one with `understudyd key add openai`"
    pub fix: Option<String>,
}
