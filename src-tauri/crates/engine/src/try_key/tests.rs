use std::net::SocketAddr;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use catalog::{Catalog, Dialect, KeyCheck};
use tokio::net::TcpListener;

use super::*;

const GOOD: &str = "sk-good";

/// A vendor that lists its models without a key; only its key endpoint requires a valid key.
async fn vendor() -> SocketAddr {
    let about_the_key = |headers: HeaderMap| async move {
        if headers
            .get("authorization")
            .is_some_and(|v| v == "Bearer sk-good")
        {
            (StatusCode::OK, r#"{"data":{"label":"mine"}}"#)
        } else {
            (
                StatusCode::UNAUTHORIZED,
                r#"{"error":{"message":"User not found.","code":401}}"#,
            )
        }
    };
    let elsewhere = || async { (StatusCode::FOUND, [("location", "/v1/models")]) };
    let app = Router::new()
        .route("/v1/models", get(|| async { r#"{"data":[]}"# }))
        // At a different URL, and only with a valid key.
        .route("/models", get(about_the_key))
        .route("/v1/key", get(about_the_key))
        .route("/key/health", post(about_the_key))
        .route("/moved", get(elsewhere));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Result of this key at an endpoint with this key check.
async fn tried(address: SocketAddr, key_check: KeyCheck, key: &str) -> Tried {
    let base = format!("http://{address}");
    let endpoint = Endpoint {
        auth: Auth::Bearer,
        key_check,
        ..Endpoint::new("own".into(), "own".into(), &base, [Dialect::OpenaiChat])
    };
    let (_endpoint_sender, endpoints) = watch::channel(Arc::new(vec![endpoint]));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let trial = KeyTrial::new(endpoints).unwrap();
    trial.run(&"own".into(), &Secret::new(key)).await.unwrap()
}

#[tokio::test]
async fn a_wrong_key_is_refused_at_a_vendor_with_a_public_list_of_models() {
    let address = vendor().await;
    let check = |method, path: &str| KeyCheck {
        method,
        path: path.to_owned(),
    };
    for check in [
        check(KeyCheckMethod::Get, "/v1/key"),
        check(KeyCheckMethod::Post, "/key/health"),
    ] {
        assert_eq!(
            tried(address, check.clone(), GOOD).await,
            Tried::Works,
            "{check:?}"
        );
        assert_eq!(
            tried(address, check.clone(), "sk-wrong").await,
            Tried::Refused("User not found.".into()),
            "{check:?}"
        );
    }
    let moved = tried(address, check(KeyCheckMethod::Get, "/moved"), GOOD).await;
    assert_eq!(
        moved,
        Tried::NotSent("the provider answered 302".into()),
        "a key goes nowhere else"
    );
    let public = tried(address, KeyCheck::default(), "sk-wrong").await;
    assert_eq!(
        public,
        Tried::Works,
        "which is why an endpoint may name another address"
    );
}

/// A key check of the bundled catalogue must fail at a vendor's public list of models.
#[tokio::test]
async fn bundled_key_checks_refuse_a_wrong_key() {
    let address = vendor().await;
    let catalog = Catalog::bundled();
    let own: Vec<_> = catalog
        .endpoints()
        .map(|e| e.key_check.clone())
        .filter(|check| *check != KeyCheck::default())
        .collect();
    assert!(!own.is_empty());
    for check in own {
        let reported = tried(address, check.clone(), "sk-wrong").await;
        assert!(
            matches!(reported, Tried::Refused(_)),
            "{check:?}: {reported:?}"
        );
    }
}
