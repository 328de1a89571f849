//! The form of a response beyond the dialect: a vendor's traits, and the requested variations.

use catalog::Dialect;

use crate::signature::Seal;
use crate::variation::{Ids, Reasoning, UsageVariation, Variation};

/// Traits of all responses of a vendor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits {
    pub(crate) ids: Ids,
    pub(crate) reasoning: Reasoning,
    pub(crate) usage: UsagePlace,
    pub(crate) cached: CachedField,
    /// Thinking is not included in `completion_tokens`, only in the total.
    pub(crate) reasoning_beside: bool,
    pub(crate) calls_in_one_event: bool,
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
        calls_in_one_event: false,
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
    pub(crate) truncated: bool,
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

/// Variations that cannot be combined, or do not exist in this dialect.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Contradiction {
    #[error("`{0}` and `{1}` contradict each other: name one of them.")]
    Both(Variation, Variation),
    #[error("`{0}` exists in {1} only: this request is in {2}.")]
    Elsewhere(Variation, Dialect, Dialect),
}

impl Delivery {
    pub(crate) fn new(
        traits: Traits,
        dialect: Dialect,
        variations: &[Variation],
    ) -> Result<Delivery, Contradiction> {
        let mut delivery = Delivery {
            traits,
            stop: None,
            reasons: None,
            status: None,
            truncated: false,
            corrected: false,
            absurd: false,
            surrogates: None,
            last_event: LastEvent::Closed,
            document: AsDocument::No,
        };
        for (at, variation) in variations.iter().enumerate() {
            let same_axis = |other: &&Variation| axis(other) == axis(variation);
            if let Some(other) = variations[..at].iter().find(same_axis) {
                return Err(Contradiction::Both(other.clone(), variation.clone()));
            }
            let only = match variation {
                Variation::Status(_) => Some(Dialect::OpenaiResponses),
                Variation::Usage(
                    UsageVariation::Always
                    | UsageVariation::InChoice
                    | UsageVariation::EachChunk
                    | UsageVariation::ReasoningBeside
                    | UsageVariation::HitAndMiss
                    | UsageVariation::CachedOnTop,
                )
                | Variation::Reasoning(_)
                | Variation::UnnumberedCalls => Some(Dialect::OpenaiChat),
                Variation::Usage(
                    UsageVariation::None | UsageVariation::Corrected | UsageVariation::Absurd,
                )
                | Variation::Stop(_)
                | Variation::Reasons(_)
                | Variation::Truncated
                | Variation::Ids(_)
                | Variation::CallsInOneEvent
                | Variation::SplitSurrogates
                | Variation::LoneSurrogate
                | Variation::OpenLastEvent
                | Variation::BareLastEvent
                | Variation::Document
                | Variation::DocumentAsStream
                | Variation::KeepAlive => None,
            };
            if let Some(only) = only.filter(|only| *only != dialect) {
                return Err(Contradiction::Elsewhere(variation.clone(), only, dialect));
            }
            delivery.apply(variation);
        }
        Ok(delivery)
    }

    fn apply(&mut self, variation: &Variation) {
        match variation {
            Variation::Stop(word) => self.stop = Some(word.clone()),
            Variation::Reasons(word) => self.reasons = Some(word.clone()),
            Variation::Status(word) => self.status = Some(word.clone()),
            Variation::Truncated => self.truncated = true,
            Variation::Usage(usage) => self.count(*usage),
            Variation::Ids(ids) => self.traits.ids = *ids,
            Variation::Reasoning(reasoning) => self.traits.reasoning = *reasoning,
            Variation::CallsInOneEvent => self.traits.calls_in_one_event = true,
            Variation::UnnumberedCalls => self.traits.unnumbered_calls = true,
            Variation::SplitSurrogates => self.surrogates = Some(Surrogates::Split),
            Variation::LoneSurrogate => self.surrogates = Some(Surrogates::Lone),
            Variation::OpenLastEvent => self.last_event = LastEvent::Open,
            Variation::BareLastEvent => self.last_event = LastEvent::Bare,
            Variation::Document => self.document = AsDocument::Json,
            Variation::DocumentAsStream => self.document = AsDocument::EventStream,
            Variation::KeepAlive => self.traits.comments = true,
        }
    }

    fn count(&mut self, usage: UsageVariation) {
        match usage {
            UsageVariation::None => self.traits.usage = UsagePlace::Nowhere,
            UsageVariation::Always => self.traits.usage = UsagePlace::Always,
            UsageVariation::InChoice => self.traits.usage = UsagePlace::InChoice,
            UsageVariation::EachChunk => self.traits.usage = UsagePlace::EachChunk,
            UsageVariation::ReasoningBeside => self.traits.reasoning_beside = true,
            UsageVariation::HitAndMiss => self.traits.cached = CachedField::HitAndMiss,
            UsageVariation::CachedOnTop => self.traits.cached = CachedField::OnTop,
            UsageVariation::Corrected => self.corrected = true,
            UsageVariation::Absurd => self.absurd = true,
        }
    }
}

/// Variations with the same value are mutually exclusive.
fn axis(variation: &Variation) -> &'static str {
    match variation {
        Variation::Stop(_) => "stop",
        Variation::Reasons(_) => "reasons",
        Variation::Status(_) => "status",
        Variation::Truncated => "half",
        Variation::Usage(
            UsageVariation::None
            | UsageVariation::Always
            | UsageVariation::InChoice
            | UsageVariation::EachChunk,
        ) => "place of the usage",
        Variation::Usage(UsageVariation::ReasoningBeside) => "reasoning in the usage",
        Variation::Usage(UsageVariation::HitAndMiss | UsageVariation::CachedOnTop) => {
            "cached in the usage"
        }
        Variation::Usage(UsageVariation::Corrected | UsageVariation::Absurd) => {
            "figures of the usage"
        }
        Variation::Ids(_) => "ids",
        Variation::Reasoning(_) => "reasoning",
        Variation::CallsInOneEvent => "arguments",
        Variation::UnnumberedCalls => "index of calls",
        Variation::SplitSurrogates | Variation::LoneSurrogate => "surrogates",
        Variation::OpenLastEvent | Variation::BareLastEvent => "last event",
        Variation::Document | Variation::DocumentAsStream => "document",
        Variation::KeepAlive => "keep-alive",
    }
}
