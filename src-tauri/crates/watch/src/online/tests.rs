use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use catalog::{Dialect, Endpoint, ModelId};
use chrono::DateTime;
use health::CallOutcome;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{Attempt, check};
use crate::client::Http;
use crate::loopback::{Reply, Server, reply, tls, unused_address};
use crate::probe::{LIMITS, complete, reach};

const CERTIFICATE: &[u8] = include_bytes!("../../tests/tls/control.test.cert.der");
/// Valid only for `control.test`, a name that cannot be registered.
const KEY: &[u8] = include_bytes!("../../tests/tls/control.test.key.der");
const NAME: &str = "control.test:443";

/// A proxy on loopback: it connects each tunnel to a TLS server of `control.test` that responds with 204.
struct Proxy {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn new(accepts: bool) -> Self {
        tls();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heads);
        let key = PrivateKeyDer::try_from(KEY.to_vec()).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key)
            .unwrap();
        let config = Arc::new(config);
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                serve(stream, accepts, &log, &config);
            }
        });
        Self { url, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    accepts: bool,
    log: &Mutex<Vec<String>>,
    config: &Arc<ServerConfig>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let first = String::from_utf8(head).unwrap();
    let first = first.lines().next().unwrap_or_default().to_owned();
    log.lock().unwrap().push(first);
    if !accepts {
        let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        return;
    }
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
    let connection = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut tunnel = StreamOwned::new(connection, stream);
    if tunnel.read(&mut [0; 4096]).unwrap_or(0) > 0 {
        let _ = tunnel.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
    }
}

#[tokio::test]
async fn one_responding_host_is_enough_and_none_means_down() {
    tls();
    let up = Server::new(|_| reply("404 Not Found", "", b"")).await;
    let mute = Server::new(|_| Reply::default()).await;
    let at = |server: &Server| server.url.trim_start_matches("http://").to_owned();
    let gone = unused_address().await;
    let http = Http::new().unwrap();
    for (hosts, expected) in [
        (vec![], true),
        (vec![at(&up)], true),
        // A server that does not use HTTP listens there.
        (vec![at(&mute)], true),
        (vec![gone.clone(), at(&up)], true),
        (vec![gone], false),
        (vec!["no port".to_owned()], false),
    ] {
        let checked = check(&http, &hosts).await;
        assert_eq!(checked.is_up(), expected, "{checked:?}");
    }
}

#[tokio::test]
async fn behind_a_proxy_the_check_goes_through_it() {
    let proxy = Proxy::new(true);
    let http = Http::through(&proxy.url, CERTIFICATE);
    let checked = check(&http, &[NAME.to_owned()]).await;
    let at = proxy.url.trim_start_matches("http://").to_owned();
    let attempt = Attempt {
        url: "https://control.test/".to_owned(),
        proxy: Some(at),
        error: None,
    };
    assert_eq!(checked.attempts, [attempt], "there is no other way to it");
    assert_eq!(proxy.heads(), ["CONNECT control.test:443 HTTP/1.1"]);
}

#[tokio::test]
async fn a_failing_proxy_is_named_with_its_error() {
    let refusing = Proxy::new(false);
    let checked = check(
        &Http::through(&refusing.url, CERTIFICATE),
        &[NAME.to_owned()],
    )
    .await;
    assert!(!checked.is_up(), "{checked:?}");
    assert!(checked.attempts[0].proxy.is_some());

    // Its certificate is for another name than the requested one.
    let opening = Proxy::new(true);
    let http = Http::through(&opening.url, CERTIFICATE);
    let checked = check(&http, &["other.test:443".to_owned()]).await;
    let error = checked.attempts[0].error.clone().unwrap();
    assert!(error.contains("certificate"), "{error}");
}

/// A hotel's portal or a company's proxy answers with its own certificate: that is not the provider's failure.
#[tokio::test]
async fn a_certificate_for_another_name_is_never_the_providers_fault() {
    let opening = Proxy::new(true);
    let http = Http::through(&opening.url, CERTIFICATE);
    let endpoint = Endpoint::new(
        "lead".into(),
        "lead".into(),
        "https://other.test",
        Dialect::ALL,
    );
    let reached = reach(&http, &endpoint).await.unwrap_err();
    assert!(reached.is_local, "{reached:?}");
    assert!(reached.why.contains("certificate"), "{reached:?}");
    let at = DateTime::UNIX_EPOCH;
    let model = ModelId::new("m");
    let probe = complete(&http, &endpoint, &model, None, LIMITS, at).await;
    assert_eq!(probe.outcome, CallOutcome::Neutral);
}

/// `http://` through a proxy: the proxy's own errors prove nothing.
#[tokio::test]
async fn a_proxy_error_is_no_response_of_the_host() {
    let proxy = Server::new(|_| reply("502 Bad Gateway", "", b"")).await;
    let http = Http::through(&proxy.url, CERTIFICATE);
    let checked = check(&http, &["control.test:80".to_owned()]).await;
    assert_eq!(
        checked.attempts[0].error.as_deref(),
        Some("the proxy responded with 502 Bad Gateway")
    );
}
