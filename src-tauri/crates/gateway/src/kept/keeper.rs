//! Observes one response, and stores it before the client can refer to it.

use std::sync::Arc;

use bytes::Bytes;
use catalog::Dialect;
use wire::Kind;

use super::ask::{Keep, OwnerAt, Question};
use super::conversations::Conversations;
use super::holder::holder;
use super::refers::Refers;
use super::response::{self, Observer, Response};
use crate::admitted::Admitted;
use crate::plan::Remedy;
use crate::services::Services;
use crate::{Candidate, Carriage, Plan};

/// The parts of a response that is stored; empty if it is not stored.
#[derive(Debug, Default)]
pub(crate) struct Keeper(Option<Keeping>);

#[derive(Debug)]
struct Keeping {
    conversations: Conversations,
    owner_at: OwnerAt,
    body: Bytes,
    refers: Option<Arc<Refers>>,
    observer: Observer,
}

impl Keeper {
    pub(crate) fn of(services: &Services, admitted: &Admitted) -> Self {
        let Admitted {
            plan,
            ask,
            kind,
            conversation,
            ..
        } = admitted;
        let may_be_referred_to = *kind == Kind::Generate
            && plan.dialect == Dialect::OpenaiResponses
            && ask.stores
            && !plan.rehearsal
            && may_be_answered_elsewhere(plan);
        let owner = conversation.owner.filter(|_| may_be_referred_to);
        Self(owner.map(|owner| Keeping {
            conversations: services.conversations().clone(),
            owner_at: (owner, services.now()),
            body: admitted.body.clone(),
            refers: conversation.refers.clone(),
            observer: Observer::default(),
        }))
    }

    /// Bytes of an event stream before their release. `pieced`: another candidate's response began it.
    pub(crate) fn observe(&mut self, bytes: &[u8], by: &Candidate, pieced: bool) {
        let complete = match &mut self.0 {
            None => None,
            Some(keeping) => keeping.observer.push(bytes),
        };
        if let Some(response) = complete {
            self.keep(response, by, pieced);
        }
    }

    /// A response in one document.
    pub(crate) fn observe_document(&mut self, document: &[u8], by: &Candidate) {
        if self.0.is_some()
            && let Some(response) = response::read_document(document)
        {
            return self.keep(response, by, false);
        }
        // A stream is sent in one piece to a client without chunks.
        self.observe(document, by, false);
    }

    fn keep(&mut self, response: Response, by: &Candidate, pieced: bool) {
        let Some(keeping) = self.0.take() else {
            return;
        };
        // No vendor stores a continued message, and a translated one has ids of Understudy.
        let holds = by.carriage == Carriage::Own && !pieced;
        let bytes = keeping.body.len() + response.bytes();
        keeping.conversations.write(bytes, |waiting| {
            Question::Keep(Box::new(Keep {
                owner_at: keeping.owner_at,
                body: keeping.body,
                refers: keeping.refers,
                response,
                holder: holds.then(|| holder(by)),
                _waiting: waiting,
            }))
        });
    }
}

/// True if a candidate of this request, now or later, may not store what the client's own vendor stores.
fn may_be_answered_elsewhere(plan: &Plan) -> bool {
    let own = plan.primary().map(|primary| &primary.endpoint);
    let elsewhere = |candidate: &Candidate| {
        candidate.carriage != Carriage::Own || Some(&candidate.endpoint) != own
    };
    plan.candidates.iter().any(elsewhere)
        || plan
            .dropped
            .iter()
            .any(|dropped| match dropped.why.remedy() {
                Remedy::OtherRequest(_) | Remedy::Time => true,
                Remedy::Key { .. } | Remedy::Owner => false,
            })
}
