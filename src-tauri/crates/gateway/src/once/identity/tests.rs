use catalog::{Dialect, Secret};
use http::{HeaderValue, Request};
use wire::{Client, Kind};

use super::*;

const ASK: (Dialect, Kind) = (Dialect::Anthropic, Kind::Generate);

fn identity(
    token: &str,
    uri: &str,
    headers: &[(&str, &str)],
    ask: (Dialect, Kind),
    body: &str,
) -> RequestIdentity {
    let mut request = Request::post(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    let client = Client::identify(&head.headers);
    RequestIdentity::new(
        &Secret::new(token).into(),
        &head,
        &client,
        ask,
        body.to_owned().into(),
    )
}

fn plain(headers: &[(&str, &str)]) -> RequestIdentity {
    identity("t", "/v1/messages", headers, ASK, "{}")
}

#[test]
fn a_retry_with_another_counter_and_path_is_the_same_request() {
    let first = [
        ("x-api-key", "k"),
        ("session-id", "s"),
        ("x-stainless-retry-count", "0"),
    ];
    let again = [
        ("x-api-key", "k"),
        ("session-id", "s"),
        ("x-stainless-retry-count", "1"),
    ];
    assert_eq!(plain(&first).same_again(), plain(&again).same_again());
    let prefixed = identity("t", "/t/t/v1/messages", &first, ASK, "{}");
    assert_eq!(plain(&first).same_again(), prefixed.same_again());
}

#[test]
fn another_credential_session_dialect_kind_query_or_body_is_another_request() {
    let headers = [("x-api-key", "k"), ("session-id", "s")];
    let own = plain(&headers);
    for other in [
        plain(&[("x-api-key", "other"), ("session-id", "s")]),
        plain(&[("authorization", "k"), ("session-id", "s")]),
        plain(&[
            ("x-api-key", "k"),
            ("session-id", "s"),
            ("openai-organization", "o"),
        ]),
        plain(&[("x-api-key", "k"), ("session-id", "other")]),
        identity(
            "t",
            "/v1/messages",
            &headers,
            (Dialect::OpenaiChat, Kind::Generate),
            "{}",
        ),
        identity(
            "t",
            "/v1/messages",
            &headers,
            (Dialect::Anthropic, Kind::CountTokens),
            "{}",
        ),
        identity("t", "/v1/messages?beta=true", &headers, ASK, "{}"),
        identity("t", "/v1/messages", &headers, ASK, "{ }"),
    ] {
        assert_ne!(own.same_again(), other.same_again(), "{other:?}");
    }
}

#[test]
fn understudys_token_is_not_a_credential_of_the_client() {
    assert_eq!(
        plain(&[("x-api-key", "t")]).keyed("r", "1"),
        plain(&[("authorization", "Bearer t")]).keyed("r", "1")
    );
    assert_eq!(
        plain(&[("x-api-key", "t")]).keyed("r", "1"),
        plain(&[]).keyed("r", "1")
    );
}

#[test]
fn a_key_is_scoped_to_its_credential_alone() {
    let own = plain(&[("x-api-key", "k")]);
    let key = own.keyed("agents", "1").key;
    assert_eq!(key, own.keyed("leads", "1").key, "another route");
    let headers = [("x-api-key", "k")];
    let of = |uri, ask, body| identity("t", uri, &headers, ask, body).keyed("agents", "1");
    let count = (Dialect::Anthropic, Kind::CountTokens);
    let chat = (Dialect::OpenaiChat, Kind::Generate);
    for other in [
        of("/v1/messages", ASK, "{ }"),
        of("/v1/messages", count, "{}"),
        of("/v1/messages", chat, "{}"),
        of("/v1/messages?beta=true", ASK, "{}"),
    ] {
        assert_eq!(key.scope, other.key.scope);
        assert_ne!(key.request, other.key.request);
    }
    for other in [
        plain(&[("x-api-key", "other")]).keyed("agents", "1"),
        own.keyed("agents", "2"),
        own.keyed("agents1", ""),
    ] {
        assert_ne!(key.scope, other.key.scope);
        assert_eq!(key.request, other.key.request);
    }
}

/// Its digests were computed outside this code, from the rule of the earlier version.
#[test]
fn the_key_of_an_earlier_version_is_computed_as_then() {
    let former = plain(&[("x-api-key", "k")])
        .keyed("agents", "1")
        .former
        .unwrap();
    let hex = |digest: [u8; 32]| digest.map(|byte| format!("{byte:02x}")).concat();
    assert_eq!(
        hex(former.scope),
        "d46df639394a55d2c23e402ed60292de281578b685789d81ddf30235836cbbe2"
    );
    assert_eq!(
        hex(former.request),
        "7cf4b3ea3b7fb829169af19d641905eb04c1a23d6057cbe10a975ba5bcfaa21e"
    );
}

#[test]
fn digests_differ_between_installations() {
    let headers = [("x-api-key", "k")];
    let here = plain(&headers).keyed("r", "1");
    let there = identity("other", "/v1/messages", &headers, ASK, "{}").keyed("r", "1");
    assert_ne!(here.key.scope, there.key.scope);
}

#[test]
fn a_key_is_one_to_255_ascii_characters() {
    let read = |values: &[&[u8]]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        key(&headers)
    };
    let long = [b'k'; 256];
    assert_eq!(read(&[]), Ok(None));
    assert_eq!(read(&[b"\"quoted\""]), Ok(Some("\"quoted\"".to_owned())));
    assert_eq!(read(&[&long[..255]]).unwrap().unwrap().len(), 255);
    for wrong in [
        &[&long[..]][..],
        &[&b""[..]],
        &["ключ".as_bytes()],
        &[b"a", b"b"],
    ] {
        assert!(
            matches!(read(wrong), Err(TurnedAway::IdempotencyKey(_))),
            "{wrong:?}"
        );
    }
}

#[test]
fn two_named_tokens_without_a_login_are_two_callers() {
    let identity = |token: Option<&str>| {
        let (mut head, ()) = Request::post("/v1/messages").body(()).unwrap().into_parts();
        if let Some(token) = token {
            head.extensions.insert(crate::NamedToken::new("one", token));
        }
        let ask = (Dialect::Anthropic, Kind::Generate);
        let (client, body) = (Client::identify(&head.headers), Bytes::new());
        RequestIdentity::new(&Secret::new("own").into(), &head, &client, ask, body).keyed("r", "k")
    };
    assert_eq!(identity(Some("a")), identity(Some("a")));
    assert_ne!(identity(Some("a")), identity(Some("b")));
    assert_ne!(identity(Some("a")), identity(None));
}
