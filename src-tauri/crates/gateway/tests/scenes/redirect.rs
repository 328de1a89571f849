//! A redirect is a response like any other: it is not followed, and no credential is sent to its target.

use catalog::{Auth, Dialect, EndpointId, Secret};
use gateway::Outcome;
use http::StatusCode;
use stage::{ErrorBody, Fault};

use crate::world::{Scene, complete, text};

#[tokio::test(start_paused = true)]
async fn trap_51_a_redirect_is_not_followed_and_the_key_stays() {
    for dialect in Dialect::ALL {
        for status in [301, 302, 303, 307, 308] {
            let elsewhere = format!("http://second.test{}", dialect.default_path());
            let mut scene = Scene::with(Fault::Status {
                status,
                headers: vec![("location".to_owned(), elsewhere)],
                body: ErrorBody::Empty,
            });
            // Only the redirect leads to the second endpoint.
            scene.change(|config| {
                for route in &mut config.routes {
                    route.candidates.truncate(1);
                }
                let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
                lead.endpoint.auth = Auth::Bearer;
                lead.endpoint.key_env = Some("KEY".to_owned());
                lead.key = Some(Secret::new("key-of-the-lead"));
            });
            let response = scene.ask(dialect).await;
            let answered = response.status();
            let _ = text(response).await;
            assert!(!answered.is_success(), "{dialect} {status}: {answered}");
            let requested = scene.lead.received();
            assert!(!requested.is_empty(), "{dialect} {status}");
            for request in requested {
                assert_eq!(request.headers["authorization"], "Bearer key-of-the-lead");
            }
            assert_eq!(scene.second.received().len(), 0, "{dialect} {status}");
            let (requested, _) = scene.requested().await;
            assert!(
                requested.iter().all(|id| id == "lead"),
                "{dialect} {status}: {requested:?}"
            );
        }
    }
}

/// The portal of a network answers so for any address.
#[tokio::test(start_paused = true)]
async fn a_redirect_opens_no_circuit_breaker_and_blames_no_provider() {
    for dialect in Dialect::ALL {
        for status in [301, 302, 304, 307] {
            let mut scene = Scene::with(Fault::Status {
                status,
                headers: vec![("location".to_owned(), "http://portal.test/".to_owned())],
                body: ErrorBody::Empty,
            });
            for _ in 0..5 {
                let response = scene.ask(dialect).await;
                assert_eq!(response.status(), StatusCode::OK);
                assert!(complete(dialect, &text(response).await.unwrap()));
                let exchange = scene.ended().await;
                let ids: Vec<&str> = exchange
                    .attempts
                    .iter()
                    .map(|a| a.endpoint.as_str())
                    .collect();
                assert_eq!(ids, ["lead", "second"], "{dialect} {status}");
                let Outcome::Failed { fault, message, .. } = &exchange.attempts[0].outcome else {
                    panic!("{:?}", exchange.attempts[0]);
                };
                assert!(!fault.is_theirs(), "{dialect} {status}");
                assert!(message.contains("redirect"), "{message}");
            }
            scene.lead.outage(None);
            text(scene.ask(dialect).await).await.unwrap();
            let (requested, _) = scene.requested().await;
            assert_eq!(requested, ["lead"], "{dialect} {status}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_switch_of_protocols_never_reaches_the_client() {
    for dialect in Dialect::ALL {
        for status in ["101 Switching Protocols", "304 Not Modified"] {
            let head =
                format!("HTTP/1.1 {status}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
            let mut scene = Scene::answering(head.leak().as_bytes());
            let response = scene.ask(dialect).await;
            assert!(
                response.status().is_server_error(),
                "{dialect} {status}: {response:?}"
            );
            assert!(!response.headers().contains_key("upgrade"));
            let received = text(response).await.unwrap();
            assert!(received.contains("did not answer"), "{received}");
            scene.ended().await;
        }
    }
}
