use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A form of response that differs from the documented dialect, is valid for some server, and was observed.
///
/// Each manner has a name, like a [`crate::Fault`], and any number of them can be combined with one fault: `usage:in-choice`,
/// `stop:network_error`, `tool+ids:functions+cut-in-tool`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Manner {
    /// `stop:eos`, `stop:`, `stop:function_call_filter: MALFORMED_FUNCTION_CALL`: this stop reason. In Responses
    /// `response.incomplete` with this reason.
    Stop(String),
    /// `reasons:`, `reasons:null`, `reasons:none`, `reasons: `: this finish reason in every chunk before the last; in Messages
    /// the stop reason of `message_start`. In Responses there is none before the end.
    Reasons(String),
    /// `status:incomplete`: in Responses the status of the object in the event `response.completed`.
    Status(String),
    /// `half`: the last part is truncated.
    Half,
    /// `usage:…`.
    Usage(UsageManner),
    /// `ids:…`: the ids of tool calls.
    Ids(Ids),
    /// `reasoning:…`: the field of a Chat message with the thinking.
    Reasoning(Reasoning),
    /// `calls:whole`: the arguments of a tool call in one event.
    WholeCalls,
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
    /// `whole-document`: a streamed request gets one JSON document.
    WholeDocument,
    /// `whole-document:event-stream`: with the content type of a stream.
    WholeDocumentAsStream,
    /// `keep-alive`: the vendor's keep-alive before the first content and before every tenth event.
    KeepAlive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageManner {
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

/// Manners without a parameter.
const PLAIN: &[(&str, Manner)] = &[
    ("half", Manner::Half),
    ("usage:none", Manner::Usage(UsageManner::None)),
    ("usage:always", Manner::Usage(UsageManner::Always)),
    ("usage:in-choice", Manner::Usage(UsageManner::InChoice)),
    ("usage:each-chunk", Manner::Usage(UsageManner::EachChunk)),
    (
        "usage:reasoning-beside",
        Manner::Usage(UsageManner::ReasoningBeside),
    ),
    ("usage:hit-and-miss", Manner::Usage(UsageManner::HitAndMiss)),
    (
        "usage:cached-on-top",
        Manner::Usage(UsageManner::CachedOnTop),
    ),
    ("usage:corrected", Manner::Usage(UsageManner::Corrected)),
    ("usage:absurd", Manner::Usage(UsageManner::Absurd)),
    ("ids:own", Manner::Ids(Ids::Own)),
    ("ids:functions", Manner::Ids(Ids::Functions)),
    ("ids:vllm", Manner::Ids(Ids::Vllm)),
    ("ids:nine", Manner::Ids(Ids::Nine)),
    ("ids:deepseek", Manner::Ids(Ids::DeepSeek)),
    ("ids:gemini", Manner::Ids(Ids::Gemini)),
    ("reasoning:hidden", Manner::Reasoning(Reasoning::Hidden)),
    (
        "reasoning:reasoning_content",
        Manner::Reasoning(Reasoning::Content),
    ),
    ("reasoning:reasoning", Manner::Reasoning(Reasoning::Plain)),
    ("reasoning:details", Manner::Reasoning(Reasoning::Details)),
    ("reasoning:parts", Manner::Reasoning(Reasoning::Parts)),
    ("calls:whole", Manner::WholeCalls),
    ("calls:unnumbered", Manner::UnnumberedCalls),
    ("surrogates:split", Manner::SplitSurrogates),
    ("surrogates:lone", Manner::LoneSurrogate),
    ("last-event:open", Manner::OpenLastEvent),
    ("last-event:bare", Manner::BareLastEvent),
    ("whole-document", Manner::WholeDocument),
    ("whole-document:event-stream", Manner::WholeDocumentAsStream),
    ("keep-alive", Manner::KeepAlive),
];

/// Longest id that `ids:` accepts, in characters.
const LONGEST_ID: usize = 4096;

/// A name that is not a manner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no manner of answering; the names are listed by GET /v1/models")]
pub struct UnknownManner(pub String);

impl FromStr for Manner {
    type Err = UnknownManner;

    fn from_str(name: &str) -> Result<Self, UnknownManner> {
        if let Some((_, manner)) = PLAIN.iter().find(|(plain, _)| *plain == name) {
            return Ok(manner.clone());
        }
        let unknown = || UnknownManner(name.to_owned());
        let (kind, word) = name.split_once(':').ok_or_else(unknown)?;
        match kind {
            "stop" => Ok(Manner::Stop(word.to_owned())),
            "reasons" => Ok(Manner::Reasons(word.to_owned())),
            "status" => Ok(Manner::Status(word.to_owned())),
            "ids" => match word.parse() {
                Ok(length @ 1..=LONGEST_ID) => Ok(Manner::Ids(Ids::Length(length))),
                _ => Err(unknown()),
            },
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Manner::Stop(word) => write!(f, "stop:{word}"),
            Manner::Reasons(word) => write!(f, "reasons:{word}"),
            Manner::Status(word) => write!(f, "status:{word}"),
            Manner::Ids(Ids::Length(length)) => write!(f, "ids:{length}"),
            Manner::Half
            | Manner::Usage(_)
            | Manner::Ids(_)
            | Manner::Reasoning(_)
            | Manner::WholeCalls
            | Manner::UnnumberedCalls
            | Manner::SplitSurrogates
            | Manner::LoneSurrogate
            | Manner::OpenLastEvent
            | Manner::BareLastEvent
            | Manner::WholeDocument
            | Manner::WholeDocumentAsStream
            | Manner::KeepAlive => {
                let found = PLAIN.iter().find(|(_, manner)| manner == self);
                f.write_str(found.map_or("", |(name, _)| name))
            }
        }
    }
}

impl TryFrom<String> for Manner {
    type Error = UnknownManner;

    fn try_from(name: String) -> Result<Self, UnknownManner> {
        name.parse()
    }
}

impl From<Manner> for String {
    fn from(manner: Manner) -> String {
        manner.to_string()
    }
}

#[cfg(test)]
pub(crate) fn plain_names() -> impl Iterator<Item = &'static str> {
    PLAIN.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::{Manner, plain_names};

    #[test]
    fn every_manner_name_is_parsed_to_the_same_manner() {
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
            assert_eq!(name.parse::<Manner>().unwrap().to_string(), name);
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
            assert!(name.parse::<Manner>().is_err(), "{name}");
        }
    }
}
