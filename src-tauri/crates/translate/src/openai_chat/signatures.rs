//! Signatures of tool calls in a Chat request.

use catalog::ThoughtSignatures;

use crate::names::{Names, Signature};
use crate::request::Target;
use crate::request::model::Call;
use crate::request::text::{object, quoted};

/// Signatures of a message's tool calls, in the form that the target accepts.
pub(super) struct CallSignatures {
    /// One entry per call; `None` where the call has no signature.
    pub(super) thoughts: Vec<Option<String>>,
    /// `reasoning_details` of the message, as JSON.
    pub(super) details: Vec<String>,
}

/// Placeholder for calls that another model made: one of two values for which Gemini skips the signature check
/// (Gemini API docs, "Thought signatures", FAQ).
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

impl CallSignatures {
    pub(super) fn of(calls: &[&Call], names: &Names, target: &Target) -> CallSignatures {
        let kept: Vec<Option<Signature>> =
            calls.iter().map(|call| names.signature(&call.id)).collect();
        let mut signed = CallSignatures {
            thoughts: vec![None; calls.len()],
            details: Vec::new(),
        };
        match target.thought_signatures {
            ThoughtSignatures::None => {}
            ThoughtSignatures::ExtraContent => {
                for (thought, kept) in signed.thoughts.iter_mut().zip(kept) {
                    if let Some(Signature::Thought(text)) = kept {
                        *thought = Some(text);
                    }
                }
                // Gemini signs only the first of parallel calls.
                if signed.thoughts.iter().all(Option::is_none)
                    && let Some(first) = signed.thoughts.first_mut()
                {
                    *first = Some(NO_SIGNATURE.to_owned());
                }
            }
            ThoughtSignatures::ReasoningDetails => {
                signed.details = kept
                    .into_iter()
                    .filter_map(|kept| match kept {
                        Some(Signature::Detail(json)) => Some(json),
                        Some(Signature::Thought(_) | Signature::Reasoning(_)) | None => None,
                    })
                    .collect();
                // Gemini checks signatures behind OpenRouter too.
                if signed.details.is_empty() && target.model.starts_with(GEMINI_AT_OPENROUTER) {
                    let unsigned = (0..).zip(calls);
                    let detail =
                        |(index, call): (usize, &&Call)| unsigned_detail(index, call, names);
                    signed.details = unsigned.map(detail).collect();
                }
            }
        }
        signed
    }
}

const GEMINI_AT_OPENROUTER: &str = "google/gemini-";

/// The placeholder in OpenRouter's form (as RooCodeInc/Roo-Code sends it, `src/api/providers/openrouter.ts`).
fn unsigned_detail(index: usize, call: &Call, names: &Names) -> String {
    object(&[
        ("type", quoted("reasoning.encrypted")),
        ("id", quoted(&names.provider_id(&call.id))),
        ("data", quoted(NO_SIGNATURE)),
        ("format", quoted("google-gemini-v1")),
        ("index", index.to_string()),
    ])
}
