use super::*;

fn client(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect()
}

fn token() -> Tokens {
    Secret::new("t0ken").into()
}

/// All headers that identify or log in a user.
const CREDENTIALS: [(&str, &str); 8] = [
    ("authorization", "Bearer login"),
    ("x-api-key", "sk-login"),
    ("api-key", "sk-login"),
    ("x-goog-api-key", "sk-login"),
    ("cookie", "session=login"),
    ("openai-organization", "org-login"),
    ("openai-project", "proj-login"),
    ("chatgpt-account-id", "acct-login"),
];

#[test]
fn a_login_reaches_its_own_vendor_unchanged_and_no_other() {
    let sent = client(&CREDENTIALS);
    let key = Secret::new("sk-ours");
    let own = outgoing(
        &sent,
        Credential::ClientLogin,
        Auth::XApiKey,
        Some(&key),
        &token(),
    );
    for (name, value) in CREDENTIALS {
        assert_eq!(own[name], value);
    }
    for (credential, auth, kept) in [
        (
            Credential::OurKey,
            Auth::XApiKey,
            Some(("x-api-key", "sk-ours")),
        ),
        (
            Credential::OurKey,
            Auth::Bearer,
            Some(("authorization", "Bearer sk-ours")),
        ),
        (Credential::None, Auth::None, None),
    ] {
        let other = outgoing(&sent, credential, auth, Some(&key), &token());
        let text = format!("{other:?}");
        assert!(!text.contains("login"), "{text}");
        for (name, _) in CREDENTIALS {
            let expected = kept
                .filter(|(kept, _)| *kept == name)
                .map(|(_, value)| value);
            let found = other.get(name).map(|value| value.to_str().unwrap());
            assert_eq!(found, expected, "{name} for {credential:?}");
        }
    }
}

#[test]
fn understudys_token_is_not_a_login_and_is_never_sent() {
    for name in ["x-api-key", "authorization"] {
        let value = if name == "authorization" {
            "Bearer t0ken"
        } else {
            "t0ken"
        };
        let sent = client(&[
            (name, value),
            ("x-understudy-token", "t0ken"),
            ("x-understudy-item", "7"),
        ]);
        assert!(!has_login(&sent, &token()));
        for credential in [
            Credential::ClientLogin,
            Credential::OurKey,
            Credential::None,
        ] {
            let out = outgoing(&sent, credential, Auth::None, None, &token());
            assert!(!format!("{out:?}").contains("t0ken"), "{credential:?}");
            assert!(!out.contains_key("x-understudy-item"));
        }
    }
    let both = client(&[("x-api-key", "t0ken"), ("authorization", "Bearer login")]);
    assert!(has_login(&both, &token()));
    let out = outgoing(
        &both,
        Credential::ClientLogin,
        Auth::XApiKey,
        None,
        &token(),
    );
    assert!(!out.contains_key("x-api-key"));
    assert_eq!(out["authorization"], "Bearer login");
}

#[test]
fn other_headers_are_forwarded_unchanged() {
    let sent = client(&[
        ("host", "127.0.0.1:4747"),
        ("connection", "keep-alive, x-private"),
        ("x-private", "1"),
        ("keep-alive", "timeout=5"),
        ("te", "trailers"),
        ("transfer-encoding", "chunked"),
        ("content-length", "3"),
        ("expect", "100-continue"),
        ("accept-encoding", "gzip, br"),
        ("anthropic-beta", "context-1m-2025-08-07"),
        ("anthropic-version", "2023-06-01"),
        ("x-stainless-retry-count", "0"),
        ("user-agent", "claude-cli/2.1.197"),
        ("content-type", "application/json"),
    ]);
    let out = outgoing(&sent, Credential::None, Auth::None, None, &token());
    let left = client(&[
        ("accept-encoding", "identity"),
        ("anthropic-beta", "context-1m-2025-08-07"),
        ("anthropic-version", "2023-06-01"),
        ("x-stainless-retry-count", "0"),
        ("user-agent", "claude-cli/2.1.197"),
        ("content-type", "application/json"),
    ]);
    assert_eq!(out, left);
}

#[test]
fn a_key_in_the_query_is_not_forwarded() {
    let login = Credential::ClientLogin;
    assert_eq!(
        query(Some("beta=true"), Credential::OurKey).as_deref(),
        Some("beta=true")
    );
    assert_eq!(
        query(Some("beta=true&key=sk"), login).as_deref(),
        Some("beta=true&key=sk")
    );
    assert_eq!(
        query(Some("beta=true&KEY=sk"), Credential::OurKey).as_deref(),
        Some("beta=true")
    );
    assert_eq!(query(Some("api_key=sk"), Credential::None), None);
    assert_eq!(query(Some(""), login), None);
}

#[test]
fn a_response_is_returned_without_connection_headers() {
    let answer = client(&[
        ("connection", "close"),
        ("transfer-encoding", "chunked"),
        ("content-length", "12"),
        ("alt-svc", "h3=\":443\""),
        ("proxy-status", "cdn; error=connection_timeout"),
        ("proxy-connection", "close"),
        ("keep-alive", "timeout=5"),
        ("upgrade", "h2c"),
        ("request-id", "req_1"),
        ("anthropic-ratelimit-requests-remaining", "7"),
    ]);
    let left = client(&[
        ("request-id", "req_1"),
        ("anthropic-ratelimit-requests-remaining", "7"),
    ]);
    assert_eq!(returned(answer), left);
}
