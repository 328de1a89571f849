use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A form of response that differs from the documented dialect, is valid for some server, and was observed.
///
/// Each variation has a name, like a [`crate::Fault`], and any number of them can be combined with one fault: `usage:in-choice`,
/// `stop:network_error`, `tool+ids:functions+cut-in-tool`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Variation {
    /// `stop:eos`, `stop:`, `stop:function_call_filter: MALFORMED_FUNCTION_CALL`: this stop reason. In Responses
    /// `response.incomplete` with this reason.
    Stop(String),
    /// `reasons:`, `reasons:null`, `reasons:none`, `reasons: `: this finish reason in every chunk before the last; in Messages
    /// the stop reason of `message_start`. In Responses there is none before the end.
    Reasons(String),
    /// `status:incomplete`: in Responses the status of the object in the event `response.completed`.
    Status(String),
    /// `first_part`: the last part is truncated.
    Truncated,
    /// `usage:…`.
    Usage(UsageVariation),
    /// `ids:…`: the ids of tool calls.
    Ids(Ids),
    /// `reasoning:…`: the field of a Chat message with the thinking.
    Reasoning(Reasoning),
    /// `calls:full`: the arguments of a tool call in one event.
    CallsInOneEvent,
    /// `calls:unnumbered`: every call of a Chat stream has the index 0; only the ids differ.
    UnnumberedCalls,
    /// `surrogates:split`: an emoji with its surrogates escaped in two events. In one document: escaped, one after the other.
    SplitSurrogates,
    /// `surrogates:lone`: the first surrogate of an emoji, without the second.
    LoneSurrogate,
    /// `last-event:open`: the last event has no blank line after it.
    OpenLastEvent,
    /// `last-event:bare`: the last event has no line break either.
    BareLastEvent,
    /// `full-document`: a streamed request gets one JSON document.
    Document,
    /// `full-document:event-stream`: with the content type of a stream.
    DocumentAsStream,
    /// `keep-alive`: the vendor's keep-alive before the first content and before every tenth event.
    KeepAlive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageVariation {
    /// `usage:none`.
    None,
    /// `usage:always`: in the last chunk, also if not requested.
    Always,
    /// `usage:in-choice`: in the choice with the finish reason (Moonshot).
    InChoice,
    /// `usage:each-chunk`: in every chunk, with increasing values (xAI).
    EachChunk,
    /// `usage:reasoning-beside`: thinking is not included in `completion_tokens`, only in the total (xAI, Gemini).
    ReasoningBeside,
    /// `usage:hit-and-miss`: `prompt_cache_hit_tokens` (DeepSeek).
    HitAndMiss,
    /// `usage:cached-on-top`: `usage.cached_tokens` (Moonshot).
    CachedOnTop,
    /// `usage:corrected`: reported twice, the second time with fewer tokens of one kind.
    Corrected,
    /// `usage:absurd`: more tokens than any context window.
    Absurd,
}

/// The format of a tool call's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// `ids:own`: `toolu_01…` and `call_…`.
    Own,
    /// `ids:functions`: `functions.Bash:0`, numbered in the conversation (Kimi).
    Functions,
    /// `ids:vllm`: `chatcmpl-tool-` and 32 hexadecimal digits.
    Vllm,
    /// `ids:nine`: nine letters and digits (Mistral).
    Nine,
    /// `ids:deepseek`: `call_00_` and 24 letters and digits.
    DeepSeek,
    /// `ids:gemini`: `function-call-` and 19 digits.
    Gemini,
    /// `ids:46`: this many characters.
    Length(usize),
}

/// The place of thinking in a Chat message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reasoning {
    /// `reasoning:hidden`: only its tokens are counted.
    Hidden,
    /// `reasoning:reasoning_content`.
    Content,
    /// `reasoning:reasoning`.
    Plain,
    /// `reasoning:details`: `reasoning` and `reasoning_details` with a signature (OpenRouter).
    Details,
    /// `reasoning:parts`: a part of type `thinking` in `content` (Mistral).
    Parts,
}

/// Variations without a parameter.
const PLAIN: &[(&str, Variation)] = &[
    ("half", Variation::Truncated),
    ("usage:none", Variation::Usage(UsageVariation::None)),
    ("usage:always", Variation::Usage(UsageVariation::Always)),
    (
        "usage:in-choice",
        Variation::Usage(UsageVariation::InChoice),
    ),
    (
        "usage:each-chunk",
        Variation::Usage(UsageVariation::EachChunk),
    ),
    (
        "usage:reasoning-beside",
        Variation::Usage(UsageVariation::ReasoningBeside),
    ),
    (
        "usage:hit-and-miss",
        Variation::Usage(UsageVariation::HitAndMiss),
    ),
    (
        "usage:cached-on-top",
        Variation::Usage(UsageVariation::CachedOnTop),
    ),
    (
        "usage:corrected",
        Variation::Usage(UsageVariation::Corrected),
    ),
    ("usage:absurd", Variation::Usage(UsageVariation::Absurd)),
    ("ids:own", Variation::Ids(Ids::Own)),
    ("ids:functions", Variation::Ids(Ids::Functions)),
    ("ids:vllm", Variation::Ids(Ids::Vllm)),
    ("ids:nine", Variation::Ids(Ids::Nine)),
    ("ids:deepseek", Variation::Ids(Ids::DeepSeek)),
    ("ids:gemini", Variation::Ids(Ids::Gemini)),
    ("reasoning:hidden", Variation::Reasoning(Reasoning::Hidden)),
    (
        "reasoning:reasoning_content",
        Variation::Reasoning(Reasoning::Content),
    ),
    (
        "reasoning:reasoning",
        Variation::Reasoning(Reasoning::Plain),
    ),
    (
        "reasoning:details",
        Variation::Reasoning(Reasoning::Details),
    ),
    ("reasoning:parts", Variation::Reasoning(Reasoning::Parts)),
    ("calls:whole", Variation::CallsInOneEvent),
    ("calls:unnumbered", Variation::UnnumberedCalls),
    ("surrogates:split", Variation::SplitSurrogates),
    ("surrogates:lone", Variation::LoneSurrogate),
    ("last-event:open", Variation::OpenLastEvent),
    ("last-event:bare", Variation::BareLastEvent),
    ("whole-document", Variation::Document),
    ("whole-document:event-stream", Variation::DocumentAsStream),
    ("keep-alive", Variation::KeepAlive),
];

/// Longest id that `ids:` accepts, in characters.
const LONGEST_ID: usize = 4096;

/// A name that is not a variation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no variation of answering; the names are listed by GET /v1/models")]
pub struct UnknownVariation(pub String);

impl FromStr for Variation {
    type Err = UnknownVariation;

    fn from_str(name: &str) -> Result<Self, UnknownVariation> {
        if let Some((_, variation)) = PLAIN.iter().find(|(plain, _)| *plain == name) {
            return Ok(variation.clone());
        }
        let unknown = || UnknownVariation(name.to_owned());
        let (kind, word) = name.split_once(':').ok_or_else(unknown)?;
        match kind {
            "stop" => Ok(Variation::Stop(word.to_owned())),
            "reasons" => Ok(Variation::Reasons(word.to_owned())),
            "status" => Ok(Variation::Status(word.to_owned())),
            "ids" => match word.parse() {
                Ok(length @ 1..=LONGEST_ID) => Ok(Variation::Ids(Ids::Length(length))),
                _ => Err(unknown()),
            },
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Variation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Variation::Stop(word) => write!(f, "stop:{word}"),
            Variation::Reasons(word) => write!(f, "reasons:{word}"),
            Variation::Status(word) => write!(f, "status:{word}"),
            Variation::Ids(Ids::Length(length)) => write!(f, "ids:{length}"),
            Variation::Truncated
            | Variation::Usage(_)
            | Variation::Ids(_)
            | Variation::Reasoning(_)
            | Variation::CallsInOneEvent
            | Variation::UnnumberedCalls
            | Variation::SplitSurrogates
            | Variation::LoneSurrogate
            | Variation::OpenLastEvent
            | Variation::BareLastEvent
            | Variation::Document
            | Variation::DocumentAsStream
            | Variation::KeepAlive => {
                let found = PLAIN.iter().find(|(_, variation)| variation == self);
                f.write_str(found.map_or("", |(name, _)| name))
            }
        }
    }
}

impl TryFrom<String> for Variation {
    type Error = UnknownVariation;

    fn try_from(name: String) -> Result<Self, UnknownVariation> {
        name.parse()
    }
}

impl From<Variation> for String {
    fn from(variation: Variation) -> String {
        variation.to_string()
    }
}

#[cfg(test)]
pub(crate) fn plain_names() -> impl Iterator<Item = &'static str> {
    PLAIN.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::{Variation, plain_names};

    #[test]
    fn every_variation_name_is_parsed_to_the_same_variation() {
        let with_word = [
            "stop:",
            "stop:eos",
            "stop:function_call_filter: MALFORMED_FUNCTION_CALL",
            "reasons:",
            "reasons:null",
            "status:failed",
            "ids:46",
        ];
        for name in plain_names().chain(with_word) {
            assert_eq!(name.parse::<Variation>().unwrap().to_string(), name);
        }
        for name in [
            "",
            "stop",
            "usage:",
            "usage:odd",
            "ids:0",
            "ids:many",
            "half:1",
        ] {
            assert!(name.parse::<Variation>().is_err(), "{name}");
        }
    }
}
