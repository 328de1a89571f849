use catalog::Secret;
use http::Request;
use http_body_util::Full;

use super::*;
use crate::tests::config;

fn head(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn checked(method: &str, uri: &str, headers: &[(&str, &str)]) -> Result<(), TurnedAway> {
    let head = head(method, uri, headers);
    let (place, config) = (Place::of(head.uri.path()), config());
    let sender = check_sender(&head, place.token, &config);
    sender.map_err(|(_, why)| why)?;
    check(&head, &place, &config)
}

const JSON: (&str, &str) = ("content-type", "application/json");
const HERE: (&str, &str) = ("host", "127.0.0.1:4747");

#[test]
fn the_token_is_read_from_five_places() {
    for (uri, header) in [
        ("/t/t0ken/v1/messages", None),
        ("/v1/messages", Some(("x-understudy-token", "t0ken"))),
        ("/v1/messages", Some(("x-api-key", "t0ken"))),
        ("/v1/messages", Some(("api-key", "t0ken"))),
        ("/v1/messages", Some(("authorization", "Bearer t0ken"))),
        ("/v1/messages", Some(("authorization", "bearer t0ken"))),
    ] {
        let headers: Vec<_> = [JSON, HERE].into_iter().chain(header).collect();
        assert_eq!(checked("POST", uri, &headers), Ok(()), "{uri} {header:?}");
    }
    for (uri, header) in [
        ("/v1/messages", None),
        ("/t/wrong/v1/messages", None),
        ("/t/t0ke/v1/messages", None),
        ("/t//v1/messages", None),
        ("/v1/messages", Some(("x-api-key", "sk-ant-key"))),
        ("/v1/messages", Some(("authorization", "Basic t0ken"))),
        ("/v1/messages?token=t0ken", None),
    ] {
        let headers: Vec<_> = [JSON, HERE].into_iter().chain(header).collect();
        assert_eq!(
            checked("POST", uri, &headers),
            Err(TurnedAway::Token),
            "{uri} {header:?}"
        );
    }
}

#[test]
fn an_empty_token_admits_no_client() {
    let mut config = config();
    config.token = Secret::new("").into();
    let head = head("POST", "/t//v1/messages", &[JSON, HERE, ("x-api-key", "")]);
    let place = Place::of(head.uri.path());
    assert_eq!(
        check_sender(&head, place.token, &config),
        Err((RejectReason::Token, TurnedAway::Token))
    );
}

const ANNA: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn a_named_token_is_read_from_the_same_places() {
    let mut config = config();
    let named = [NamedToken::new("Anna's laptop", ANNA)];
    config.token = Tokens::new(Secret::new("t0ken"), named.into());
    let bearer = format!("Bearer {ANNA}");
    for (uri, header) in [
        (format!("/t/{ANNA}/v1/messages"), None),
        ("/v1/messages".into(), Some(("x-understudy-token", ANNA))),
        ("/v1/messages".into(), Some(("x-api-key", ANNA))),
        ("/v1/messages".into(), Some(("authorization", &*bearer))),
    ] {
        let headers: Vec<_> = [JSON, HERE].into_iter().chain(header).collect();
        let head = head("POST", &uri, &headers);
        let place = Place::of(head.uri.path());
        let found = check_sender(&head, place.token, &config).unwrap();
        assert_eq!(&*found.unwrap().name, "Anna's laptop", "{uri} {header:?}");
        assert!(!crate::attempt::headers::has_login(
            &head.headers,
            &config.token
        ));
    }
}

#[test]
fn an_address_of_a_network_admits_named_tokens_under_the_allowed_hosts() {
    let mut config = config();
    let named = [NamedToken::new("Anna's laptop", ANNA)];
    config.token = Tokens::new(Secret::new("t0ken"), named.into());
    let sent = |host: &str, token: &str| {
        let mut head = head(
            "POST",
            &format!("/t/{token}/v1/messages"),
            &[JSON, ("host", host)],
        );
        head.extensions.insert(FromNetwork);
        let place = Place::of(head.uri.path());
        let checked = check_sender(&head, place.token, &config);
        checked.map(drop).map_err(|(_, why)| why)
    };
    assert_eq!(sent("desk.lan:4747", ANNA), Ok(()));
    assert_eq!(sent("desk.lan:4747", "t0ken"), Err(TurnedAway::OwnToken));
    assert_eq!(sent("desk.lan:4747", "other"), Err(TurnedAway::Token));
    for host in ["127.0.0.1:4747", "localhost", "172.17.0.1:4747"] {
        assert_eq!(sent(host, ANNA), Err(TurnedAway::Host(host.into())));
    }
}

#[test]
fn foreign_hosts_and_origins_are_refused() {
    let uri = "/t/t0ken/v1/messages";
    for host in [
        "localhost",
        "localhost:4747",
        "[::1]:4747",
        "127.0.0.1",
        "LOCALHOST",
        "desk.lan:80",
    ] {
        assert_eq!(
            checked("POST", uri, &[JSON, ("host", host)]),
            Ok(()),
            "{host}"
        );
    }
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "",
        "[::1]evil",
        "[::2]",
    ] {
        assert_eq!(
            checked("POST", uri, &[JSON, ("host", host)]),
            Err(TurnedAway::Host(host.to_owned())),
        );
    }
    assert_eq!(
        checked("POST", uri, &[JSON]),
        Err(TurnedAway::Host(String::new()))
    );
    for origin in ["http://127.0.0.1:4747", "https://flows.example"] {
        assert_eq!(
            checked("POST", uri, &[JSON, HERE, ("origin", origin)]),
            Ok(())
        );
    }
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost:3000",
        "https://127.0.0.1:4747",
    ] {
        assert_eq!(
            checked("POST", uri, &[JSON, HERE, ("origin", origin)]),
            Err(TurnedAway::Origin(origin.to_owned())),
        );
    }
}

#[test]
fn method_type_size_and_path() {
    let uri = "/t/t0ken/v1/messages";
    assert!(matches!(
        checked("GET", uri, &[HERE]),
        Err(TurnedAway::Method { wanted: "POST", .. })
    ));
    assert!(matches!(
        checked("POST", "/t/t0ken/v1/models", &[JSON, HERE]),
        Err(TurnedAway::Method { wanted: "GET", .. })
    ));
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
    ] {
        assert_eq!(
            checked("POST", uri, &[HERE, ("content-type", kind)]),
            Err(TurnedAway::ContentType)
        );
    }
    assert_eq!(checked("POST", uri, &[HERE]), Err(TurnedAway::ContentType));
    let charset = ("content-type", "application/json; charset=utf-8");
    assert_eq!(checked("POST", uri, &[HERE, charset]), Ok(()));
    let size = config().limits.body;
    let over = (size + 1).to_string();
    assert_eq!(
        checked("POST", uri, &[HERE, JSON, ("content-length", &over)]),
        Err(TurnedAway::TooLarge(size))
    );
    assert_eq!(
        checked("POST", "/t/t0ken/v2/audio", &[HERE, JSON]),
        Err(TurnedAway::Path("/v2/audio".to_owned()))
    );
    // Paths of a vendor have separate rules, for any content type.
    for method in ["GET", "POST", "DELETE"] {
        let multipart = ("content-type", "multipart/form-data; boundary=x");
        let uri = "/t/t0ken/v1/files";
        assert_eq!(checked(method, uri, &[HERE, multipart]), Ok(()), "{method}");
        assert_eq!(
            checked(method, "/v1/files", &[HERE]),
            Err(TurnedAway::Token)
        );
    }
    let upgrade = ("upgrade", "websocket");
    assert_eq!(
        checked("GET", "/t/t0ken/v1/responses", &[HERE, upgrade]),
        Err(TurnedAway::WebSocket)
    );
    for (method, uri) in [
        ("HEAD", "/t/t0ken"),
        ("GET", "/t/t0ken/"),
        ("HEAD", "/t/t0ken/api/hello"),
        ("GET", "/t/t0ken/v1/models"),
    ] {
        assert_eq!(checked(method, uri, &[HERE]), Ok(()), "{method} {uri}");
    }
}

/// A client that declares a length and stops sending.
#[tokio::test(start_paused = true)]
async fn a_declared_length_uses_no_memory_and_a_stalled_body_ends_soon() {
    let mut config = config();
    config.limits.bodies = 2 * config.limits.body;
    let held = Held::default();
    let length = config.limits.body.to_string();
    let started = tokio::time::Instant::now();
    let stalled = async || {
        let mut head = head("POST", "/", &[("content-length", &length)]);
        let pending = http_body_util::StreamBody::new(futures_util::stream::pending::<
            Result<http_body::Frame<Bytes>, std::io::Error>,
        >());
        body(&mut head, pending, &held, &config).await
    };
    let other = async {
        tokio::task::yield_now().await;
        let mut head = head("POST", "/", &[]);
        body(
            &mut head,
            Full::new(Bytes::from_static(b"{}")),
            &held,
            &config,
        )
        .await
    };
    let (other, first, ..) = tokio::join!(
        other,
        stalled(),
        stalled(),
        stalled(),
        stalled(),
        stalled(),
        stalled(),
        stalled(),
        stalled()
    );
    assert_eq!(other.unwrap().0, "{}");
    assert!(matches!(first, Err(TurnedAway::Unreadable(_))), "{first:?}");
    assert!(started.elapsed() <= Duration::from_secs(15));
}

#[tokio::test]
async fn bodies_are_limited_separately_and_together() {
    let mut config = config();
    config.limits.body = 100;
    config.limits.bodies = 150;
    let held = Held::default();
    let read = |length: usize| {
        let mut chunked = head("POST", "/", &[]);
        let (held, config) = (held.clone(), config.clone());
        async move {
            body(
                &mut chunked,
                Full::new(Bytes::from(vec![b'x'; length])),
                &held,
                &config,
            )
            .await
        }
    };
    assert_eq!(read(101).await.unwrap_err(), TurnedAway::TooLarge(100));
    let (bytes, first) = read(100).await.unwrap();
    assert_eq!(bytes.len(), 100);
    assert_eq!(read(60).await.unwrap_err(), TurnedAway::Busy(150));
    let (_, second) = read(50).await.unwrap();
    drop((first, second));
    assert_eq!(held.bytes(), 0);
    assert!(read(100).await.is_ok());
}
