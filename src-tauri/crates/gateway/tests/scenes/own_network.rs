//! Requests that never left this machine's network: the client gets the reason, and nothing counts against the provider.

use std::io::{Error, ErrorKind};

use catalog::Dialect;
use gateway::{BoxError, End, UntrustedCertificate};
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
            UntrustedCertificate("invalid peer certificate: UnknownIssuer".into()).into()
        });
        for _ in 0..3 {
            let (status, message) = refused(&mut scene, dialect).await;
            assert_eq!(status, 503, "{dialect}");
            assert!(message.contains("UnknownIssuer"), "{message}");
            assert!(message.contains("intercepts TLS"), "{message}");
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
