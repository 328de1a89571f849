use catalog::{Catalog, Secret};
use http::HeaderValue;

use super::*;

/// Every vendor of the bundled catalogue.
fn config() -> Config {
    let mut config = crate::tests::config();
    let template = config.endpoints.values().next().unwrap().clone();
    config.endpoints = Catalog::bundled()
        .endpoints()
        .map(|endpoint| {
            let found = EndpointConfig {
                endpoint: endpoint.clone(),
                ..template.clone()
            };
            (endpoint.id.clone(), found)
        })
        .collect();
    config.token = Secret::new("t0ken").into();
    config
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
        .collect()
}

#[test]
fn a_subscription_is_distinguished_from_a_key() {
    use Dialect::{Anthropic, OpenaiChat, OpenaiResponses};
    for (dialect, sent, subscription) in [
        (
            Anthropic,
            vec![("authorization", "Bearer sk-ant-oat01-x")],
            true,
        ),
        (
            Anthropic,
            vec![("authorization", "Bearer sk-ant-api03-x")],
            false,
        ),
        (Anthropic, vec![("x-api-key", "sk-ant-api03-x")], false),
        (Anthropic, vec![("authorization", "Bearer who-knows")], true),
        (Anthropic, vec![("authorization", "Bearer t0ken")], false),
        (Anthropic, vec![], false),
        (
            OpenaiChat,
            vec![("authorization", "Bearer sk-proj-x")],
            false,
        ),
        (
            OpenaiResponses,
            vec![("authorization", "Bearer eyJhbGciOi")],
            true,
        ),
    ] {
        let found = is_subscription(&headers(&sent), &config(), dialect);
        assert_eq!(found, subscription, "{dialect} {sent:?}");
    }
}

#[test]
fn a_chatgpt_login_goes_to_its_own_address_and_a_key_does_not() {
    let config = config();
    let endpoint = &config.endpoints[&catalog::EndpointId::new("openai")].endpoint;
    let chatgpt = headers(&[
        ("authorization", "Bearer eyJhbGciOi"),
        ("chatgpt-account-id", "0a1b"),
    ]);
    assert_eq!(
        url(&chatgpt, endpoint, "/v1/responses"),
        "https://chatgpt.com/backend-api/codex/responses"
    );
    // Codex sends a key in this form (recorded with 0.169.0).
    let key = headers(&[
        ("authorization", "Bearer sk-dummy-000"),
        ("originator", "codex_exec"),
        ("session-id", "01a20a94-e27a-7bc0-b1b7-a1e014bf63c0"),
    ]);
    assert_eq!(
        url(&key, endpoint, "/v1/responses"),
        "https://api.openai.com/v1/responses"
    );
    assert!(is_subscription(&chatgpt, &config, Dialect::OpenaiResponses));
}
