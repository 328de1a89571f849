use super::{anthropic, openai_chat, openai_responses};

/// The released part of a response, by dialect.
#[derive(Clone, Debug)]
pub(crate) enum Released {
    Messages(anthropic::Released),
    Chat(openai_chat::Released),
    Responses(openai_responses::Released),
}
