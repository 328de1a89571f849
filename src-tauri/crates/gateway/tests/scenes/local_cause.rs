//! Failures whose cause is this machine or its network: the client gets the reason, and nothing counts against the provider.

use std::io::{Error, ErrorKind};

use catalog::Dialect;
use gateway::{BoxError, End, LocalCause, Outcome, UntrustedCertificate};
use stage::Stage;

use crate::world::{Scene, text};

fn failing(error: fn() -> BoxError) -> Scene {
    let connect = gateway::connect(move |_| async move { Err(error()) });
    Scene::dialling(Stage::any_model(), Stage::any_model(), connect)
}

/// The status and message of the error that the client gets.
async fn refused(scene: &mut Scene, dialect: Dialect) -> (u16, String) {
    let response = scene.ask(dialect).await;
    let status = response.status().as_u16();
    let body: serde_json::Value = serde_json::from_str(&text(response).await.unwrap()).unwrap();
    let message = body["error"]["message"].as_str().unwrap().to_owned();
    let exchange = scene.ended().await;
    assert_eq!(exchange.end, End::Exhausted, "{dialect}");
    assert!(
        !body.to_string().contains("overloaded"),
        "{dialect}: {body}"
    );
    (status, message)
}

#[tokio::test(start_paused = true)]
async fn without_a_route_this_machine_is_offline_and_no_provider_is_blamed() {
    for dialect in Dialect::ALL {
        let mut scene = failing(|| Error::from(ErrorKind::NetworkUnreachable).into());
        // Three failures of the provider would open its breaker.
        for _ in 0..3 {
            let (status, message) = refused(&mut scene, dialect).await;
            assert_eq!(status, 503, "{dialect}");
            assert!(message.contains("this machine is offline"), "{message}");
        }
        assert_eq!(scene.gateway.breakers(), [], "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_untrusted_certificate_is_named_and_does_not_count_against_the_provider() {
    for dialect in Dialect::ALL {
        let mut scene = failing(|| {
            let why = "invalid peer certificate: UnknownIssuer".into();
            UntrustedCertificate {
                why,
                by_clock: false,
            }
            .into()
        });
        for _ in 0..3 {
            let (status, message) = refused(&mut scene, dialect).await;
            assert_eq!(status, 503, "{dialect}");
            assert!(message.contains("UnknownIssuer"), "{message}");
            assert!(message.contains("opens TLS"), "{message}");
        }
        assert_eq!(scene.gateway.breakers(), [], "{dialect}");
    }
}

/// A refused connection is the provider's failure, unless this machine is known to be offline.
#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_a_local_fault_only_while_offline() {
    let refuse: fn() -> BoxError = || Error::from(ErrorKind::ConnectionRefused).into();
    let mut scene = failing(refuse);
    for _ in 0..3 {
        let response = scene.ask(Dialect::Anthropic).await;
        assert_eq!(response.status().as_u16(), 529);
        text(response).await.unwrap();
        scene.ended().await;
    }
    assert!(!scene.gateway.breakers().is_empty());

    let mut scene = failing(refuse);
    scene.offline();
    for _ in 0..3 {
        let (status, message) = refused(&mut scene, Dialect::Anthropic).await;
        assert_eq!(status, 503);
        assert!(message.contains("this machine is offline"), "{message}");
    }
    assert_eq!(scene.gateway.breakers(), []);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_with_other_dates_names_this_machines_clock() {
    let mut scene = failing(|| {
        let why = "invalid peer certificate: NotValidYet".into();
        UntrustedCertificate {
            why,
            by_clock: true,
        }
        .into()
    });
    for _ in 0..3 {
        let (status, message) = refused(&mut scene, Dialect::Anthropic).await;
        assert_eq!(status, 503);
        assert!(message.contains("clock"), "{message}");
    }
    assert_eq!(scene.gateway.breakers(), []);
}

/// EMFILE, ENFILE, ENOBUFS, EADDRNOTAVAIL, ENOMEM.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn without_own_resources_the_client_waits_and_no_provider_is_blamed() {
    let errors: [fn() -> BoxError; 5] = [
        || Error::from_raw_os_error(24).into(),
        || Error::from_raw_os_error(23).into(),
        || Error::from_raw_os_error(105).into(),
        || Error::from_raw_os_error(99).into(),
        || Error::from_raw_os_error(12).into(),
    ];
    for error in errors {
        for dialect in Dialect::ALL {
            let mut scene = failing(error);
            for _ in 0..3 {
                let response = scene.ask(dialect).await;
                assert_eq!(response.headers()["retry-after"], "1");
                assert_eq!(response.status().as_u16(), 503);
                let message = text(response).await.unwrap();
                assert!(message.contains("no resources left"), "{message}");
                let exchange = scene.ended().await;
                for attempt in &exchange.attempts {
                    assert!(
                        matches!(
                            attempt.outcome,
                            Outcome::Local {
                                cause: LocalCause::Resources,
                                ..
                            }
                        ),
                        "{attempt:?}"
                    );
                    assert_eq!(attempt.request_bytes, 0);
                }
            }
            assert_eq!(scene.gateway.breakers(), [], "{dialect}");
        }
    }
}
