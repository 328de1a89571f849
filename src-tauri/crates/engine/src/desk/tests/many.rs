//! Any number of clients, sessions and pipelines.

use catalog::Dialect;
use gateway::{Began, ExchangeId};

use super::super::Event;
use super::Scene;

const MANY: u64 = 20_000;

fn began(session: u64) -> Event {
    Event::Began(Began {
        id: ExchangeId::new(session),
        started: chrono::DateTime::UNIX_EPOCH,
        client: wire::Client {
            name: format!("client {}", session % 1_000),
            session: Some(format!("session {session}")),
            ..wire::Client::default()
        },
        dialect: Dialect::Anthropic,
        model: "m".into(),
        rehearsal: false,
    })
}

#[test]
fn a_snapshot_lists_few_sessions_and_counts_the_others() {
    let mut scene = Scene::of(&[], "");
    let empty = serde_json::to_string(&scene.snapshot()).unwrap().len();
    for session in 0..MANY {
        scene.decide(began(session));
    }
    let snapshot = scene.snapshot();
    let size = serde_json::to_string(&snapshot).unwrap().len();
    assert!(
        size < empty + 20_000,
        "{size} bytes, without sessions {empty}"
    );
    let engine = &snapshot.engine;
    assert_eq!(engine.sessions.len() as u64 + engine.more_sessions, MANY);
    let listed: u64 = engine.sessions.iter().map(|one| u64::from(one.open)).sum();
    assert_eq!(listed + engine.more_open, MANY);
}
