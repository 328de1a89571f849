use std::time::Duration;

use catalog::{Source, StatusDialect, StatusPage, Surface};
use chrono::{DateTime, Utc};
use health::{Level, Unreadable};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::response::{judge_body, judge_head};
use super::{PageReader, Reading};
use crate::client::Http;
use crate::loopback::{Reply, Server, json, path, reply, unused_address};

const UP: &[u8] = include_bytes!("../../tests/pages/anthropic-summary-operational.json");
const DOWN: &[u8] =
    include_bytes!("../../tests/pages/anthropic-summary-major-outage-2026-04-28.json");
const FEED: &[u8] = include_bytes!("../../tests/pages/claude-history-synthetic.atom");
const CHALLENGE: &[u8] = include_bytes!("../../tests/pages/challenge-cloudflare-synthetic.html");
const MOVED: &[u8] = include_bytes!("../../tests/pages/moved-page-synthetic.html");

fn noon() -> DateTime<Utc> {
    "2026-10-01T12:00:00Z".parse().unwrap()
}

fn reader(sources: &[(&str, StatusDialect)]) -> PageReader {
    let page = StatusPage {
        page: "https://status.claude.com".to_owned(),
        sources: sources
            .iter()
            .map(|(url, dialect)| Source {
                url: (*url).to_owned(),
                dialect: *dialect,
                verified: true,
            })
            .collect(),
        identity: Some("tymt9n04zgry".to_owned()),
        every_s: 120,
    };
    let api = Surface {
        id: "api".into(),
        name: "Claude API".to_owned(),
        components: vec!["k8w3r06qmzrp".to_owned()],
        host: None,
        watched: true,
    };
    PageReader::new("anthropic".into(), page, vec![api])
}

fn statuspage(url: &str) -> PageReader {
    reader(&[(
        &format!("{url}/api/v2/summary.json"),
        StatusDialect::Statuspage,
    )])
}

async fn read(reader: &mut PageReader) -> Reading {
    crate::loopback::tls();
    reader.read(&Http::new().unwrap(), noon()).await
}

fn level(reading: &Reading) -> Level {
    reading.result.as_ref().unwrap().surfaces["api"]
}

fn why(reading: Reading) -> Unreadable {
    reading.result.unwrap_err().why
}

/// After a suspend, or behind a router that forgets connections, an open connection may be dead without a sign.
#[tokio::test]
async fn a_connection_that_no_longer_answers_is_replaced() {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        UP.len()
    );
    let bytes = [head.as_bytes(), UP].concat();
    // Answers the first request of each connection, and stays open.
    let server = Server::new(move |_| Reply {
        bytes: bytes.clone(),
        hold: true,
    })
    .await;
    let http = Http::new().unwrap();
    let mut reader = statuspage(&server.url);
    for _ in 0..3 {
        let reading = reader.read(&http, noon()).await;
        assert_eq!(level(&reading), Level::Operational);
    }
}

#[tokio::test]
async fn later_requests_are_conditional() {
    let server = Server::new(|request| {
        if request.contains("if-none-match: W/\"one\"") {
            return Reply {
                bytes: b"HTTP/1.1 304 Not Modified\r\netag: W/\"one\"\r\nconnection: close\r\n\r\n"
                    .to_vec(),
                hold: false,
            };
        }
        reply(
            "200 OK",
            "content-type: application/json; charset=utf-8\r\netag: W/\"one\"\r\nlast-modified: Thu, 01 Oct 2026 11:00:00 GMT\r\nset-cookie: a=b\r\n",
            UP,
        )
    })
    .await;
    let mut reader = statuspage(&server.url);
    let first = read(&mut reader).await;
    let second = read(&mut reader).await;
    assert_eq!(first.result, second.result);
    assert_eq!(level(&second), Level::Operational);

    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    let agent = format!(
        "user-agent: Understudy/{} (+local status monitor)",
        env!("CARGO_PKG_VERSION")
    );
    for request in &requests {
        assert!(request.starts_with("GET /api/v2/summary.json HTTP/1.1"));
        assert!(request.contains(&agent), "{request}");
        assert!(request.contains("accept-encoding: gzip"), "{request}");
        assert!(!request.contains("cookie"), "{request}");
    }
    assert!(!requests[0].contains("if-"), "{}", requests[0]);
    assert!(
        requests[1].contains("if-modified-since: Thu, 01 Oct 2026 11:00:00 GMT"),
        "{}",
        requests[1]
    );
}

#[tokio::test]
async fn a_failed_source_falls_back_and_the_best_source_is_used_again() {
    let refuse = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let refusing = std::sync::Arc::clone(&refuse);
    let server = Server::new(move |request| match path(request) {
        "/api/v2/summary.json" if refusing.load(std::sync::atomic::Ordering::SeqCst) => {
            reply("403 Forbidden", "", b"no")
        }
        "/api/v2/summary.json" => json(DOWN),
        "/history.atom" => reply("200 OK", "content-type: application/atom+xml\r\n", FEED),
        other => panic!("asked for {other}"),
    })
    .await;
    let best = format!("{}/api/v2/summary.json", server.url);
    let feed = format!("{}/history.atom", server.url);
    let mut reader = reader(&[
        (&best, StatusDialect::Statuspage),
        (&feed, StatusDialect::Atom),
    ]);

    let reading = read(&mut reader).await;
    assert_eq!(reading.url, feed);
    assert!(reading.result.unwrap().incidents_only);
    read(&mut reader).await;
    let requests: Vec<_> = server
        .requests()
        .iter()
        .map(|r| path(r).to_owned())
        .collect();
    assert_eq!(
        requests,
        ["/api/v2/summary.json", "/history.atom", "/history.atom"],
        "a source that refused is left alone"
    );

    refuse.store(false, std::sync::atomic::Ordering::SeqCst);
    let (until, _) = reader.sources[0].paused.clone().unwrap();
    assert_eq!(reader.available(until - Duration::from_millis(1)), [1]);
    assert_eq!(reader.available(until), [0, 1]);
    reader.sources[0].paused = None;
    let reading = read(&mut reader).await;
    assert_eq!(
        (reading.url.as_str(), level(&reading)),
        (best.as_str(), Level::PartialOutage)
    );
}

#[tokio::test]
async fn a_page_that_refused_is_not_polled_before_its_retry_time() {
    let server =
        Server::new(|_| reply("429 Too Many Requests", "retry-after: 1200\r\n", b"")).await;
    let mut reader = statuspage(&server.url);
    let miss = read(&mut reader).await.result.unwrap_err();
    assert_eq!(
        miss.why,
        Unreadable::Blocked("it responded with 429 Too Many Requests".to_owned())
    );
    assert_eq!(miss.retry_after, Some(Duration::from_secs(1200)));
    let again = read(&mut reader).await.result.unwrap_err();
    assert_eq!(again.why, miss.why);
    let wait = again.retry_after.unwrap();
    assert!(wait <= Duration::from_secs(1200) && wait > Duration::from_secs(1100));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_single_source_that_failed_is_tried_again() {
    let server = Server::new(|_| reply("502 Bad Gateway", "", b"")).await;
    let mut reader = statuspage(&server.url);
    for _ in 0..2 {
        let reading = read(&mut reader).await;
        assert!(!reading.result.as_ref().unwrap_err().transport);
        assert_eq!(
            why(reading),
            Unreadable::Unreachable("it responded with 502 Bad Gateway".to_owned())
        );
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_200_with_another_page_is_an_error() {
    type Case = (&'static str, Reply, fn(&Unreadable) -> bool);
    let not_the_page: fn(&Unreadable) -> bool = |why| matches!(why, Unreadable::NotThePage(_));
    let blocked: fn(&Unreadable) -> bool = |why| matches!(why, Unreadable::Blocked(_));
    let unreachable: fn(&Unreadable) -> bool = |why| matches!(why, Unreadable::Unreachable(_));
    let html = "content-type: text/html; charset=utf-8\r\n";
    let mut short = json(UP);
    short.bytes.truncate(short.bytes.len() - 100);
    let cases: [Case; 10] = [
        ("a challenge", reply("200 OK", html, CHALLENGE), blocked),
        (
            "a challenge that calls itself data",
            json(CHALLENGE),
            blocked,
        ),
        (
            "AWS WAF",
            reply("202 Accepted", "x-amzn-waf-action: challenge\r\n", b""),
            blocked,
        ),
        (
            "AWS WAF's CAPTCHA",
            reply(
                "405 Method Not Allowed",
                "x-amzn-waf-action: captcha\r\n",
                b"",
            ),
            blocked,
        ),
        (
            "Cloudflare",
            reply(
                "503 Service Unavailable",
                "cf-mitigated: challenge\r\n",
                CHALLENGE,
            ),
            blocked,
        ),
        ("a web page", reply("200 OK", html, MOVED), not_the_page),
        ("JSON called HTML", reply("200 OK", html, UP), not_the_page),
        ("nothing", json(b""), not_the_page),
        ("too much", json(&vec![b' '; (512 << 10) + 1]), not_the_page),
        ("cut short", short, unreachable),
    ];
    for (name, response, expected) in cases {
        let server = Server::new(move |_| response.clone()).await;
        let why = why(read(&mut statuspage(&server.url)).await);
        assert!(expected(&why), "{name}: {why:?}");
    }
}

#[tokio::test]
async fn redirects_are_followed_within_the_host_only() {
    let elsewhere = Server::new(|_| json(UP)).await;
    let target = elsewhere.url.clone();
    let server = Server::new(move |request| match path(request) {
        "/near/summary.json" => reply("302 Found", "location: /far/summary.json\r\n", b""),
        "/far/summary.json" => json(UP),
        "/away/summary.json" => reply(
            "301 Moved Permanently",
            &format!("location: {target}/api/v2/summary.json?x=1\r\n"),
            b"",
        ),
        "/nowhere/summary.json" => reply("307 Temporary Redirect", "", b""),
        loops => reply("302 Found", &format!("location: {loops}\r\n"), b""),
    })
    .await;
    let at = |folder: &str| {
        reader(&[(
            &format!("{}/{folder}/summary.json", server.url),
            StatusDialect::Statuspage,
        )])
    };
    assert_eq!(level(&read(&mut at("near")).await), Level::Operational);
    for (folder, expected) in [
        (
            "away",
            format!("it moved to {}/api/v2/summary.json", elsewhere.url),
        ),
        ("nowhere", "it redirects to no address".to_owned()),
        ("loop", "more than 5 redirects".to_owned()),
    ] {
        assert_eq!(
            why(read(&mut at(folder)).await),
            Unreadable::NotThePage(expected)
        );
    }
    assert_eq!(
        elsewhere.requests().len(),
        0,
        "no other server gets a request"
    );
}

#[tokio::test]
async fn an_address_without_a_listener_is_a_transport_failure() {
    let mut reader = statuspage(&format!("http://{}", unused_address().await));
    let miss = read(&mut reader).await.result.unwrap_err();
    assert!(miss.transport);
    let Unreadable::Unreachable(why) = miss.why else {
        panic!("{miss:?}")
    };
    assert!(why.contains("refused"), "{why}");
}

#[tokio::test]
async fn the_last_updates_of_an_incident_are_fetched_once() {
    let open = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_open = std::sync::Arc::clone(&open);
    let server = Server::new(move |request| match path(request) {
        "/api/v2/summary.json" if is_open.load(std::sync::atomic::Ordering::SeqCst) => json(DOWN),
        "/api/v2/summary.json" => json(UP),
        "/api/v2/incidents.json" => json(
            br#"{"page":{"id":"tymt9n04zgry"},"incidents":[{"id":"9l93x2ht4s5w","name":"Claude.ai unavailable",
            "status":"resolved","started_at":"2026-04-28T17:41:55Z","resolved_at":"2026-04-28T19:00:00Z"}]}"#,
        ),
        other => panic!("asked for {other}"),
    })
    .await;
    let mut reader = statuspage(&server.url);
    let during = read(&mut reader).await.result.unwrap();
    assert_eq!(during.incidents[0].resolved, None);
    open.store(false, std::sync::atomic::Ordering::SeqCst);
    let after = read(&mut reader).await.result.unwrap();
    assert_eq!(after.incidents[0].id, during.incidents[0].id);
    assert!(after.incidents[0].resolved.is_some());
    read(&mut reader).await;
    let requests: Vec<_> = server
        .requests()
        .iter()
        .map(|r| path(r).to_owned())
        .collect();
    assert_eq!(
        requests
            .iter()
            .filter(|p| p.ends_with("incidents.json"))
            .count(),
        1,
        "{requests:?}"
    );
}

#[tokio::test]
async fn compressed_pages_are_limited_by_their_decompressed_size() {
    let page = include_bytes!("../../tests/pages/anthropic-summary-operational.json.gz");
    let bomb = include_bytes!("../../tests/pages/blank-megabyte-synthetic.json.gz");
    let headers = "content-type: application/json\r\ncontent-encoding: gzip\r\n";
    let server = Server::new(move |_| reply("200 OK", headers, page)).await;
    assert_eq!(
        level(&read(&mut statuspage(&server.url)).await),
        Level::Operational
    );
    let server = Server::new(move |_| reply("200 OK", headers, bomb)).await;
    assert_eq!(
        why(read(&mut statuspage(&server.url)).await),
        Unreadable::NotThePage("it is larger than 768 KB".to_owned())
    );
}

#[tokio::test]
async fn a_failing_page_may_send_retry_after() {
    let server =
        Server::new(|_| reply("503 Service Unavailable", "retry-after: 300\r\n", b"")).await;
    let miss = read(&mut statuspage(&server.url)).await.result.unwrap_err();
    assert!(matches!(miss.why, Unreadable::Unreachable(_)));
    assert_eq!(miss.retry_after, Some(Duration::from_secs(300)));
}

#[test]
fn response_heads_are_classified() {
    let head = |status: u16, header: Option<(&'static str, &'static str)>| {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name, HeaderValue::from_static(value));
        }
        judge_head(StatusCode::from_u16(status).unwrap(), &headers, noon())
    };
    assert!(head(200, None).is_ok());
    assert!(head(200, Some(("x-amzn-waf-action", "challenge"))).is_err());
    for status in [202, 401, 403, 405, 429, 451] {
        let miss = head(status, None).unwrap_err();
        assert!(matches!(miss.why, Unreadable::Blocked(_)), "{status}");
        assert_eq!(miss.retry_after, None);
    }
    for status in [204, 404, 410, 500, 503] {
        let miss = head(status, None).unwrap_err();
        assert!(matches!(miss.why, Unreadable::Unreachable(_)), "{status}");
    }
    for (value, expected) in [
        ("30", Some(30.0)),
        ("1.5", Some(1.5)),
        ("-4", Some(0.0)),
        ("Thu, 01 Oct 2026 12:10:00 GMT", Some(600.0)),
        ("Thu, 01 Oct 2026 11:00:00 GMT", Some(0.0)),
        ("soon", None),
        ("NaN", None),
        ("1e300", None),
    ] {
        let miss = head(429, Some(("retry-after", value))).unwrap_err();
        assert_eq!(
            miss.retry_after.map(|d| d.as_secs_f64()),
            expected,
            "{value}"
        );
    }
    assert!(judge_body(&HeaderMap::new(), b"{}").is_ok());
    assert!(judge_body(&HeaderMap::new(), b"\xef\xbb\xbf <!DOCTYPE HTML>").is_err());
}

/// A list of incidents as large as a real one, which is parsed on another thread; and one above the limit.
#[tokio::test]
async fn a_list_of_more_than_a_megabyte_is_read_up_to_its_limit() {
    let list = |count: usize| {
        let incident = |n: usize| {
            format!(
                "{{\"id\":\"i{n}\",\"begin\":\"2026-10-01T10:00:00Z\",\"external_desc\":\"{}\",\"status_impact\":\"SERVICE_OUTAGE\",\
                 \"end\":{},\"affected_products\":[{{\"id\":\"p\"}}]}}",
                "x".repeat(8000),
                if n == 0 {
                    "null"
                } else {
                    "\"2026-10-01T11:00:00Z\""
                }
            )
        };
        let incidents: Vec<_> = (0..count).map(incident).collect();
        format!("[{}]", incidents.join(","))
    };
    let (real, excess) = (list(160), list(600));
    assert!(real.len() > 1 << 20 && excess.len() > 4 << 20);
    let server = Server::new(move |request| {
        json(match path(request) {
            "/incidents.json" => real.as_bytes(),
            _ => excess.as_bytes(),
        })
    })
    .await;
    let reader = |file: &str| {
        let page = StatusPage {
            page: "https://status.example.com".to_owned(),
            sources: vec![Source {
                url: format!("{}/{file}", server.url),
                dialect: StatusDialect::GoogleIncidents,
                verified: true,
            }],
            identity: None,
            every_s: 600,
        };
        let api = Surface {
            id: "api".into(),
            name: "API".to_owned(),
            components: vec!["p".to_owned()],
            host: None,
            watched: true,
        };
        PageReader::new("p".into(), page, vec![api])
    };
    let reading = read(&mut reader("incidents.json")).await;
    assert_eq!(level(&reading), Level::MajorOutage);
    assert_eq!(
        why(read(&mut reader("more.json")).await),
        Unreadable::NotThePage("it is larger than 4096 KB".to_owned())
    );
}

/// A monitor without a report is down in one reading, then well, then down in two.
#[tokio::test]
async fn a_flapping_monitor_gives_no_state_until_it_is_down_twice() {
    const DOWN: &[u8] =
        include_bytes!("../../tests/pages/huggingface-betterstack-index-downtime-2026-07-19.json");
    let down = String::from_utf8(DOWN.to_vec()).unwrap();
    let up = down.replace("\"status\":\"downtime\"", "\"status\":\"operational\"");
    assert_ne!(up, down);
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::new(move |_| {
        let turn = turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        json([&down, &up, &down, &down][turn].as_bytes())
    })
    .await;
    let page = StatusPage {
        page: "https://status.huggingface.co".to_owned(),
        sources: vec![Source {
            url: format!("{}/index.json", server.url),
            dialect: StatusDialect::BetterStack,
            verified: false,
        }],
        identity: Some("124692".to_owned()),
        every_s: 300,
    };
    let spaces = Surface {
        id: "spaces".into(),
        name: "Spaces".to_owned(),
        components: vec!["306621".to_owned()],
        host: None,
        watched: true,
    };
    let mut reader = PageReader::new("p".into(), page, vec![spaces]);
    let mut levels = Vec::new();
    for _ in 0..4 {
        let reading = read(&mut reader).await;
        assert!(!reading.verified);
        levels.push(reading.result.unwrap().surfaces.get("spaces").copied());
    }
    let expected = [
        None,
        Some(Level::Operational),
        None,
        Some(Level::MajorOutage),
    ];
    assert_eq!(levels, expected);
}
