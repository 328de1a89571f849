//! A check that was in progress while the machine slept, or while its network changed, waits on a dead connection.

use super::*;

/// Answers nothing on the first connection.
async fn dead_at_first(answer: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    let requests = AtomicUsize::new(0);
    Server::new(move |_| match requests.fetch_add(1, Ordering::SeqCst) {
        0 => Reply {
            bytes: Vec::new(),
            hold: true,
        },
        _ => answer(),
    })
    .await
}

async fn until_requested(server: &Server) {
    while server.requests().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_page_is_read_again_at_once() {
    let server = dead_at_first(|| json(UP)).await;
    let mut scene = Scene::new(only_pages(page_at(&server.url)));
    until_requested(&server).await;
    scene.nudge(Nudge::Woke).await;
    let (_, up, error) = scene.page().await;
    assert_eq!(
        (up.map(|page| page.incidents), error),
        (Ok(Vec::new()), None)
    );
    assert_eq!(server.requests().len(), 2);
    scene.end().await;
}

#[tokio::test]
async fn a_probe_is_sent_again_and_its_dead_connection_is_no_failure() {
    let server = dead_at_first(|| reply("503 Service Unavailable", "", b"")).await;
    let mut scene = Scene::new(Targets {
        probes: vec![probe_at(&server.url, Some("k"))],
        controls: Vec::new(),
        ..Targets::default()
    });
    until_requested(&server).await;
    scene.nudge(Nudge::Woke).await;
    let outcome = scene.call().await;
    let CallOutcome::Failed { kind, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        kind,
        FailureKind::Status(503),
        "the answer of the second connection"
    );
    scene.end().await;
}
