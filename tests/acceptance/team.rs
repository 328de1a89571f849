//! Named tokens, and the addresses of networks.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::desk::{Desk, raw, text};

fn hello() -> Value {
    json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] })
}

/// The printed base URLs of a new token.
fn added(desk: &Desk, name: &str) -> Vec<String> {
    let printed = desk.printed(&["token", "add", name, "--json"]);
    let new: api::NewToken = serde_json::from_str(&printed).unwrap();
    new.urls
}

async fn post(desk: &Desk, base: &str) -> (StatusCode, Value) {
    let url = format!("{base}/v1/messages");
    let response = desk.http.post(url).json(&hello()).send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

/// A request on a connection that stays open; returns the response's status.
fn status_of(stream: &mut TcpStream, base: &str) -> u16 {
    let path = base.split_once("/t/").unwrap().1;
    let body = hello().to_string();
    let length = body.len();
    write!(
        stream,
        "POST /t/{path}/v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = text(&head).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut rest = vec![0; length.unwrap().trim().parse().unwrap()];
    stream.read_exact(&mut rest).unwrap();
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_token_is_recorded_and_its_end_is_immediate() {
    let mut desk = Desk::started();
    let urls = added(&desk, "Anna's laptop");
    let (anna, ci) = (&urls[0], &added(&desk, "CI")[0]);
    let token = anna.rsplit('/').next().unwrap();
    assert_ne!(*anna, desk.base());
    let mut stream =
        TcpStream::connect(anna["http://".len()..].split('/').next().unwrap()).unwrap();
    assert_eq!(status_of(&mut stream, anna), 200);
    assert_eq!(post(&desk, &desk.base()).await.0, 200);
    let rows = desk.exchanges(2).await;
    let of = |own: bool| {
        rows.iter()
            .find(|row| row["token"].is_null() == own)
            .unwrap()
    };
    assert_eq!(of(false)["token"], "Anna's laptop");
    let found = |name: &str| {
        let printed = desk.printed(&["traffic", "--json", "--token", name]);
        let page: api::ExchangePage = serde_json::from_str(&printed).unwrap();
        let ids = page.exchanges.iter().map(|one| one.id);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(found("anna's laptop"), [of(false)["id"].as_i64().unwrap()]);
    assert_eq!(found("this computer"), [of(true)["id"].as_i64().unwrap()]);
    assert_eq!(found("CI"), [0; 0]);
    let traffic = desk.printed(&["traffic"]);
    assert!(traffic.contains("(Anna's laptop)"), "{traffic}");
    assert_eq!(desk.snapshot().await.engine.named_tokens, 2);

    // It is a client's token: no control API and no metrics.
    for (path, header) in [
        ("/metrics", "x-understudy-token"),
        ("/control/snapshot", "x-understudy-control"),
    ] {
        let url = format!("{}{path}", desk.address());
        let refused = desk
            .http
            .get(url)
            .header(header, token)
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 403, "{path}");
    }
    // The files have no token, and only their owner may read them.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = desk.file("tokens.json");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!std::fs::read_to_string(file).unwrap().contains(token));
    }
    assert!(!desk.log().contains(token));

    let listed = desk.printed(&["token", "list"]);
    assert!(
        listed.contains("Anna's laptop") && listed.contains("last used 20"),
        "{listed}"
    );
    assert!(
        listed.contains("CI") && listed.contains("never used"),
        "{listed}"
    );
    for (name, why) in [
        ("anna's LAPTOP", "there is already a token"),
        ("This Computer", "own token"),
        ("", "1 to 60 characters"),
    ] {
        let refused = desk.run(&["token", "add", name]);
        assert_eq!(refused.status.code(), Some(1));
        let stderr = text(&refused.stderr);
        assert!(stderr.contains(why), "{stderr}");
    }

    let revoked = desk.printed(&["token", "revoke", "Anna's laptop"]);
    assert!(revoked.contains("is revoked"), "{revoked}");
    assert_eq!(status_of(&mut stream, anna), 403, "on the open connection");
    assert_eq!(post(&desk, ci).await.0, 200);
    desk.printed(&["stop"]);
    assert!(desk.ended().success());
    desk.start();
    let after = |url: &str| format!("{}/t/{}", desk.address(), url.rsplit('/').next().unwrap());
    assert_eq!(post(&desk, &after(anna)).await.0, 403);
    assert_eq!(post(&desk, &after(ci)).await.0, 200);
    assert!(
        !desk
            .run(&["token", "revoke", "Anna's laptop"])
            .status
            .success()
    );
}

/// A free port at an address that is not this computer's own one; it stands for a private network.
fn of_a_network() -> SocketAddr {
    let free = TcpListener::bind("127.0.0.2:0").unwrap();
    free.local_addr().unwrap()
}

fn listen(address: SocketAddr, more: &str) -> String {
    let (ip, port) = (address.ip(), address.port());
    format!(
        "[listen]\nallowed_hosts = [\"desk.lan\", \"{ip}\"]\n[[listen.also]]\naddress = \"{ip}\"\nport = {port}\n{more}\n"
    )
}

async fn until_problem(desk: &Desk, what: &str) {
    let has = |s: &api::Snapshot| s.engine.problems.iter().any(|p| p.what.contains(what));
    desk.until(what, has).await;
}

/// Waits until the engine accepts connections there.
async fn until_open(address: SocketAddr) {
    let open = async {
        while tokio::net::TcpStream::connect(address).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    let opened = tokio::time::timeout(Duration::from_secs(30), open).await;
    assert!(opened.is_ok(), "{address} does not open");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_a_network_needs_consent_and_a_named_token_and_has_no_control_api() {
    let address = of_a_network();
    let desk = Desk::new();
    desk.settings(&listen(address, ""));
    let mut desk = desk;
    desk.start();
    until_problem(&desk, "plain HTTP in this network is not allowed").await;
    desk.save_settings(&listen(address, "plain_http = true"))
        .await;
    until_problem(&desk, "there is no named token").await;
    assert!(TcpStream::connect(address).is_err());
    let doctor = desk.printed(&["doctor"]);
    assert!(
        doctor.contains(&format!("address {address}")) && doctor.contains("understudyd token add"),
        "{doctor}"
    );

    let urls = added(&desk, "n8n container");
    let token = urls[0].rsplit('/').next().unwrap();
    let lan = format!("http://{address}/t/{token}");
    assert_eq!(
        urls[1..],
        [
            format!("http://desk.lan:{}/t/{token}", address.port()),
            lan.clone()
        ]
    );
    until_open(address).await;
    let open = |s: &api::Snapshot| s.engine.named_tokens == 1;
    desk.until("one token", open).await;
    assert_eq!(post(&desk, &lan).await.0, 200);
    // The engine reports an open address a moment later.
    let is_reported = |_| {
        let doctor = desk.printed(&["doctor"]);
        doctor.contains("open with plain HTTP for named tokens, as desk.lan")
    };
    assert!((0..50).any(is_reported), "{}", desk.printed(&["doctor"]));

    let own = desk.base().rsplit('/').next().unwrap().to_owned();
    let (status, why) = post(&desk, &format!("http://{address}/t/{own}")).await;
    assert_eq!(status, 403);
    assert!(
        why.to_string().contains("understudyd token add NAME"),
        "{why}"
    );
    let as_host = |host: &str| {
        let url = format!("{lan}/v1/messages");
        desk.http
            .post(url)
            .header("host", host)
            .json(&hello())
            .send()
    };
    assert_eq!(as_host("desk.lan").await.unwrap().status(), 200);
    for host in ["127.0.0.1", "localhost:1", "evil.example"] {
        assert_eq!(as_host(host).await.unwrap().status(), 403, "{host}");
    }
    let control = desk.runtime().control_token;
    for path in ["/control/snapshot", "/control", "/ui/", "/ui", "/metrics"] {
        let get = desk.http.get(format!("http://{address}{path}"));
        let refused = get.header(api::CONTROL_HEADER, &control).bearer_auth(&own);
        let refused = refused.send().await.unwrap();
        assert_eq!(refused.status(), 403, "{path}");
        let why: api::ControlError = refused.json().await.unwrap();
        assert!(
            why.error.contains("only on the computer of Understudy"),
            "{path}"
        );
    }
    let page = desk.http.get(&lan).header("accept", "text/html").send();
    assert_eq!(
        page.await.unwrap().status(),
        200,
        "no redirect to the web UI"
    );
    let health = raw(
        &address.to_string(),
        b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    );
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");

    desk.printed(&["token", "revoke", "n8n container"]);
    until_problem(&desk, "there is no named token").await;
    assert_eq!(post(&desk, &desk.base()).await.0, 200);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_there_yet_and_a_public_one_do_not_stop_the_engine() {
    let mut desk = Desk::new();
    // Of a network of documentation (RFC 5737), which no interface has.
    desk.settings(&listen(
        "10.213.77.1:4747".parse().unwrap(),
        "plain_http = true",
    ));
    desk.start();
    added(&desk, "Anna's laptop");
    until_problem(
        &desk,
        "10.213.77.1:4747: no interface of this computer has the address now",
    )
    .await;
    assert_eq!(post(&desk, &desk.base()).await.0, 200);
    let doctor = desk.run(&["doctor"]);
    let doctor = text(&doctor.stdout);
    assert!(doctor.contains("It is tried again every 5 s"), "{doctor}");

    desk.save_settings(&listen(
        "0.0.0.0:4748".parse().unwrap(),
        "plain_http = true",
    ))
    .await;
    until_problem(
        &desk,
        "0.0.0.0:4748: it is not an address of a private network",
    )
    .await;
    assert!(TcpStream::connect("127.0.0.2:4748").is_err());
    let missing = "certificate = \"/none/cert.pem\"\nkey = \"/none/key.pem\"";
    desk.save_settings(&listen("0.0.0.0:4748".parse().unwrap(), missing))
        .await;
    until_problem(&desk, "/none/cert.pem cannot be used").await;
}

/// For desk.lan, valid until 2126, from `openssl req -x509`; the key beside it is used nowhere else.
const CERTIFICATE: &[u8] = include_bytes!("team/cert.pem");

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn all_addresses_of_this_computer_open_with_tls_and_a_renewed_certificate() {
    let address = of_a_network();
    let all = SocketAddr::from(([0, 0, 0, 0], address.port()));
    let mut desk = Desk::new();
    let (certificate, key) = (desk.file("cert.pem"), desk.file("key.pem"));
    std::fs::write(&certificate, CERTIFICATE).unwrap();
    std::fs::write(&key, include_bytes!("team/key.pem")).unwrap();
    let files = format!("certificate = {certificate:?}\nkey = {key:?}");
    desk.settings(&listen(all, &files));
    desk.start();
    let urls = added(&desk, "Anna's laptop");
    until_open(address).await;
    let anna = urls
        .iter()
        .find(|url| url.starts_with("https://desk.lan:"))
        .unwrap();
    let trusting = |certificate| {
        let root = reqwest::Certificate::from_pem(certificate).unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([root])
            .resolve("desk.lan", address);
        http.build().unwrap()
    };
    let http = trusting(CERTIFICATE);
    let request = http.post(format!("{anna}/v1/messages")).json(&hello());
    assert_eq!(request.send().await.unwrap().status(), 200);
    let control = http.get(format!(
        "https://desk.lan:{}/control/snapshot",
        address.port()
    ));
    assert_eq!(control.send().await.unwrap().status(), 403);
    let plain = raw(
        &address.to_string(),
        b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
    );
    assert!(!plain.contains("200"), "{plain}");

    // A renewed certificate needs no restart.
    std::fs::write(&key, include_bytes!("team/renewed.key.pem")).unwrap();
    let renewed: &[u8] = include_bytes!("team/renewed.cert.pem");
    std::fs::write(&certificate, renewed).unwrap();
    let http = trusting(renewed);
    let open = async {
        let request = || http.post(format!("{anna}/v1/messages")).json(&hello());
        while request().send().await.is_err() {}
    };
    let renewed = tokio::time::timeout(Duration::from_secs(30), open).await;
    assert!(renewed.is_ok(), "the old certificate is still in use");
}
