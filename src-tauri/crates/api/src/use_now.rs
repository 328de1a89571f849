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
    /// "Claude Code uses GPT until midnight." None: auto.
    pub sentence: Option<String>,
    /// Why requests follow the usual order although a provider is chosen.
    pub unusable: Option<String>,
    /// Providers that are available to this client, in the usual order.
    pub choices: Vec<UseChoice>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UseChoice {
    pub provider: String,
    /// "GPT"
    pub product: String,
}
