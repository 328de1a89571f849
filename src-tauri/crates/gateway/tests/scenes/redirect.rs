//! A redirect is a response like any other: it is not followed, and no credential is sent to its target.

use catalog::{Auth, Dialect, EndpointId, Secret};
use stage::{ErrorBody, Fault};

use crate::world::{Scene, text};

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
