//! Known providers and clients: one TOML file each under `providers/` and `clients/`, and the types that parse them.
//!
//! Pure: no IO beyond the embedded files, no clock. Nothing outside this crate may name a provider in code.

mod address;
mod client;
mod dialect;
mod equivalent;
mod family;
mod file;
mod ids;
mod invalid;
mod load;
mod model;
mod money;
mod passage;
pub mod pattern;
mod price;
mod provider;
mod secret;
mod tier;

pub use address::{Address, BadAddress, is_beyond_this_network, shown_name, without_addresses};
pub use client::{
    Behaviour, Connection, Guard, KnownClient, KnownLines, KnownLoss, KnownNote, Layer, Method,
    Obsolete, Repeats, Scope, SettingsFile, SettingsFormat, SettingsKey, ShownFailure, TestFile,
    elsewhere,
};
pub use dialect::Dialect;
pub use equivalent::{Equivalent, Likeness};
pub use family::{Allow, Families, IDENTITY};
pub use ids::{EndpointId, ModelId, ProviderId, SurfaceId};
pub use invalid::Invalid;
pub use load::{Catalog, OwnersPrice};
pub use model::{
    Ability, CallIds, ChatLimit, Effort, Model, NotBilled, ReasoningContent, StreamUsage,
    ThoughtSignatures, same_model,
};
pub use money::{DEAREST, MicroDollars, Tokens, at_dearest};
pub use passage::{NoPassage, Passage, Passages};
pub use price::{
    Days, Factor, HourPrice, Hours, LongPrompt, Price, PriceSource, Rates, WrittenHours,
    WrittenLongPrompt, WrittenPrice,
};
pub use provider::{
    Auth, Endpoint, KeyCheck, KeyCheckMethod, LoginAddress, Logins, Provider, Source,
    StatusDialect, StatusPage, Surface, normalise_base,
};
pub use secret::Secret;
pub use tier::{Rank, Tier, tier_of};

/// The embedded rehearsal provider's id. It serves only models under [`REHEARSAL_PREFIX`] and is never a fallback for a real
/// one.
pub const REHEARSAL: &str = "rehearsal";
/// Prefix of all model ids that the rehearsal provider serves.
pub const REHEARSAL_PREFIX: &str = "rehearsal/";
