mod glance;
mod results;

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use catalog::Dialect;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::fields::Fields;
use crate::text;
use glance::Glance;
use results::Tail;

/// The kind of a model request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A response from a model.
    Generate,
    /// Anthropic `count_tokens`.
    CountTokens,
}

/// The fields of a request body that routing uses, read without building a JSON tree (a full parse takes 195 µs at 400 KB).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFields {
    pub dialect: Dialect,
    pub model: String,
    pub stream: bool,
    /// The client's limit on output tokens.
    pub max_tokens: Option<u64>,
    pub has_tools: bool,
    /// The request requires structured output (`response_format`, `text.format`, `output_format` …).
    pub requires_schema: bool,
    /// A turn with tool calls must begin with thinking that the client received. Not set for Messages' `adaptive` (its
    /// documentation, "Adaptive thinking") or for Chat's `reasoning_effort`: that vendor does not return its thinking.
    pub thinking: bool,
    /// Messages: `thinking.type` is `enabled`, and the turn that these tool results continue has no thinking. Anthropic refuses
    /// this request: another vendor's model began the turn.
    pub lacks_required_thinking: bool,
    /// Responses: the request does not have `store: false`, so later requests can refer to its response.
    pub stores: bool,
    /// The body contains a credential of the client ([`without_credentials`]).
    pub has_credentials: bool,
    /// Ids of the tool calls whose results are in this turn; only the last 32.
    pub results: Vec<String>,
}

/// Why a body cannot be parsed as a request. The text is for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    #[error("the body is not valid JSON: {0}")]
    NotJson(String),
    #[error("the body must be a JSON object")]
    NotAnObject,
    #[error("the body has no `model`")]
    NoModel,
}

impl RequestFields {
    /// Only top-level fields count; the last of a repeated key applies, as in the vendors' parsers. A field of an unexpected
    /// type counts as absent: the provider reports it.
    ///
    /// # Errors
    /// [`BadRequest`]: the gateway returns 400, since no provider can process such a body.
    pub fn read(dialect: Dialect, body: &[u8]) -> Result<RequestFields, BadRequest> {
        let ask = leniently(body, |body| Self::gather(dialect, body));
        let ask = ask.map_err(|error| refusal(body, &error))?;
        if ask.model.is_empty() {
            return Err(BadRequest::NoModel);
        }
        Ok(ask)
    }

    fn gather(dialect: Dialect, body: &[u8]) -> Result<RequestFields, serde_json::Error> {
        let mut ask = RequestFields {
            dialect,
            model: String::new(),
            stream: false,
            max_tokens: None,
            has_tools: false,
            requires_schema: false,
            thinking: false,
            lacks_required_thinking: false,
            stores: true,
            has_credentials: false,
            results: Vec::new(),
        };
        let mut marks = Marks::default();
        let mut tail = Tail::default();
        each_field(body, &mut tail, &mut |key, value| match key {
            Key::Model => ask.model = value.string().unwrap_or_default(),
            Key::Stream => ask.stream = value.is_true(),
            Key::MaxTokens => ask.max_tokens = value.count(),
            Key::Tools => marks.tools = value.has_elements(),
            Key::Functions => marks.functions = value.has_elements(),
            Key::Thinking => marks.thinking = value.thinks_always(),
            Key::Reasoning => marks.reasoning = value.reasons(),
            Key::ResponseFormat => marks.response_format = value.is_format(),
            Key::OutputFormat => marks.output_format = value.is_format(),
            Key::HasFormat => marks.nested_format = value.has_format(),
            Key::Store => ask.stores = value.raw().trim() != "false",
            Key::Credentials => ask.has_credentials = true,
            Key::Conversation | Key::Other => {}
        })?;
        ask.results = tail.results();
        ask.lacks_required_thinking = dialect == Dialect::Anthropic
            && marks.thinking
            && !ask.results.is_empty()
            && !tail.turn_begins_with_thinking();
        ask.has_tools = marks.tools || marks.functions;
        ask.requires_schema = marks.response_format || marks.output_format || marks.nested_format;
        ask.thinking = marks.thinking || marks.reasoning;
        Ok(ask)
    }
}

/// Replaces the model id and changes no other byte. A body without a model is returned unchanged.
///
/// A repeated key is replaced everywhere, since providers differ in which one they read.
pub fn with_model(body: &Bytes, model: &str) -> Bytes {
    let places = leniently(body, |body| {
        let mut places = Vec::new();
        each_field(body, &mut Tail::default(), &mut |key, value| {
            if let (Key::Model, true) = (key, value.raw().starts_with('"')) {
                places.push(value.range_in(body));
            }
        })?;
        Ok(places)
    });
    let places = places.unwrap_or_default();
    if places.is_empty() {
        return body.clone();
    }
    let quoted = serde_json::Value::from(model).to_string();
    let mut out = Vec::with_capacity(body.len() + places.len() * quoted.len());
    let mut from = 0;
    for place in places {
        out.extend_from_slice(&body[from..place.start]);
        out.extend_from_slice(quoted.as_bytes());
        from = place.end;
    }
    out.extend_from_slice(&body[from..]);
    out.into()
}

/// Fields that no vendor defines. Some clients put a key for a gateway there (LiteLLM docs, "Input params", "Provider-specific
/// params").
const CREDENTIALS: [&str; 9] = [
    "api_key",
    "extra_headers",
    "headers",
    "azure_ad_token",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "vertex_credentials",
    "authorization",
];

/// Removes the fields that can contain a key of the client. A body that has none, or cannot be parsed, is returned unchanged.
pub fn without_credentials(body: &Bytes) -> Bytes {
    let Ok(mut fields) = Fields::read(body) else {
        return body.clone();
    };
    if !fields.iter().any(|(name, _)| CREDENTIALS.contains(&name)) {
        return body.clone();
    }
    for name in CREDENTIALS {
        fields.remove(name);
    }
    fields.to_string().into()
}

/// Values that several keys decide together.
#[derive(Default)]
struct Marks {
    tools: bool,
    functions: bool,
    thinking: bool,
    reasoning: bool,
    response_format: bool,
    output_format: bool,
    nested_format: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Model,
    Stream,
    /// `max_tokens` (Messages, Chat), `max_completion_tokens` (Chat with reasoning models), `max_output_tokens` (Responses).
    MaxTokens,
    Tools,
    /// Chat's older form of `tools`.
    Functions,
    Thinking,
    Reasoning,
    ResponseFormat,
    OutputFormat,
    /// An object with a `format` field: `text` in Responses, `output_config` in Messages.
    HasFormat,
    Store,
    Credentials,
    /// `messages` or `input`.
    Conversation,
    Other,
}

impl Key {
    fn of(name: &str) -> Key {
        match name {
            "model" => Key::Model,
            "stream" => Key::Stream,
            "max_tokens" | "max_completion_tokens" | "max_output_tokens" => Key::MaxTokens,
            "tools" => Key::Tools,
            "functions" => Key::Functions,
            "thinking" => Key::Thinking,
            "reasoning" => Key::Reasoning,
            "response_format" => Key::ResponseFormat,
            "output_format" => Key::OutputFormat,
            "text" | "output_config" => Key::HasFormat,
            "messages" | "input" => Key::Conversation,
            "store" => Key::Store,
            name if CREDENTIALS.contains(&name) => Key::Credentials,
            _ => Key::Other,
        }
    }
}

/// Parses a body. On failure, parses it again with lone surrogates replaced, which `serde_json` rejects. The
/// replacement has the same length, so every offset stays valid for the body.
fn leniently<T>(
    body: &[u8],
    read: impl Fn(&[u8]) -> Result<T, serde_json::Error>,
) -> Result<T, serde_json::Error> {
    read(body).or_else(|error| match text::without_lone_surrogates(body) {
        Cow::Borrowed(_) => Err(error),
        Cow::Owned(without_lone_surrogates) => read(&without_lone_surrogates),
    })
}

/// Calls `each` with every routing field at the top level, and keeps the end of the conversation. Other fields are only checked
/// to be valid JSON.
fn each_field<'b>(
    body: &'b [u8],
    tail: &mut Tail<'b>,
    each: &mut dyn FnMut(Key, Glance<'_>),
) -> Result<(), serde_json::Error> {
    struct Object<'f, 'b> {
        each: &'f mut dyn FnMut(Key, Glance<'_>),
        tail: &'f mut Tail<'b>,
    }

    impl<'de> Visitor<'de> for Object<'_, 'de> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key_seed(KeySeed)? {
                match key {
                    Key::Other => {
                        map.next_value::<IgnoredAny>()?;
                    }
                    Key::Conversation => map.next_value_seed(&mut *self.tail)?,
                    Key::Model
                    | Key::Stream
                    | Key::MaxTokens
                    | Key::Tools
                    | Key::Functions
                    | Key::Thinking
                    | Key::Reasoning
                    | Key::ResponseFormat
                    | Key::OutputFormat
                    | Key::HasFormat
                    | Key::Store
                    | Key::Credentials => (self.each)(key, Glance(map.next_value()?)),
                }
            }
            Ok(())
        }
    }

    let mut json = serde_json::Deserializer::from_slice(body);
    json.deserialize_map(Object { each, tail })?;
    json.end()
}

struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Key, D::Error> {
        // As bytes: `serde_json` rejects a lone surrogate in a string.
        from.deserialize_bytes(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Key, E> {
        Ok(std::str::from_utf8(name).map_or(Key::Other, Key::of))
    }
}

fn refusal(body: &[u8], error: &serde_json::Error) -> BadRequest {
    if body.trim_ascii().is_empty() {
        return BadRequest::NotJson("it is empty".to_owned());
    }
    if serde_json::from_slice::<IgnoredAny>(body).is_ok() {
        return BadRequest::NotAnObject;
    }
    // serde_json reports line and column. An agent's body is one line of 100 KB, where a byte offset is easier to find.
    let before = body
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1));
    let at = before.map(<[u8]>::len).sum::<usize>() + error.column();
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    BadRequest::NotJson(format!("{what} at byte {at} of {}", body.len()))
}

#[cfg(test)]
mod tests;
