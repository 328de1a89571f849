//! Signatures that a provider demands back with its calls, for a client whose ids have no room for them and that does not return
//! them.

use std::collections::BTreeMap;

use catalog::ThoughtSignatures;
use ledger::Digest;
use translate::Signature;

use super::Conversations;
use super::ask::{Question, Whose};
use crate::admitted::Admitted;
use crate::services::Services;
use crate::{Candidate, EndpointConfig};

/// Where the signatures of one answer go, before the client is given the calls that they belong to.
#[derive(Clone, Debug, Default)]
pub(crate) struct SignatureSink(Option<(Conversations, Whose)>);

impl SignatureSink {
    pub(crate) fn of(services: &Services, admitted: &Admitted) -> Self {
        let whose = admitted
            .conversation
            .owner
            .map(|owner| (owner, services.now()));
        Self(whose.map(|whose| (services.conversations().clone(), whose)))
    }

    pub(crate) fn keep(&self, signatures: &BTreeMap<String, Signature>) {
        let Some((conversations, whose)) = &self.0 else {
            return;
        };
        if signatures.is_empty() {
            return;
        }
        let bytes = signatures.values().map(|signature| signature.text().len());
        conversations.write(bytes.sum(), |waiting| Question::Sign {
            whose: *whose,
            signatures: signatures.clone(),
            waiting,
        });
    }
}

/// What was kept for the calls of this request, where the candidate demands it.
pub(crate) async fn kept_signatures(
    services: &Services,
    admitted: &Admitted,
    candidate: &Candidate,
    endpoint: &EndpointConfig,
) -> BTreeMap<String, Signature> {
    let demanded = endpoint.endpoint.thought_signatures != ThoughtSignatures::default();
    let owner: Option<Digest> = admitted.conversation.owner;
    let Some(owner) = owner.filter(|_| candidate.is_translated() && demanded) else {
        return BTreeMap::new();
    };
    let Ok(said) = translate::read(admitted.plan.dialect, admitted.in_full()) else {
        return BTreeMap::new();
    };
    let calls: Vec<String> = said.calls().map(|call| call.id.clone()).collect();
    if calls.is_empty() {
        return BTreeMap::new();
    }
    let now = services.now();
    let found = services
        .conversations()
        .search(|reply| Question::Signatures {
            whose: (owner, now),
            calls,
            reply,
        });
    found.await.unwrap_or_default()
}
