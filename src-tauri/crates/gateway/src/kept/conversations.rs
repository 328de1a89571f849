//! Channel to the ledger for kept conversations.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::ask::{ConversationAsk, Question};
use crate::held::{Held, Share};

/// How long a request waits for the content of its references; after that it counts as not kept. The ledger itself waits 5 s
/// for another program.
const PATIENCE: Duration = Duration::from_secs(5);
/// Maximum number of bytes that wait for a write.
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

    /// Queues a write: after all earlier writes, and before any later lookup.
    pub(super) fn write(&self, bytes: usize, question: impl FnOnce(Share) -> Question) {
        let mut share = self.waiting.share();
        let why = match share.grow(bytes, WAITING) {
            Err(_) => "too many writes are waiting",
            Ok(()) => match self.to.try_send(ConversationAsk(question(share))) {
                Ok(()) => return,
                Err(_) => "its writer is too slow or closed",
            },
        };
        tracing::warn!(
            why,
            "a response is not stored: another provider will not understand a reference to it"
        );
    }

    pub(super) async fn search<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Question,
    ) -> Option<T> {
        let (reply, replied) = oneshot::channel();
        self.to.try_send(ConversationAsk(question(reply))).ok()?;
        crate::late::within(PATIENCE, replied).await.ok()?.ok()
    }
}
