//! The response of a parked request on its way to the pipeline's receiver: a webhook, or a workflow that waits at a resume URL.
//! Written to the ledger before each attempt; a receiver that removes doubles by an id gets the same id again.

mod meaning;
mod n8n;
mod send;
mod signature;
mod step;
mod target;
mod webhook;

pub(crate) use send::{Letter, Sender, secret_of};
pub(crate) use signature::is_secret;
pub(crate) use step::{Attempt, Sent, after, before};
pub(crate) use target::Target;
