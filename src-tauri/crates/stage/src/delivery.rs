//! The form of a response beyond the dialect: a vendor's traits, and the requested manners.

use catalog::Dialect;

use crate::manner::{Ids, Manner, Reasoning, UsageManner};
use crate::signature::Seal;

/// Traits of all responses of a vendor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits {
    pub(crate) ids: Ids,
    pub(crate) reasoning: Reasoning,
    pub(crate) usage: UsagePlace,
    pub(crate) cached: CachedField,
    /// Thinking is not included in `completion_tokens`, only in the total.
    pub(crate) reasoning_beside: bool,
    pub(crate) whole_calls: bool,
    pub(crate) unnumbered_calls: bool,
    /// The field of `extra_content` with the thought signature of a message's first call.
    pub(crate) signs_calls: Option<&'static str>,
    /// Every Responses stream ends with the event `response.completed`, whatever its status.
    pub(crate) always_completed: bool,
    /// The kind of signature for thinking.
    pub(crate) seal: Seal,
    /// The keep-alive comment; Messages has an event for it.
    pub(crate) comment: &'static str,
    /// The comment is sent in every stream.
    pub(crate) comments: bool,
    /// Chat's finish reasons for a clean end, for a full context window and for a refusal.
    pub(crate) stops: [&'static str; 3],
}

/// The place of usage in a Chat stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsagePlace {
    /// In a separate chunk, if `stream_options.include_usage` requests it.
    OnDemand,
    /// In the chunk with the finish reason.
    Always,
    /// In the choice with the finish reason.
    InChoice,
    EachChunk,
    Nowhere,
}

/// The field in which Chat reports tokens read from a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CachedField {
    Details,
    HitAndMiss,
    OnTop,
}

impl Traits {
    pub(crate) const PLAIN: Traits = Traits {
        ids: Ids::Own,
        reasoning: Reasoning::Hidden,
        usage: UsagePlace::OnDemand,
        cached: CachedField::Details,
        reasoning_beside: false,
        whole_calls: false,
        unnumbered_calls: false,
        signs_calls: None,
        always_completed: false,
        seal: Seal::Own,
        comment: "ping",
        comments: false,
        stops: ["stop", "length", "content_filter"],
    };
}

/// The form of one response.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) traits: Traits,
    pub(crate) stop: Option<String>,
    pub(crate) reasons: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) half: bool,
    pub(crate) corrected: bool,
    pub(crate) absurd: bool,
    pub(crate) surrogates: Option<Surrogates>,
    pub(crate) last_event: LastEvent,
    pub(crate) document: AsDocument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surrogates {
    Split,
    Lone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastEvent {
    Closed,
    /// Without its blank line.
    Open,
    /// Without its line break.
    Bare,
}

/// Whether a streamed request gets one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsDocument {
    No,
    Json,
    EventStream,
}

/// Manners that cannot be combined, or do not exist in this dialect.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Contradiction {
    #[error("`{0}` and `{1}` contradict each other: name one of them.")]
    Both(Manner, Manner),
    #[error("`{0}` exists in {1} only: this request is in {2}.")]
    Elsewhere(Manner, Dialect, Dialect),
}

impl Delivery {
    pub(crate) fn new(
        traits: Traits,
        dialect: Dialect,
        manners: &[Manner],
    ) -> Result<Delivery, Contradiction> {
        let mut delivery = Delivery {
            traits,
            stop: None,
            reasons: None,
            status: None,
            half: false,
            corrected: false,
            absurd: false,
            surrogates: None,
            last_event: LastEvent::Closed,
            document: AsDocument::No,
        };
        for (at, manner) in manners.iter().enumerate() {
            let same_axis = |other: &&Manner| axis(other) == axis(manner);
            if let Some(other) = manners[..at].iter().find(same_axis) {
                return Err(Contradiction::Both(other.clone(), manner.clone()));
            }
            let only = match manner {
                Manner::Status(_) => Some(Dialect::OpenaiResponses),
                Manner::Usage(
                    UsageManner::Always
                    | UsageManner::InChoice
                    | UsageManner::EachChunk
                    | UsageManner::ReasoningBeside
                    | UsageManner::HitAndMiss
                    | UsageManner::CachedOnTop,
                )
                | Manner::Reasoning(_)
                | Manner::UnnumberedCalls => Some(Dialect::OpenaiChat),
                Manner::Usage(UsageManner::None | UsageManner::Corrected | UsageManner::Absurd)
                | Manner::Stop(_)
                | Manner::Reasons(_)
                | Manner::Half
                | Manner::Ids(_)
                | Manner::WholeCalls
                | Manner::SplitSurrogates
                | Manner::LoneSurrogate
                | Manner::OpenLastEvent
                | Manner::BareLastEvent
                | Manner::WholeDocument
                | Manner::WholeDocumentAsStream
                | Manner::KeepAlive => None,
            };
            if let Some(only) = only.filter(|only| *only != dialect) {
                return Err(Contradiction::Elsewhere(manner.clone(), only, dialect));
            }
            delivery.apply(manner);
        }
        Ok(delivery)
    }

    fn apply(&mut self, manner: &Manner) {
        match manner {
            Manner::Stop(word) => self.stop = Some(word.clone()),
            Manner::Reasons(word) => self.reasons = Some(word.clone()),
            Manner::Status(word) => self.status = Some(word.clone()),
            Manner::Half => self.half = true,
            Manner::Usage(usage) => self.count(*usage),
            Manner::Ids(ids) => self.traits.ids = *ids,
            Manner::Reasoning(reasoning) => self.traits.reasoning = *reasoning,
            Manner::WholeCalls => self.traits.whole_calls = true,
            Manner::UnnumberedCalls => self.traits.unnumbered_calls = true,
            Manner::SplitSurrogates => self.surrogates = Some(Surrogates::Split),
            Manner::LoneSurrogate => self.surrogates = Some(Surrogates::Lone),
            Manner::OpenLastEvent => self.last_event = LastEvent::Open,
            Manner::BareLastEvent => self.last_event = LastEvent::Bare,
            Manner::WholeDocument => self.document = AsDocument::Json,
            Manner::WholeDocumentAsStream => self.document = AsDocument::EventStream,
            Manner::KeepAlive => self.traits.comments = true,
        }
    }

    fn count(&mut self, usage: UsageManner) {
        match usage {
            UsageManner::None => self.traits.usage = UsagePlace::Nowhere,
            UsageManner::Always => self.traits.usage = UsagePlace::Always,
            UsageManner::InChoice => self.traits.usage = UsagePlace::InChoice,
            UsageManner::EachChunk => self.traits.usage = UsagePlace::EachChunk,
            UsageManner::ReasoningBeside => self.traits.reasoning_beside = true,
            UsageManner::HitAndMiss => self.traits.cached = CachedField::HitAndMiss,
            UsageManner::CachedOnTop => self.traits.cached = CachedField::OnTop,
            UsageManner::Corrected => self.corrected = true,
            UsageManner::Absurd => self.absurd = true,
        }
    }
}

/// Manners with the same value are mutually exclusive.
fn axis(manner: &Manner) -> &'static str {
    match manner {
        Manner::Stop(_) => "stop",
        Manner::Reasons(_) => "reasons",
        Manner::Status(_) => "status",
        Manner::Half => "half",
        Manner::Usage(
            UsageManner::None
            | UsageManner::Always
            | UsageManner::InChoice
            | UsageManner::EachChunk,
        ) => "place of the usage",
        Manner::Usage(UsageManner::ReasoningBeside) => "reasoning in the usage",
        Manner::Usage(UsageManner::HitAndMiss | UsageManner::CachedOnTop) => "cached in the usage",
        Manner::Usage(UsageManner::Corrected | UsageManner::Absurd) => "figures of the usage",
        Manner::Ids(_) => "ids",
        Manner::Reasoning(_) => "reasoning",
        Manner::WholeCalls => "arguments",
        Manner::UnnumberedCalls => "index of calls",
        Manner::SplitSurrogates | Manner::LoneSurrogate => "surrogates",
        Manner::OpenLastEvent | Manner::BareLastEvent => "last event",
        Manner::WholeDocument | Manner::WholeDocumentAsStream => "document",
        Manner::KeepAlive => "keep-alive",
    }
}
