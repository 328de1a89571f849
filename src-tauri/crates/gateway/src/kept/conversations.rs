//! Channel to the ledger for kept conversations.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::ask::{ConversationAsk, Question};
use crate::held::{Held, Share};

/// How long a request waits for what it refers to; then that is not kept. The ledger itself waits 5 s for another program.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes that wait to be written.
const WAITING: usize = 64 << 20;

/// Channel to the ledger's writer.
#[derive(Clone, Debug)]
pub(crate) struct Conversations {
    to: mpsc::Sender<ConversationAsk>,
    waiting: Held,
}

impl Conversations {
    pub(crate) fn new(to: mpsc::Sender<ConversationAsk>) -> Self {
        Self {
            to,
            waiting: Held::default(),
        }
    }

    /// Write something down when there is time: after all that was to be written before, and before any later search.
    pub(super) fn write(&self, bytes: usize, question: impl FnOnce(Share) -> Question) {
        let mut share = self.waiting.share();
        let why = match share.grow(bytes, WAITING) {
            Err(_) => "too much waits to be written",
            Ok(()) => match self.to.try_send(ConversationAsk(question(share))) {
                Ok(()) => return,
                Err(_) => "its writer is too slow or gone",
            },
        };
        tracing::warn!(
            why,
            "a response is not kept: another provider will not understand a reference to it"
        );
    }

    pub(super) async fn search<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Question,
    ) -> Option<T> {
        let (reply, replied) = oneshot::channel();
        self.to.try_send(ConversationAsk(question(reply))).ok()?;
        timeout(PATIENCE, replied).await.ok()?.ok()
    }
}
