//! Data that must not be forwarded.

use catalog::{Auth, Dialect, EndpointId, Secret};
use serde_json::json;
use stage::Fault;

use crate::by_hand::{always, raw};
use crate::world::{Scene, complete, question, text};

const KEY: &str = "sk-of-the-lead-0123456789";

#[tokio::test(start_paused = true)]
async fn trap_52_a_key_in_the_body_goes_to_no_other_vendor() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::status(503));
        let mut body = question(dialect);
        body["api_key"] = json!("sk-of-the-client");
        body["extra_headers"] = json!({ "authorization": "Bearer sk-of-the-client" });
        let response = scene.send(dialect, body, |head| {
            head.header("authorization", "Bearer sk-of-the-client")
        });
        let received_body = text(response.await).await.unwrap();
        assert!(
            complete(dialect, &received_body),
            "{dialect}: {received_body}"
        );
        let received = scene.second.received();
        assert_eq!(received.len(), 1, "{dialect}");
        let body = String::from_utf8_lossy(&received[0].body);
        assert!(!body.contains("sk-of-the-client"), "{dialect}: {body}");
        let headers = format!("{:?}", received[0].headers);
        assert!(
            !headers.contains("sk-of-the-client"),
            "{dialect}: {headers}"
        );
        scene.ended().await;
    }
}

/// Some upstreams quote the key that they refuse.
#[tokio::test(start_paused = true)]
async fn trap_53_no_error_quotes_a_key() {
    for dialect in Dialect::ALL {
        for status in ["401 Unauthorized", "500 Internal Server Error"] {
            let body = format!(
                "{{\"error\":{{\"type\":\"api_error\",\"code\":null,\"message\":\"Incorrect API key provided: {KEY}\"}}}}"
            );
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let (mut scene, requested) = always([raw(head), raw(body)]);
            scene.change(|config| {
                let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
                lead.endpoint.auth = Auth::Bearer;
                lead.endpoint.key_env = Some("KEY".to_owned());
                lead.key = Some(Secret::new(KEY));
                for route in &mut config.routes {
                    route.candidates.truncate(1);
                }
            });
            let response = scene.ask(dialect).await;
            assert!(!response.status().is_success(), "{dialect} {status}");
            let received_body = text(response).await.unwrap();
            assert!(requested.all()[0].contains(KEY), "it was sent there");
            assert!(
                !received_body.contains(KEY),
                "{dialect} {status}: {received_body}"
            );
            let exchange = format!("{:?}", scene.ended().await);
            assert!(!exchange.contains(KEY), "{dialect} {status}: {exchange}");
        }
    }
}
