//! The content of the UIs, as pure functions of the state: text and numbers ready for display.

pub(crate) mod at_risk;
pub(crate) mod checked;
mod clients;
pub(crate) mod consequence;
pub(crate) mod facts;
pub(crate) mod fallback;
pub(crate) mod fallback_test;
pub(crate) mod headline;
pub(crate) mod interrupted;
pub(crate) mod limit;
pub(crate) mod login;
pub(crate) mod notification;
pub(crate) mod outage;
pub(crate) mod page;
pub(crate) mod pipeline;
pub(crate) mod problem;
pub(crate) mod question;
pub(crate) mod review;
pub(crate) mod route;
pub(crate) mod rows;
pub(crate) mod series;
pub(crate) mod snapshot;
pub(crate) mod thread;
pub(crate) mod tray;
pub(crate) mod use_now;
pub(crate) mod verdict;
pub(crate) mod words;
