use catalog::{StatusDialect, StatusPage, Surface};
use health::{Level, Page, Unreadable};
use proptest::prelude::*;

use super::plain::plain;
use super::{Expected, more_url, read};

mod recordings;

use StatusDialect::{Atom, IncidentioCompat, IncidentioNative, Statuspage};

macro_rules! recorded {
    ($file:literal) => {
        include_bytes!(concat!("../../tests/pages/", $file))
    };
}

const CLAUDE_UP: &[u8] = recorded!("anthropic-summary-operational.json");
const CLAUDE_DOWN: &[u8] = recorded!("anthropic-summary-major-outage-2026-04-28.json");
const CLAUDE_INCIDENTS: &[u8] = recorded!("anthropic-incidents-part-synthetic.json");
const GITHUB_INCIDENTS: &[u8] = recorded!("github-incidents.json");
const CLOUDFLARE_PART: &[u8] = recorded!("cloudflare-scheduled-maintenances-excerpt2.json");
const OPENAI_COMPONENTS: &[u8] = recorded!("openai-components-synthetic.json");
const OPENAI_INCIDENTS: &[u8] = recorded!("openai-incidents-synthetic.json");
const OPENAI_NATIVE_UP: &[u8] = recorded!("openai-native-operational-synthetic.json");
const OPENAI_NATIVE_DOWN: &[u8] = recorded!("openai-native-outage-synthetic.json");
const CLAUDE_FEED: &[u8] = recorded!("claude-history-synthetic.atom");
const OPENAI_FEED: &[u8] = recorded!("openai-feed-synthetic.atom");
const UNCLAIMED: &[u8] = recorded!("unclaimed-page-synthetic.json");
const MOVED: &[u8] = recorded!("moved-page-synthetic.html");

struct Who {
    page: StatusPage,
    surfaces: Vec<Surface>,
}

fn who(page: &str, identity: Option<&str>, surfaces: &[(&str, &[&str])]) -> Who {
    Who {
        page: StatusPage {
            page: page.to_owned(),
            sources: Vec::new(),
            identity: identity.map(str::to_owned),
            every_s: 120,
        },
        surfaces: surfaces
            .iter()
            .map(|(id, components)| Surface {
                id: (*id).into(),
                name: (*id).to_owned(),
                components: components.iter().map(|c| (*c).to_owned()).collect(),
                host: None,
                watched: true,
            })
            .collect(),
    }
}

fn claude() -> Who {
    who(
        "https://status.claude.com",
        Some("tymt9n04zgry"),
        &[
            ("api", &["k8w3r06qmzrp"]),
            ("code", &["yyzkbfz2thpt"]),
            ("chat", &["rwppv331jlwc"]),
        ],
    )
}

fn openai() -> Who {
    who(
        "https://status.openai.com",
        Some("01JMDK9XYNY6RXSED6SDWW50WY"),
        &[
            ("responses", &["01JP8CD9JR3HR6Y7G4Q75N4DVW"]),
            ("api-login", &["01JSM5RTJWHRWDTS6Q604VEW3B"]),
            ("chatgpt-login", &["01JMXBNJXG1S2D9V65P1ZZTD94"]),
            (
                "codex",
                &["01KMP3KP5MGE23B80K1EK4S8PV", "01JMXBRMFE6N2NNT7DG6XZQ6PW"],
            ),
            ("gone", &["01JMXBRMFEV0AJ0VVS68N9CD6R"]),
        ],
    )
}

fn page_case(page: &str, identity: Option<&str>) -> Who {
    who(page, identity, &[("all", &[])])
}

fn parse(
    who: &Who,
    dialect: StatusDialect,
    bytes: &[u8],
    more: Option<&[u8]>,
) -> Result<Page, Unreadable> {
    parse_at(who, dialect, bytes, more, "2026-10-01T12:00:00Z")
}

fn parse_at(
    who: &Who,
    dialect: StatusDialect,
    bytes: &[u8],
    more: Option<&[u8]>,
    at: &str,
) -> Result<Page, Unreadable> {
    let expected = Expected {
        page: &who.page,
        surfaces: &who.surfaces,
        url: "https://read.from/it",
        at: at.parse().unwrap(),
    };
    read(dialect, bytes, more, expected)
}

/// A page in one line: surfaces, then incidents.
fn page_text(result: Result<Page, Unreadable>) -> String {
    let page = match result {
        Ok(page) => page,
        Err(Unreadable::NotThePage(why)) => return format!("not the page: {why}"),
        Err(other) => panic!("a reader cannot know {other:?}"),
    };
    let surfaces = page
        .surfaces
        .iter()
        .map(|(id, level)| format!("{id}={level:?}"));
    let incidents = page.incidents.iter().map(|i| {
        let surfaces: Vec<_> = i.surfaces.iter().map(|s| s.as_str()).collect();
        let resolved = i.resolved.map(|at| at.format("-%d %H:%M").to_string());
        format!(
            "({} {}{} [{}] {} updates)",
            i.id,
            i.started.format("%d %H:%M"),
            resolved.unwrap_or_default(),
            surfaces.join(" "),
            i.updates.len()
        )
    });
    surfaces.chain(incidents).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_recorded_payload_is_parsed() {
    let quiet =
        br#"{"page":{"id":"p"},"status":{"indicator":"none"},"components":[],"incidents":[]}"#;
    let major = br#"{"page":{"id":"p"},"status":{"indicator":"critical"},"components":[]}"#;
    let odd = br#"{"page":{"id":"p"},"status":{"indicator":"green-ish"},"components":[]}"#;
    type Case<'a> = (
        &'a str,
        Who,
        StatusDialect,
        &'a [u8],
        Option<&'a [u8]>,
        &'a str,
    );
    let cases: [Case<'_>; 20] = [
        (
            "all is well",
            claude(),
            Statuspage,
            CLAUDE_UP,
            None,
            "api=Operational chat=Operational code=Operational",
        ),
        (
            "the outage of 28 April 2026",
            claude(),
            Statuspage,
            CLAUDE_DOWN,
            None,
            "api=PartialOutage chat=MajorOutage code=PartialOutage (9l93x2ht4s5w 28 17:41 [api code chat] 2 updates)",
        ),
        (
            "the closing words, maintenance left out, an unknown impact kept",
            claude(),
            Statuspage,
            CLAUDE_UP,
            Some(CLAUDE_INCIDENTS),
            "api=Operational chat=Operational code=Operational (6ptd5skgmy3v 06 18:37-06 19:05 [api chat] 2 updates) (weird01 02 00:00-02 00:30 [] 1 updates)",
        ),
        (
            "another page's incidents are not this page's",
            claude(),
            Statuspage,
            CLAUDE_UP,
            Some(OPENAI_INCIDENTS),
            "api=Operational chat=Operational code=Operational",
        ),
        (
            "an outage with incidents that cannot be read",
            claude(),
            Statuspage,
            CLAUDE_DOWN,
            Some(MOVED),
            "api=PartialOutage chat=MajorOutage code=PartialOutage (9l93x2ht4s5w 28 17:41 [api code chat] 2 updates)",
        ),
        (
            "another page with the right shape",
            who(
                "https://status.cursor.com",
                Some("0tp9ssgtptvs"),
                &[("all", &[])],
            ),
            Statuspage,
            CLAUDE_UP,
            None,
            "not the page: it is the page \"tymt9n04zgry\", expected was \"0tp9ssgtptvs\"",
        ),
        (
            "none of our components",
            who(
                "https://status.claude.com",
                None,
                &[("api", &["nnnnnnnnnnnn"])],
            ),
            Statuspage,
            CLAUDE_UP,
            None,
            "not the page: none of the 1 expected components is on it",
        ),
        (
            "an unclaimed page",
            page_case("https://example.statuspage.io", None),
            Statuspage,
            UNCLAIMED,
            None,
            "not the page: it shows the example components of an unclaimed page",
        ),
        (
            "a part of a payload",
            page_case("https://www.cloudflarestatus.com", None),
            Statuspage,
            CLOUDFLARE_PART,
            None,
            "not the page: it has no page id",
        ),
        (
            "a surface that is the entire page",
            page_case("https://s", Some("p")),
            Statuspage,
            quiet,
            None,
            "all=Operational",
        ),
        (
            "the worst indicator",
            page_case("https://s", Some("p")),
            Statuspage,
            major,
            None,
            "all=MajorOutage",
        ),
        (
            "an indicator that we do not know says nothing",
            page_case("https://s", Some("p")),
            Statuspage,
            odd,
            None,
            "",
        ),
        (
            "no components where some are expected",
            who("https://s", Some("p"), &[("api", &["x"])]),
            Statuspage,
            quiet,
            None,
            "not the page: none of the 1 expected components is on it",
        ),
        (
            "incident.io: by id, an unknown state says nothing, a missing component neither",
            openai(),
            IncidentioCompat,
            OPENAI_COMPONENTS,
            Some(OPENAI_INCIDENTS),
            "api-login=Operational chatgpt-login=Degraded responses=PartialOutage (01K5SYNTHETICOPEN000000001 25 15:40 [] 2 updates) (01K4SYNTHETICOVER000000002 20 08:30-20 09:15 [] 1 updates)",
        ),
        (
            "incident.io: the entire page is as bad as its worst",
            page_case("https://status.openai.com", None),
            IncidentioCompat,
            OPENAI_COMPONENTS,
            None,
            "all=MajorOutage",
        ),
        (
            "native: who is not affected is well",
            openai(),
            IncidentioNative,
            OPENAI_NATIVE_UP,
            None,
            "api-login=Operational chatgpt-login=Operational codex=Operational responses=Operational",
        ),
        (
            "native: an outage, maintenance, and an unknown state",
            openai(),
            IncidentioNative,
            OPENAI_NATIVE_DOWN,
            Some(OPENAI_INCIDENTS),
            "api-login=Operational chatgpt-login=Maintenance responses=MajorOutage (01K5SYNTHETICOPEN000000001 25 15:40 [responses] 2 updates) (01K4SYNTHETICOVER000000002 20 08:30-20 09:15 [] 1 updates)",
        ),
        (
            "native: somebody else's",
            who("https://s", Some("01OTHER"), &[("all", &[])]),
            IncidentioNative,
            OPENAI_NATIVE_UP,
            None,
            "not the page: it is the page \"01JMDK9XYNY6RXSED6SDWW50WY\", expected was \"01OTHER\"",
        ),
        (
            "a feed tells incidents only, under the ids of the JSON",
            claude(),
            Atom,
            CLAUDE_FEED,
            None,
            "(9l93x2ht4s5w 28 17:41 [] 2 updates) (abcdefabcdef 25 09:30-25 09:30 [] 1 updates)",
        ),
        (
            "incident.io's feed",
            openai(),
            Atom,
            OPENAI_FEED,
            None,
            "(01K5SYNTHETICOPEN000000001 25 16:20 [] 1 updates) (01K4SYNTHETICOVER000000002 20 09:15-20 09:15 [] 1 updates)",
        ),
    ];
    for (name, who, dialect, bytes, incidents, expected) in cases {
        assert_eq!(
            page_text(parse(&who, dialect, bytes, incidents)),
            expected,
            "{name}"
        );
    }
}

#[test]
fn other_payloads_are_no_page_in_any_dialect() {
    let not_json = [
        &b""[..],
        b"[]",
        b"{}",
        b"null",
        b"\xff\xfe[\x00]\x00",
        MOVED,
        recorded!("challenge-cloudflare-synthetic.html"),
        &CLAUDE_DOWN[..CLAUDE_DOWN.len() - 2],
        &CLAUDE_FEED[..CLAUDE_FEED.len() - 2],
        br#"{"page":{"id":"tymt9n04zgry"},"status":{"indicator":"none"}}"#,
        br#"{"summary":{"id":"01JMDK9XYNY6RXSED6SDWW50WY"}}"#,
        br#"<feed xmlns="http://www.w3.org/2005/Atom"></feed>"#,
        br#"<rss version="2.0"><channel></channel></rss>"#,
    ];
    for bytes in not_json {
        for dialect in StatusDialect::ALL {
            for who in [claude(), openai()] {
                let result = parse(&who, dialect, bytes, None);
                assert!(
                    matches!(result, Err(Unreadable::NotThePage(_))),
                    "{dialect:?} took {:?} for a page: {result:?}",
                    String::from_utf8_lossy(bytes)
                );
            }
        }
    }
}

#[test]
fn a_page_in_another_dialect_is_an_error() {
    for (dialect, bytes) in [
        (IncidentioNative, CLAUDE_UP),
        (Atom, CLAUDE_UP),
        (Statuspage, OPENAI_NATIVE_UP),
        (IncidentioCompat, OPENAI_NATIVE_UP),
        (Statuspage, CLAUDE_FEED),
    ] {
        for who in [claude(), openai()] {
            assert!(parse(&who, dialect, bytes, None).is_err(), "{dialect:?}");
        }
    }
}

#[test]
fn copilot_s_incidents_are_found_by_component_and_their_html_is_stripped() {
    let copilot = who(
        "https://www.githubstatus.com",
        Some("kctbh9vrtdwd"),
        &[
            ("copilot", &["pjmpxvq2cmr2"]),
            ("copilot-models", &["cnnb39dkkk82"]),
        ],
    );
    let summary = br#"{"page":{"id":"kctbh9vrtdwd"},"status":{"indicator":"none"},"components":[
        {"id":"g","name":"A group","status":"major_outage","group":true},
        {"id":"0l2p9nhqnxpd","name":"Visit www.githubstatus.com for more information","status":"major_outage"},
        {"id":"pjmpxvq2cmr2","name":"Copilot","status":"operational","group":false},
        {"id":"cnnb39dkkk82","name":"Copilot AI Model Providers","status":"under_maintenance"}]}"#;
    let page = parse(&copilot, Statuspage, summary, Some(GITHUB_INCIDENTS)).unwrap();
    assert_eq!(
        page.surfaces.into_iter().collect::<Vec<_>>(),
        [
            ("copilot".into(), Level::Operational),
            ("copilot-models".into(), Level::Maintenance)
        ]
    );
    let ours: Vec<_> = page
        .incidents
        .iter()
        .filter(|i| !i.surfaces.is_empty())
        .collect();
    assert_eq!(ours.len(), 2);
    assert_eq!(page.incidents.len(), 5);
    assert_eq!(ours[0].surfaces, ["copilot-models".into()]);
    assert_eq!(
        ours[0].title,
        "Copilot model Claude Fable 5 experiencing elevated errors"
    );
    for incident in &page.incidents {
        assert!(incident.resolved.is_some_and(|end| end >= incident.started));
        assert!(incident.updates.is_sorted_by_key(|(at, _)| *at));
        for (_, text) in &incident.updates {
            assert!(!text.contains('<'), "{text}");
        }
    }
}

#[test]
fn updates_are_plain_text_oldest_first() {
    let page = parse(
        &openai(),
        IncidentioCompat,
        OPENAI_COMPONENTS,
        Some(OPENAI_INCIDENTS),
    )
    .unwrap();
    let open = &page.incidents[0];
    assert_eq!(
        open.url.as_deref(),
        Some("https://status.openai.com/incidents/01K5SYNTHETICOPEN000000001")
    );
    let texts: Vec<_> = open.updates.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "Investigating",
            "Identified: We have identified the cause & are working on a fix. Error rate is < 20%."
        ]
    );
    let feed = parse(&claude(), Atom, CLAUDE_FEED, None).unwrap();
    assert!(feed.incidents_only);
    assert_eq!(
        feed.incidents[0].title,
        "Claude.ai unavailable & elevated errors on the API"
    );
    assert_eq!(
        feed.incidents[0].updates[1].1,
        "Identified: We have identified an issue."
    );
}

#[test]
fn a_backfilled_incident_never_ends_before_it_starts() {
    let summary = br#"{"page":{"id":"p"},"status":{"indicator":"none"},"components":[],"incidents":[
        {"id":"i","name":"n","status":"postmortem","started_at":"2026-09-02T10:00:00Z","resolved_at":"2026-09-02T08:00:00Z"},
        {"id":"j","name":"n","status":"resolved","created_at":"2026-09-01T10:00:00Z","updated_at":"2026-09-01T11:00:00Z"},
        {"id":"k","name":"n","status":"someday","created_at":"2026-08-01T10:00:00Z"}]}"#;
    let page = parse(&page_case("https://s", None), Statuspage, summary, None);
    assert_eq!(
        page_text(page),
        "all=Operational (i 02 08:00-02 08:00 [] 0 updates) (j 01 10:00-01 11:00 [] 0 updates) (k 01 10:00 [] 0 updates)"
    );
}

#[test]
fn past_incidents_are_limited_and_open_ones_are_not() {
    let incidents: Vec<_> = (0..60)
        .map(|n| {
            let status = if n % 2 == 0 { "resolved" } else { "monitoring" };
            serde_json::json!({"id": n.to_string(), "name": "n", "status": status,
                "created_at": format!("2026-09-01T10:{n:02}:00Z"), "updated_at": "2026-09-01T12:00:00Z"})
        })
        .collect();
    let summary = serde_json::json!({"page": {"id": "p"}, "status": {"indicator": "minor"},
        "components": [], "incidents": incidents});
    let page = parse(
        &page_case("https://s", None),
        Statuspage,
        summary.to_string().as_bytes(),
        None,
    )
    .unwrap();
    let over = page.incidents.iter().filter(|i| i.resolved.is_some());
    assert_eq!((over.count(), page.incidents.len()), (20, 50));
}

#[test]
fn the_address_of_the_incidents_by_dialect() {
    for (dialect, url, expected) in [
        (
            Statuspage,
            "https://s/api/v2/summary.json",
            Some("https://s/api/v2/incidents.json"),
        ),
        (
            IncidentioCompat,
            "https://s/api/v2/components.json",
            Some("https://s/api/v2/incidents.json"),
        ),
        (
            IncidentioNative,
            "https://s:1/proxy/s",
            Some("https://s:1/api/v2/incidents.json"),
        ),
        (IncidentioNative, "https://s", None),
        (Atom, "https://s/history.atom", None),
    ] {
        assert_eq!(more_url(dialect, url).as_deref(), expected, "{url}");
    }
}

#[test]
fn html_becomes_one_line_of_text() {
    for (html, expected) in [
        ("", ""),
        ("<p>a</p><p>b</p>", "a b"),
        ("error rate < 5 % and > 2", "error rate < 5 % and > 2"),
        (
            "&lt;script&gt; &#39;q&#x27; &nope; &",
            "<script> 'q' &nope; &",
        ),
        ("a<br />\n  b\u{a0}c", "a b c"),
        ("<unclosed", "<unclosed"),
        ("é<b>ü</b>&amp;amp;", "é ü &amp;"),
    ] {
        assert_eq!(plain(html), expected);
    }
    assert_eq!(plain(&"é".repeat(5000)).chars().count(), 2001);
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_no_page(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for dialect in StatusDialect::ALL {
            for who in [claude(), openai(), page_case("https://s", None)] {
                prop_assert!(parse(&who, dialect, &bytes, Some(&bytes)).is_err());
            }
        }
    }

    #[test]
    fn every_proper_prefix_is_no_page(which in 0usize..6, cut in 0.0f64..1.0) {
        let (who, dialect, bytes) = match which {
            0 => (claude(), Statuspage, CLAUDE_UP),
            1 => (claude(), Statuspage, CLAUDE_DOWN),
            2 => (openai(), IncidentioCompat, OPENAI_COMPONENTS),
            3 => (openai(), IncidentioNative, OPENAI_NATIVE_UP),
            4 => (claude(), Atom, CLAUDE_FEED),
            _ => (openai(), Atom, OPENAI_FEED),
        };
        let page_case = bytes.trim_ascii_end();
        let cut = (cut * page_case.len() as f64) as usize;
        prop_assert!(parse(&who, dialect, &page_case[..cut], None).is_err());
    }

    #[test]
    fn an_unknown_component_state_is_never_green(word in "[a-z_]{1,20}") {
        prop_assume!(super::level::level(&word).is_none());
        let text = String::from_utf8(CLAUDE_UP.to_vec()).unwrap();
        let text = text.replace(": \"operational\"", &format!(": \"{word}\""));
        let page = parse(&claude(), Statuspage, text.as_bytes(), None).unwrap();
        prop_assert!(page.surfaces.is_empty());
    }

    #[test]
    fn changed_bytes_never_panic(at in 0.0f64..1.0, byte: u8, which in 0usize..4) {
        let (who, dialect, bytes) = match which {
            0 => (claude(), Statuspage, CLAUDE_DOWN),
            1 => (openai(), IncidentioCompat, OPENAI_COMPONENTS),
            2 => (openai(), IncidentioNative, OPENAI_NATIVE_DOWN),
            _ => (claude(), Atom, CLAUDE_FEED),
        };
        let mut bytes = bytes.to_vec();
        let at = (at * bytes.len() as f64) as usize;
        bytes[at] = byte;
        let _ = parse(&who, dialect, &bytes, Some(&bytes));
    }

    #[test]
    fn any_html_is_stripped_without_panic(html in "\\PC{0,200}") {
        plain(&html);
    }
}
