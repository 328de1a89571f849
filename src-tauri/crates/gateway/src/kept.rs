//! Kept conversations: a client of Responses may refer to items that its vendor stores (`previous_response_id`,
//! `item_reference`). The items of its responses are kept here too, for a day, so that another candidate can get them in full.
//! Signatures that a provider requires with its calls are kept in the same way, for clients that do not return them.
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
