//! Kept conversations: a client of Responses may refer to items that its vendor stores (`previous_response_id`,
//! `item_reference`). The items of its responses are stored here too, for a day, so that another candidate can get them in
//! full. Signatures that a provider requires with its calls are stored in the same way, for clients that do not return them.
//!
//! A response is observed while it is released. Storing it never delays or fails it: after a failed write only the reference is
//! lost.

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
