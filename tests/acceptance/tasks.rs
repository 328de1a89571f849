//! Real agents with a fallback of another dialect; the complete table is `cargo xtask clients --tasks`.

use std::sync::Arc;

use crate::clients::roster::{Client, Troupe};
use crate::clients::task::{self, Outage, Task};
use crate::installed::installed;

async fn assert_done(client: Client) {
    let Some(clients) = installed("UNDERSTUDY_CLIENTS") else {
        return;
    };
    let tasks = Task::all().into_iter().filter(|task| task.client == client);
    let tasks: Vec<Task> = tasks.collect();
    assert_eq!(tasks.len(), 2 * Outage::ALL.len());
    let results = task::all(tasks, Arc::new(Troupe::new(clients)), 2).await;
    for result in results {
        assert!(result.is_as_promised(), "{result:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_code_continues_with_a_provider_of_another_dialect() {
    assert_done(Client::ClaudeCode).await;
}

/// It sends fields and betas that it does not send for older models.
#[tokio::test(flavor = "multi_thread")]
async fn claude_code_with_the_newest_model_continues_with_a_provider_of_another_dialect() {
    assert_done(Client::ClaudeCodeNewest).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_continues_with_a_provider_of_another_dialect() {
    assert_done(Client::Codex).await;
}

/// Its tools are declared in the conversation, in groups, and the called one has free text.
#[tokio::test(flavor = "multi_thread")]
async fn codex_for_the_newest_models_continues_with_a_provider_of_another_dialect() {
    assert_done(Client::CodexWithPrograms).await;
}
