//! How requests pass: admit, route, attempt, deliver. The files bear the phases' names; `fallback` leads through them, and
//! `rescue` is the only one that invents a response.

mod admit;
mod admitted;
mod answer;
mod attempt;
mod body;
mod breaker;
mod config;
mod content;
mod count;
mod deadlines;
mod deliver;
mod demand;
mod exchange;
mod fallback;
mod gateway;
mod headers;
mod held;
mod hold;
mod lineup;
mod login;
mod lost;
mod models;
mod once;
mod open;
mod outlet;
mod request;
mod rescue;
mod respond;
mod review;
mod route;
mod storm;
mod translation;
mod upstream;
mod won;

#[cfg(test)]
mod tests;

pub use body::{Aborted, Body};
pub use breaker::{BreakerView, KeptBreaker, Standing};
pub use config::{
    CandidateRule, Config, Consent, Delivery, EndpointConfig, Limits, Pattern, Restart, Route,
    Spending, Timers, UsedUp,
};
pub use demand::{Demand, Schema};
pub use exchange::{Attempt, Began, End, Exchange, Outcome, Report, TurnedAway};
pub use gateway::{Clock, Gateway};
pub use once::{ReplayAsk, Unkept};
pub use review::{ParkedRequest, Review};
pub use route::{ANY_MODEL, Candidate, Credential, Dropped, Ineligible, Plan};
pub use storm::Storm;
pub use upstream::{BoxError, Connect, Dialed, Io, connect};
