//! Signatures that a provider requires with its calls, for a client whose ids are too short for them and that does not return
//! them; and the thinking itself, if it is required.

use std::collections::BTreeMap;

use catalog::{Endpoint, ReasoningContent, ThoughtSignatures};
use translate::Signature;

use super::ask::{OwnerAt, Question};
use super::conversations::Conversations;
use super::write::Of;
use crate::admitted::Admitted;
use crate::services::Services;
use crate::{Candidate, EndpointConfig};

/// Stores the signatures of one response before the client receives their calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct SignatureSink(Option<Sink>);

#[derive(Clone, Debug)]
struct Sink {
    conversations: Conversations,
    owner_at: OwnerAt,
    reasoning: bool,
}

impl SignatureSink {
    pub(crate) fn of(services: &Services, admitted: &Admitted, endpoint: &EndpointConfig) -> Self {
        let endpoint = &endpoint.endpoint;
        let owner_at = owner_at(services, admitted).filter(|_| demands(endpoint));
        Self(owner_at.map(|owner_at| Sink {
            conversations: services.conversations().clone(),
            owner_at,
            // Thinking is content, unlike a signature: it is not stored for a client that sets `store: false`.
            reasoning: demands_reasoning(endpoint) && admitted.ask.stores,
        }))
    }

    pub(crate) fn keep(&self, signatures: &BTreeMap<String, Signature>) {
        let Some(sink) = &self.0 else {
            return;
        };
        let kept = signatures.iter().filter(|(_, signature)| match signature {
            Signature::Thought(_) | Signature::Detail(_) => true,
            Signature::Reasoning(_) => sink.reasoning,
        });
        let kept: BTreeMap<String, Signature> = kept
            .map(|(id, signature)| (id.clone(), signature.clone()))
            .collect();
        if kept.is_empty() {
            return;
        }
        let bytes = kept.values().map(|signature| signature.text().len());
        sink.conversations
            .write(bytes.sum(), |waiting| Question::Sign {
                owner_at: sink.owner_at,
                signatures: kept,
                waiting,
            });
    }
}

/// The stored signatures for the calls of this request, if the candidate requires them.
pub(crate) async fn kept_signatures(
    services: &Services,
    admitted: &Admitted,
    candidate: &Candidate,
    endpoint: &EndpointConfig,
) -> BTreeMap<String, Signature> {
    let wanted = candidate.is_translated() && demands(&endpoint.endpoint);
    let Some(owner_at) = owner_at(services, admitted).filter(|_| wanted) else {
        return BTreeMap::new();
    };
    let Ok(conversation) = translate::read(admitted.plan.dialect, admitted.in_full()) else {
        return BTreeMap::new();
    };
    let calls: Vec<String> = conversation.calls().map(|call| call.id.clone()).collect();
    if calls.is_empty() {
        return BTreeMap::new();
    }
    let found = services
        .conversations()
        .search(|reply| Question::Signatures {
            owner_at,
            calls,
            reply,
        });
    found.await.unwrap_or_default()
}

/// The client's session, if it sends one: some servers restart the numbering of calls in every session (`functions.Bash:0`).
fn owner_at(services: &Services, admitted: &Admitted) -> Option<OwnerAt> {
    let owner = admitted.conversation.owner?;
    let session = admitted.session.as_ref();
    let owner = session.map_or(owner, |key| Of::Session(&key.session).name(&owner));
    Some((owner, services.now()))
}

fn demands(endpoint: &Endpoint) -> bool {
    demands_reasoning(endpoint)
        || match endpoint.thought_signatures {
            ThoughtSignatures::None => false,
            ThoughtSignatures::ExtraContent | ThoughtSignatures::ReasoningDetails => true,
        }
}

fn demands_reasoning(endpoint: &Endpoint) -> bool {
    match endpoint.reasoning_content {
        ReasoningContent::Omitted => false,
        ReasoningContent::Required => true,
    }
}
