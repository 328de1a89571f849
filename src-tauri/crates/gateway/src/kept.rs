//! Kept conversations: a client of Responses may refer to what its vendor keeps (`previous_response_id`, `item_reference`). What
//! its responses said is kept here too, for a day, so that a candidate that does not hold it can be sent it in full. Beside it
//! lie the signatures that a provider demands back with its calls, for clients that do not return them.
//!
//! A response is observed as it passes. To write it down never delays or fails it: a failed write costs the reference.

mod ask;
mod conversation;
mod conversations;
mod expanded;
mod holder;
mod item;
mod keeper;
mod references;
mod refers;
mod response;
mod signatures;
mod write;

#[cfg(test)]
mod tests;

pub use ask::ConversationAsk;
pub(crate) use conversation::Conversation;
pub(crate) use conversations::Conversations;
pub(crate) use keeper::Keeper;
pub(crate) use signatures::{SignatureSink, kept_signatures};
