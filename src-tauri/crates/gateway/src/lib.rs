//! The path of a request: the door admits it, the plan orders the candidates, an attempt sends one request, delivery releases
//! its response, and `once` wraps all of it. The folders have these names.

mod admitted;
mod attempt;
mod body;
mod config;
mod deliver;
mod door;
mod draft;
mod drill;
mod drill_request;
mod exchange;
mod exchange_id;
mod fault;
mod held;
mod hops;
mod host;
mod kept;
mod late;
mod log;
mod name;
mod once;
mod open;
mod pending;
mod plan;
mod promise;
mod rejected;
mod reports;
mod review;
mod services;
mod storm;
mod tags;
mod tokens;
mod unkept;

#[cfg(test)]
mod tests;

pub use attempt::breaker::{BreakerView, KeptBreaker, Standing};
pub use attempt::content::UnknownCoding;
pub use attempt::demand::{Demand, Schema};
pub use attempt::local_cause::{LocalCause, UntrustedCertificate};
pub use attempt::upstream::{BoxError, Connect, Dialed, Io, connect};
pub use body::Body;
pub use config::{
    CandidateRule, Config, Consent, Delivery, EndpointConfig, Limits, Pattern, Restart, Route,
    Scope, Siblings, Spending, Timers, UseNow, UsedUp,
};
pub use deliver::outlet::Aborted;
pub use door::Gateway;
pub use door::effect::{EFFECT_BODY, EffectAdmission, EffectRefusal, EffectRequest, OpenWork};
pub use drill::{LiveDrill, MadeFailure};
pub use drill_request::DrillRequest;
pub use exchange::{Attempt, Began, End, Exchange, ExchangeKind, Outcome, Report, TurnedAway};
pub use exchange_id::ExchangeId;
pub use fault::{Cause, Fault};
pub use hops::Loop;
pub use host::is_own_host;
pub use kept::ConversationAsk;
pub use name::BadName;
pub use once::{KeyedRequest, ReplayAsk};
pub use plan::{
    ANY_MODEL, Caller, CallerKind, Candidate, Carriage, Credential, Dropped, Ineligible, Login,
    Loss, Pin, Plan, Role,
};
pub use promise::{Promise, PromisedReport, Receipt};
pub use rejected::{RejectReason, Rejected};
pub use review::{ParkedRequest, Rerun, Review, ReviewAsk, Unfetched, may_receive};
pub use services::Clock;
pub use storm::Storm;
pub use tags::check as check_pipeline_name;
pub use tokens::{FromNetwork, NamedToken, Tokens};
pub use unkept::Unkept;
