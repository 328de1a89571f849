//! The owner's failure rules, and errors within a stream.

use catalog::Dialect;
use gateway::{Attempt, End, Outcome};
use wire::{FailureClass, Rule};

use crate::world::{Scene, complete, text};

fn failure(attempt: &Attempt) -> (FailureClass, String) {
    let Outcome::Failed { class, message, .. } = &attempt.outcome else {
        panic!("it did not fail: {:?}", attempt.outcome);
    };
    (*class, message.clone())
}

#[tokio::test(start_paused = true)]
async fn a_rule_fails_over_at_once_and_is_named_in_the_attempt() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with("503".parse().unwrap());
        scene.change(|config| {
            let rule = |number, status, class| Rule {
                number,
                status: Some(status),
                contains: None,
                class,
            };
            config.rules = [
                rule(1, 500, FailureClass::Caller),
                rule(2, 503, FailureClass::Quota),
            ]
            .into();
        });
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received));
        let exchange = scene.ended().await;
        assert_eq!(exchange.attempts.len(), 2, "no second try of a quota");
        let (class, message) = failure(&exchange.attempts[0]);
        assert_eq!(class, FailureClass::Quota);
        assert!(message.ends_with("(quota by your rule 2)"), "{message}");
        // A quota opens the breaker for five minutes.
        text(scene.ask(dialect).await).await.unwrap();
        assert_eq!(scene.requested().await.0, ["second"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_can_end_the_failover() {
    let mut scene = Scene::with("503".parse().unwrap());
    scene.change(|config| {
        config.rules = [Rule {
            number: 1,
            status: Some(503),
            contains: None,
            class: FailureClass::Caller,
        }]
        .into();
    });
    let response = scene.ask(Dialect::Anthropic).await;
    assert_eq!(response.status(), 503, "returned unchanged");
    text(response).await.unwrap();
    let (requested, end) = scene.requested().await;
    assert_eq!((requested, end), (vec!["lead".into()], End::CallersFault));
}
