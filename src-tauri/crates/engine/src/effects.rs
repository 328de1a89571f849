//! Side effects of pipelines: a request is written to the ledger, then sent to its receiver, once for each key.
//!
//! `decide` is the rule, without a clock or a socket. `book` reaches the ledger, `send` the receiver, `run` performs one effect,
//! `relay` holds the running ones in `services`, and `door` answers clients.

mod book;
mod decide;
mod door;
mod key;
mod receiver;
mod relay;
mod reply;
mod run;
mod send;
mod services;
#[cfg(test)]
mod tests;

pub(crate) use book::{Book, LedgerWork, NotKept};
pub(crate) use receiver::entry as keychain_entry;
pub(crate) use relay::Relay;
pub(crate) use reply::shown_id;
pub(crate) use send::dialer;
pub(crate) use services::{EffectsConfig, Services, Stops};
