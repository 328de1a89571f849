//! Recordings of the formats that only some providers use, healthy and ill. Where no ill body was recorded, a recording is
//! changed at the place that the case names.

use super::*;
use StatusDialect::{
    AwsEvents, AzureFeed, BetterStack, Datadog, Flashduty, GoogleIncidents, Instatus, Rootly,
    XaiFeed,
};

macro_rules! recorded {
    ($file:literal) => {
        include_bytes!(concat!("../../../tests/pages/", $file))
    };
}

const GITHUB_FEED: &[u8] = recorded!("github-history-open-actions-2026-07-09.atom.xml");
const GITHUB_ILL: &[u8] = recorded!("github-summary-critical-open-2026-07-24.json");
const COHERE_ILL: &[u8] = recorded!("cohere-compat-summary-major-open-2026-07-23.json");
const OPENAI_MINOR: &[u8] = recorded!("openai-compat-summary-minor-open-2026-07-22.json");
const GOOGLE: &[u8] = recorded!("googlecloud-incidents.json");
const GOOGLE_2022: &[u8] = recorded!("googlecloud-incidents-excerpt3-2022-07.json");
const GOOGLE_GEMINI: &[u8] = recorded!("googlecloud-incidents-vertex-gemini.json");
const AWS: &[u8] = recorded!("aws-currentevents.json");
const AWS_WIRE: &[u8] = recorded!("aws-currentevents-utf16be-trimmed-2026-08-01.bin");
const AZURE_EMPTY: &[u8] = recorded!("azure-rss-empty.xml");
const AZURE_EMPTY_AUGUST: &[u8] = recorded!("azure-rss-empty-2026-08-01.xml");
const AZURE_WEST: &[u8] = recorded!("azure-rss-westus-2026-07-23T1649.xml");
const TOGETHER: &[u8] = recorded!("together-betterstack-index.json");
const HUGGING_FACE: &[u8] = recorded!("huggingface-betterstack-index-downtime-2026-07-19.json");
const INSTATUS_UP: &[u8] = recorded!("perplexity-instatus-summary.json");
const INSTATUS_ILL: &[u8] = recorded!("perplexity-instatus-summary-onemajoroutage-2026-07-23.json");
const INSTATUS_LIST: &[u8] = recorded!("perplexity-instatus-components.json");
const OPENROUTER: &[u8] = recorded!("openrouter-datadog-config.json");
const DEEPSEEK: &[u8] = recorded!("deepseek-flashduty-active.json");
const XAI: &[u8] = recorded!("xai-feed-trimmed-2026-09-03.xml");
const ROOTLY: &[u8] =
    br#"{"page":{"name":"P","url":"https://status.mistral.ai","updated_at":"2026-10-01T11:00:00Z"},
    "status":{"indicator":"major","description":"d"},"incidents":[
    {"id":"a","title":"","status":"investigating","started_at":"2026-10-01T10:00:00Z","updates":[
        {"status":"investigating","message":"Requests fail.","created_at":"2026-10-01T10:05:00Z"}]},
    {"id":"b","name":"Work","status":"scheduled","started_at":"2026-10-02T10:00:00Z"}]}"#;

/// `text` with each part replaced. A part that is not found is an error in the test.
fn changed(bytes: &[u8], replacements: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::from_utf8(bytes.to_vec()).unwrap();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text.into_bytes()
}

fn github() -> Who {
    who(
        "https://www.githubstatus.com",
        Some("kctbh9vrtdwd"),
        &[("copilot", &["pjmpxvq2cmr2"]), ("pulls", &["hhtssxt0f5v2"])],
    )
}

fn google() -> Who {
    who(
        "https://status.cloud.google.com",
        None,
        &[
            ("gemini", &["Z0FZJAMvEB4j3NbCJs6B"]),
            ("bigquery", &["9CcrhHUcFevXPSVaSxkf"]),
        ],
    )
}

fn aws() -> Who {
    who(
        "https://health.aws.amazon.com/health/status",
        None,
        &[
            ("uae", &["bedrock-me-central-1"]),
            ("virginia", &["bedrock-us-east-1"]),
            ("sts", &["sts-us-west-2"]),
        ],
    )
}

fn azure() -> Who {
    who(
        "https://azure.status.microsoft/en-us/status",
        Some("Azure Status"),
        &[("all", &[]), ("west", &["West US"]), ("east", &["East US"])],
    )
}

fn hugging_face() -> Who {
    who(
        "https://status.huggingface.co",
        Some("124692"),
        &[
            ("hub", &["84641"]),
            ("spaces", &["306621"]),
            ("both", &["306621", "84641"]),
            ("removed", &["84641", "1"]),
        ],
    )
}

fn openrouter() -> Who {
    who(
        "https://status.openrouter.ai",
        Some("3bdfe680-d6e4-4a0b-9c04-c25058c342e0"),
        &[
            ("chat", &["9fb5ccff-e128-455a-be20-59572f8d363a"]),
            ("video", &["bb2402ad-3e98-4c75-9eb5-ca68ca683c5a"]),
        ],
    )
}

fn deepseek() -> Who {
    who(
        "https://status.deepseek.com",
        Some("6410630422455"),
        &[
            ("pro", &["01KY4MVS8BM3F9JSYWACGQVG7A"]),
            ("flash", &["01KY4MVS8BSBSVW6053QJ37RJE"]),
        ],
    )
}

fn xai() -> Who {
    who(
        "https://status.x.ai",
        None,
        &[("api", &["api-us-east-1"]), ("console", &["api-console"])],
    )
}

fn perplexity(surfaces: &[(&str, &[&str])]) -> Who {
    who("https://status.perplexity.com", None, surfaces)
}

fn mistral() -> Who {
    page_case("https://status.mistral.ai", None)
}

const MODELS: &[&str] = &["8604811", "8604812"];

fn together() -> Who {
    who(
        "https://status.together.ai",
        Some("197766"),
        &[("api", MODELS)],
    )
}

fn read_at(who: &Who, dialect: StatusDialect, bytes: &[u8], at: &str) -> String {
    page_text(parse_at(who, dialect, bytes, None, at))
}

const OCTOBER: &str = "2026-10-01T12:00:00Z";

#[test]
fn a_real_history_feed_has_the_start_and_the_end_of_each_incident() {
    let page = parse(&github(), Atom, GITHUB_FEED, None).unwrap();
    let times = |id: &str| {
        let incident = page.incidents.iter().find(|i| i.id == id).unwrap();
        let end = incident.resolved.map(|at| at.format("%H:%M").to_string());
        let start = incident.started.format("%m-%d %H:%M");
        (
            format!("{start} {}", end.unwrap_or_default()),
            incident.updates.len(),
        )
    };
    // The newest label of an open incident is "Update".
    assert_eq!(times("cstx3v63mklm"), ("07-09 04:34 ".into(), 3));
    // Edited days after the end.
    assert_eq!(times("fz9sdc2q008p"), ("07-07 14:14 16:17".into(), 9));
    assert_eq!(times("5bnwwg9tzd4q"), ("07-02 16:54 18:25".into(), 4));
    let open = page.incidents.iter().filter(|i| i.resolved.is_none());
    assert_eq!(open.count(), 1);
    for incident in &page.incidents {
        assert!(incident.updates.is_sorted_by_key(|(at, _)| *at));
        let short = incident.resolved == Some(incident.started);
        assert!(!short || incident.updates.len() == 1, "{}", incident.title);
    }
    let first = &page.incidents[0].updates[0].1;
    assert_eq!(
        first,
        "Investigating: We are investigating reports of degraded performance for Actions"
    );
}

#[test]
fn only_a_label_in_its_place_is_a_stage_of_an_incident() {
    let feed = |updated: &str, html: &str| {
        format!(
            "<feed><id>https://status.claude.com</id><entry><id>x</id><title>t</title>\
             <published>2026-01-02T10:00:00Z</published><updated>{updated}</updated>\
             <content type=\"html\"><![CDATA[{html}]]></content></entry></feed>"
        )
    };
    let mark = |time: &str, label: &str| {
        format!(
            "<p><small>{time}</small><br /><strong>{label}</strong> - a <strong>Resolved</strong> b</p>"
        )
    };
    let update = mark("Jan 2, 09:00 UTC", "Update");
    let table = [
        // In the year before `published`.
        (
            mark("Dec 31, 23:00 UTC", "Investigating"),
            "(x 31 23:00 [] 1 updates)",
        ),
        (
            mark("Jan 2, 01:00 PST", "Update"),
            "(x 02 09:00 [] 1 updates)",
        ),
        (
            update.clone() + &mark("Jan 2, 08:00 UTC", "Resolved"),
            "(x 02 08:00 [] 2 updates)",
        ),
        (
            mark("Jan 2, 09:30 UTC", "Postmortem") + &mark("Jan 2, 09:00 UTC", "Resolved"),
            "(x 02 09:00-02 09:00 [] 2 updates)",
        ),
        (
            mark("Jan 2, 09:00 UTC", "Resolved") + &mark("Jan 2, 09:00 UTC", "Investigating"),
            "(x 02 09:00-02 09:00 [] 2 updates)",
        ),
        // No stage: left out, never open.
        (mark("Jan 2, 09:00 UTC", "Danger"), ""),
        (mark("Jan 2, 09:00 XYZ", "Update"), ""),
        ("<strong>Investigating</strong> - x".to_owned(), ""),
        ("<p>Something else</p>".to_owned(), ""),
        (mark("Jan 2, 09:00 UTC", "Scheduled"), ""),
        ("<b>Status: Danger</b>".to_owned(), ""),
        ("x <b>Status: Resolved</b>".to_owned(), ""),
    ];
    for (html, expected) in table {
        let feed = feed("2026-01-05T10:00:00Z", &html);
        let read = parse(&claude(), Atom, feed.as_bytes(), None);
        assert_eq!(page_text(read), expected, "{html}");
    }
}

#[test]
fn each_recording_of_a_page_in_its_own_format_is_parsed() {
    let live = |bytes, end| changed(bytes, &[(end, "\"x\": \"")]);
    let gemini_open = live(GOOGLE_GEMINI, "\"end\": \"");
    let gemini_outage = changed(&gemini_open, &[("SERVICE_INFORMATION", "SERVICE_OUTAGE")]);
    let gemini_odd = changed(&gemini_open, &[("SERVICE_INFORMATION", "SERVICE_STRANGE")]);
    /// What it is, whose page, its format and body, the time of the reading, and what is parsed.
    type Case<'a> = (&'a str, Who, StatusDialect, &'a [u8], &'a str, &'a str);
    let cases: [Case<'_>; 17] = [
        (
            "an incident of another product",
            google(),
            GoogleIncidents,
            GOOGLE,
            OCTOBER,
            "bigquery=Operational gemini=Operational",
        ),
        (
            "ended, although the last update's state is a disruption",
            google(),
            GoogleIncidents,
            GOOGLE_2022,
            OCTOBER,
            "bigquery=Operational gemini=Operational (9FtLfPznLEsy2pwmzfYp 24 03:14-24 04:21 [bigquery] 2 updates)",
        ),
        (
            "of several products",
            google(),
            GoogleIncidents,
            GOOGLE_GEMINI,
            OCTOBER,
            "bigquery=Operational gemini=Operational (41E5S3mkTGDfkZuJZH5k 27 12:37-27 14:35 [gemini] 0 updates)",
        ),
        (
            "the same without its end",
            google(),
            GoogleIncidents,
            &gemini_outage,
            "2026-02-27T13:00:00Z",
            "bigquery=Operational gemini=MajorOutage (41E5S3mkTGDfkZuJZH5k 27 12:37 [gemini] 0 updates)",
        ),
        (
            "the lowest class, open",
            google(),
            GoogleIncidents,
            &gemini_open,
            "2026-02-27T13:00:00Z",
            "bigquery=Operational gemini=Degraded (41E5S3mkTGDfkZuJZH5k 27 12:37 [gemini] 0 updates)",
        ),
        (
            "an unknown class, open",
            google(),
            GoogleIncidents,
            &gemini_odd,
            "2026-02-27T13:00:00Z",
            "bigquery=Operational (41E5S3mkTGDfkZuJZH5k 27 12:37 [gemini] 0 updates)",
        ),
        (
            "open and without an update for a week",
            google(),
            GoogleIncidents,
            &gemini_outage,
            "2026-03-06T13:00:00Z",
            "bigquery=Operational (41E5S3mkTGDfkZuJZH5k 27 12:37 [] 0 updates)",
        ),
        (
            "Better Stack: a monitor is down without a report; resolved reports have no end",
            hugging_face(),
            BetterStack,
            HUGGING_FACE,
            "2026-07-19T14:00:00Z",
            "both=Degraded hub=Operational removed=Operational spaces=MajorOutage (965809 16 08:30-16 10:07 [hub both removed] 3 updates) (939240 30 07:58-30 08:05 [] 2 updates) (919822 10 07:00-10 10:50 [] 2 updates)",
        ),
        (
            "Better Stack: all is well, a finished maintenance",
            together(),
            BetterStack,
            TOGETHER,
            OCTOBER,
            "api=Operational",
        ),
        (
            "Instatus: all is well",
            perplexity(&[("all", &[])]),
            Instatus,
            INSTATUS_UP,
            OCTOBER,
            "all=Operational",
        ),
        (
            "Instatus: an outage of one component",
            perplexity(&[("all", &[])]),
            Instatus,
            INSTATUS_ILL,
            OCTOBER,
            "all=MajorOutage (cmrxt1rlu000f0zlcv4dzmdlr 23 17:48 [] 1 updates)",
        ),
        (
            "Datadog: incidents written days later",
            openrouter(),
            Datadog,
            OPENROUTER,
            OCTOBER,
            "chat=Operational video=Operational (2a3d415a-1eed-417f-b269-6e308a7f7990 04 18:27-04 21:12 [video] 2 updates) (7aed8b9f-0e35-479d-bf9a-42f033c08b66 28 07:05-28 22:33 [] 2 updates) (a80f04f9-7b2a-4094-bd45-e42dd5c2ed8a 28 02:15-28 02:19 [chat] 2 updates) (bf70341f-5692-41cc-8076-573b9407e356 31 13:00-01 13:00 [] 2 updates)",
        ),
        (
            "Flashduty: all is well",
            deepseek(),
            Flashduty,
            DEEPSEEK,
            OCTOBER,
            "flash=Operational pro=Operational",
        ),
        (
            "xAI: over, updates oldest first, published before the first one",
            xai(),
            XaiFeed,
            XAI,
            OCTOBER,
            "api=Operational console=Operational (2026-05-18T01:58:00Z Console not loading 18 01:58-18 12:00 [console] 2 updates)",
        ),
        (
            "Rootly, synthetic: no title, planned work left out",
            mistral(),
            Rootly,
            ROOTLY,
            OCTOBER,
            "all=PartialOutage (a 01 10:00 [] 1 updates)",
        ),
        (
            "Statuspage: a critical incident elsewhere",
            github(),
            Statuspage,
            GITHUB_ILL,
            OCTOBER,
            "copilot=Operational pulls=MajorOutage (jxd617hfwfq8 24 19:37 [pulls] 3 updates)",
        ),
        (
            "incident.io: an incident with every component green",
            who(
                "https://status.openai.com",
                Some("01JMDK9XYNY6RXSED6SDWW50WY"),
                &[("images", &["01JMXBRMFE4MAP2BHSJNZ787WX"])],
            ),
            IncidentioCompat,
            OPENAI_MINOR,
            OCTOBER,
            "images=Operational",
        ),
    ];
    for (name, who, dialect, bytes, at, expected) in cases {
        assert_eq!(read_at(&who, dialect, bytes, at), expected, "{name}");
    }
}

#[test]
fn the_components_of_a_page_are_read_from_its_second_address() {
    let api = perplexity(&[("api", &["clyiakn7i60113hvojwho6za6j"]), ("all", &[])]);
    let read = |list: Option<&[u8]>| page_text(parse(&api, Instatus, INSTATUS_ILL, list));
    let incident = "(cmrxt1rlu000f0zlcv4dzmdlr 23 17:48 [] 1 updates)";
    assert_eq!(read(None), format!("all=MajorOutage {incident}"));
    assert_eq!(
        read(Some(INSTATUS_LIST)),
        format!("all=MajorOutage api=Operational {incident}")
    );
    let down = changed(
        INSTATUS_LIST,
        &[(
            "\"name\": \"API\",\n   \"description\": \"\",\n   \"status\": \"OPERATIONAL\"",
            "\"status\": \"DEGRADEDPERFORMANCE\"",
        )],
    );
    assert!(read(Some(&down)).contains("api=Degraded"));
    let odd = changed(INSTATUS_LIST, &[("OPERATIONAL", "FINE")]);
    assert!(!read(Some(&odd)).contains("api"));

    let cohere = who(
        "https://status.cohere.com",
        Some("01HEBDXXA856JY0M3E46GZHCH8"),
        &[
            ("playground", &["01HTQRNEDQQ9E16WRMZF16HH40"]),
            ("api", &["01HPSPCNBW0R74QDXBWQ10RTC0"]),
        ],
    );
    let page = parse(&cohere, IncidentioCompat, COHERE_ILL, Some(COHERE_ILL));
    assert_eq!(
        page_text(page),
        "api=Operational playground=PartialOutage (01KY8K3GWWJTSJTRC17GHEH08Z 23 22:56 [] 1 updates)"
    );
}

#[test]
fn each_word_for_the_state_of_a_page_counts_and_no_other() {
    let all = perplexity(&[("all", &[])]);
    for (word, expected) in [
        ("UP", "all=Operational"),
        ("HASISSUES", "all=Degraded"),
        ("UNDERMAINTENANCE", "all=Maintenance"),
        ("ALLUNDERMAINTENANCE", "all=Maintenance"),
        ("ONEDEGRADEDPERFORMANCE", "all=Degraded"),
        ("SOMEPARTIALOUTAGE", "all=PartialOutage"),
        ("ALLMINOROUTAGE", "all=PartialOutage"),
        ("ALLMAJOROUTAGE", "all=MajorOutage"),
        ("ALLUP", ""),
        ("ALL", ""),
        ("up", ""),
        ("", ""),
    ] {
        let body = changed(INSTATUS_UP, &[("\"UP\"", &format!("\"{word}\""))]);
        assert_eq!(read_at(&all, Instatus, &body, OCTOBER), expected, "{word}");
    }
}

#[test]
fn an_event_counts_by_the_state_of_the_service_alone() {
    let event = "5E6B8_EF2498889B5 01 12:51";
    let read = |bytes: &[u8], at| read_at(&aws(), AwsEvents, bytes, at);
    let fresh = read(AWS_WIRE, "2026-04-30T12:00:00Z");
    assert!(fresh.starts_with("sts=Operational uae=MajorOutage virginia=Operational ("));
    assert!(
        fresh.ends_with(&format!("{event} [uae] 3 updates)")),
        "{fresh}"
    );
    // Months later the event is still listed, with the same state and no update.
    let old = read(AWS_WIRE, "2026-08-01T16:00:00Z");
    assert!(old.starts_with("sts=Operational virginia=Operational ("));
    assert!(old.ends_with(&format!("{event} [] 3 updates)")), "{old}");

    let day = "2026-03-01T13:00:00Z";
    assert!(read(AWS, day).starts_with("sts=Operational uae=MajorOutage virginia=Operational"));
    assert!(read(AWS, day).contains("926DB_F0036494EA4 03 21:49-04 00:07 [sts] 1 updates"));
    let word = |word: &str| {
        let uae = "\"service_name\": \"Amazon Bedrock\",\n    \"current\": ";
        changed(
            AWS,
            &[(&format!("{uae}\"3\""), &format!("{uae}\"{word}\""))],
        )
    };
    for (current, expected) in [
        ("0", Some("uae=Operational")),
        ("1", Some("uae=Degraded")),
        ("2", Some("uae=PartialOutage")),
        ("3", Some("uae=MajorOutage")),
        ("4", None),
    ] {
        let text = read(&word(current), day);
        let found = text.split(' ').find(|part| part.starts_with("uae="));
        assert_eq!(found, expected, "{current}");
    }
    // The event stays open for other services.
    assert!(read(&word("0"), day).contains("01 12:51-01 12:51 [uae]"));
    // No event: only in the encoding of the real list.
    assert_eq!(
        read(b"\xfe\xff\0[\0]", day),
        "sts=Operational uae=Operational virginia=Operational"
    );
    for not_a_list in [
        &b"[]"[..],
        b"\xfe\xff\0[\0]\0",
        b"\xfe\xff[\0]\0",
        b"\xfe\xff\xd8\0\0[",
        b"\xff\xfe",
    ] {
        assert!(parse(&aws(), AwsEvents, not_a_list, None).is_err());
    }
}

#[test]
fn a_feed_of_broad_incidents_gives_no_surface_a_state() {
    let read = |bytes: &[u8]| parse(&azure(), AzureFeed, bytes, None);
    for empty in [AZURE_EMPTY, AZURE_EMPTY_AUGUST] {
        let page = read(empty).unwrap();
        assert!(page.surfaces.is_empty() && page.incidents.is_empty());
        assert!(!page.incidents_only, "an empty feed is no state");
    }
    let at = |page: &Page| page.changed.unwrap().format("%m-%d %H:%M").to_string();
    assert_eq!(at(&read(AZURE_EMPTY).unwrap()), "07-31 00:12");
    let page = read(AZURE_WEST).unwrap();
    assert_eq!(at(&page), "07-23 16:49");
    assert_eq!(
        page.incidents[0].title,
        "Issues connecting to resources in West US (Network Infrastructure, West US)"
    );
    assert_eq!(
        page_text(Ok(page)),
        "(issues-connecting-to-resources-in-west-us 23 16:29 [west] 1 updates)"
    );
    let closing = "We will provide additional information as it becomes available.";
    let over = changed(AZURE_WEST, &[(closing, "This incident is now resolved.")]);
    assert!(page_text(read(&over)).contains("23 16:29-23 16:29"));
    let other = changed(
        AZURE_WEST,
        &[("<title>Azure Status</title>", "<title>Other</title>")],
    );
    assert!(read(&other).is_err());
}

#[test]
fn a_report_is_open_by_its_state_and_its_end() {
    let read = |bytes: &[u8]| read_at(&hugging_face(), BetterStack, bytes, "2026-07-19T14:00:00Z");
    let state = "\"aggregate_state\":\"resolved\"";
    let body = String::from_utf8(HUGGING_FACE.to_vec()).unwrap();
    assert!(body.contains(state));
    let open = body.replace(state, "\"aggregate_state\":\"downtime\"");
    let text = read(open.as_bytes());
    assert!(
        text.contains("(965809 16 08:30 [hub both removed] 3 updates)"),
        "{text}"
    );
    // Planned work is no incident, whatever its state is.
    assert!(
        !text.contains("946090") && !text.contains("961899"),
        "{text}"
    );
    let past = open.replace("\"ends_at\":null", "\"ends_at\":\"2026-07-17T00:00:00Z\"");
    assert!(read(past.as_bytes()).contains("(965809 16 08:30-17 00:00 ["));
    let future = open.replace("\"ends_at\":null", "\"ends_at\":\"2026-07-20T00:00:00Z\"");
    assert!(read(future.as_bytes()).contains("(965809 16 08:30 ["));
}

#[test]
fn several_monitors_of_one_surface_are_down_only_together() {
    let state = |replacements: &[(usize, &str)]| {
        let mut body: serde_json::Value = serde_json::from_slice(TOGETHER).unwrap();
        for row in body["included"].as_array_mut().unwrap() {
            let at = MODELS.iter().position(|id| row["id"] == *id);
            for (_, word) in replacements.iter().filter(|(n, _)| Some(*n) == at) {
                row["attributes"]["status"] = (*word).into();
            }
        }
        read_at(
            &together(),
            BetterStack,
            body.to_string().as_bytes(),
            OCTOBER,
        )
    };
    assert_eq!(state(&[(0, "downtime")]), "api=Degraded");
    assert_eq!(
        state(&[(0, "downtime"), (1, "downtime")]),
        "api=MajorOutage"
    );
    assert_eq!(state(&[(0, "downtime"), (1, "degraded")]), "api=Degraded");
    assert_eq!(state(&[(0, "maintenance")]), "api=Maintenance");
    assert_eq!(state(&[(0, "not_monitored")]), "");
    assert_eq!(state(&[(0, "strange"), (1, "downtime")]), "api=Degraded");
}

#[test]
fn an_open_change_is_read_by_its_components() {
    let read = |change: &str| {
        let body = changed(
            DEEPSEEK,
            &[(
                "\"active_changes\":[]",
                &format!("\"active_changes\":[{change}]"),
            )],
        );
        read_at(&deepseek(), Flashduty, &body, "2026-10-01T12:00:00Z")
    };
    let change = |rest: &str| {
        format!(
            "{{\"change_id\":7,\"type\":\"incident\",\"title\":\"t\",\"start_at_seconds\":1790848800{rest}}}"
        )
    };
    let update = |status: &str| {
        change(&format!(
            ",\"updates\":[{{\"at_seconds\":1790850000,\"status\":\"investigating\",\"description\":\"d\",\
             \"component_changes\":[{{\"component_id\":\"01KY4MVS8BM3F9JSYWACGQVG7A\",\"status\":\"{status}\"}}]}}]"
        ))
    };
    assert_eq!(
        read(&update("full_outage")),
        "flash=Operational pro=MajorOutage (7 01 10:00 [pro] 1 updates)"
    );
    // Its components are all operational, or unknown: unclassified, not well.
    for word in ["operational", "strange"] {
        assert_eq!(
            read(&update(word)),
            "flash=Operational (7 01 10:00 [pro] 1 updates)",
            "{word}"
        );
    }
    assert_eq!(read(&change("")), "(7 01 10:00 [pro flash] 0 updates)");
    assert_eq!(
        read(&change(
            ",\"affected_components\":[{\"component_id\":\"01KY4MVS8BSBSVW6053QJ37RJE\",\"status\":\"degraded\"}]"
        )),
        "flash=Degraded pro=Operational (7 01 10:00 [flash] 0 updates)"
    );
    assert_eq!(
        read(&change("").replace("incident", "maintenance")),
        "flash=Operational pro=Operational"
    );
    assert!(read("{}").starts_with("not the page"));
    let envelope = br#"{"request_id":"x","error":{"code":"InvalidParameter","message":"m"}}"#;
    assert!(parse(&deepseek(), Flashduty, envelope, None).is_err());
}

#[test]
fn one_outage_of_several_products_is_one_incident() {
    let item = |product: &str, id: &str, status: &str, severity: &str| {
        format!(
            "<item><title>[{product}] Models outage</title><link>https://status.x.ai/{product}/{id}</link>\
             <guid>{id}</guid><description><![CDATA[<h3>Status: {status}</h3><p>Severity: {severity}</p>\
             <p><strong>Thu, 03 Sep 2026 11:40:00 GMT</strong></p><h3>Investigating</h3><p>We look into it.</p>]]></description>\
             <pubDate>Thu, 03 Sep 2026 11:30:00 GMT</pubDate></item>"
        )
    };
    let read = |items: &str| {
        let body = changed(XAI, &[("</channel>", &format!("{items}</channel>"))]);
        let text = read_at(&xai(), XaiFeed, &body, "2026-09-03T12:00:00Z");
        text.split(" (2026-05-18").next().unwrap().to_owned()
    };
    let id = "(2026-09-03T11:30:00Z Models outage 03 11:30";
    let open = item("api-us-east-1", "INC1", "INVESTIGATING", "outage");
    let degraded = item("api-console", "INC2", "ACTIVE", "degraded");
    assert_eq!(
        read(&(open.clone() + &degraded)),
        format!("api=MajorOutage console=Degraded {id} [api console] 1 updates)")
    );
    let over = item("api-console", "INC2", "RESOLVED", "available");
    assert_eq!(
        read(&(open.clone() + &over)),
        format!("api=MajorOutage console=Operational {id} [api console] 1 updates)")
    );
    let odd = item("api-us-east-1", "INC1", "ACTIVE", "available");
    assert!(read(&odd).starts_with("console=Operational (2026-09-03"));
    let no_state = open.replace("Status:", "State:");
    assert!(read(&no_state).starts_with("not the page"));
    let empty = br#"<rss version="2.0"><channel><link>https://status.x.ai</link></channel></rss>"#;
    assert!(parse(&xai(), XaiFeed, empty, None).is_err());
}

#[test]
fn a_page_at_another_service_is_named_with_its_format() {
    for (who, dialect, bytes, expected) in [
        (
            mistral(),
            Rootly,
            TOGETHER,
            "Better Stack, expected was Rootly",
        ),
        (
            together(),
            BetterStack,
            OPENROUTER,
            "Datadog Status Pages, expected was Better Stack",
        ),
        (
            openrouter(),
            Datadog,
            CLAUDE_UP,
            "Statuspage, expected was Datadog Status Pages",
        ),
        (
            claude(),
            Statuspage,
            DEEPSEEK,
            "Flashduty, expected was Statuspage",
        ),
        (
            claude(),
            Statuspage,
            INSTATUS_UP,
            "Instatus, expected was Statuspage",
        ),
        (
            aws(),
            AwsEvents,
            GOOGLE,
            "a Google status dashboard, expected was AWS Health",
        ),
        (
            google(),
            GoogleIncidents,
            AWS,
            "AWS Health, expected was a Google status dashboard",
        ),
        (
            claude(),
            Statuspage,
            ROOTLY,
            "Rootly, expected was Statuspage",
        ),
    ] {
        let text = page_text(parse(&who, dialect, bytes, None));
        assert!(text.ends_with(expected), "{text}");
    }
}

#[test]
fn the_dialect_of_an_address_is_recognised() {
    use super::super::recognise::{dialect_instead, dialect_of_address};
    for (url, expected) in [
        (
            "https://status.claude.com/api/v2/summary.json",
            Some(Statuspage),
        ),
        (
            "https://status.groq.com/api/v2/components.json?a=b",
            Some(IncidentioCompat),
        ),
        (
            "https://status.openai.com/proxy/status.openai.com",
            Some(IncidentioNative),
        ),
        (
            "http://mirror.example/proxy/claude/api/v2/summary.json",
            Some(Statuspage),
        ),
        ("http://127.0.0.1:8000/history.atom", Some(Atom)),
        (
            "https://status.cloud.google.com/incidents.json",
            Some(GoogleIncidents),
        ),
        (
            "https://www.google.com/appsstatus/dashboard/incidents.json",
            Some(GoogleIncidents),
        ),
        (
            "https://health.aws.amazon.com/public/currentevents",
            Some(AwsEvents),
        ),
        (
            "https://rssfeed.azure.status.microsoft/en-us/status/feed/",
            Some(AzureFeed),
        ),
        ("https://status.together.ai/index.json", Some(BetterStack)),
        ("https://status.fal.ai/summary.json", None),
        ("https://status.openrouter.ai/config.json", Some(Datadog)),
        ("https://status.x.ai/feed.xml", Some(XaiFeed)),
        (
            "https://statuspage.flashduty.com/api/status-page/1/summary/active",
            Some(Flashduty),
        ),
        ("https://status.mistral.ai/api/v1/status.json", Some(Rootly)),
        ("https://status.example.com/status.json", None),
        ("", None),
    ] {
        assert_eq!(dialect_of_address(url), expected, "{url}");
        let instead = dialect_instead(url, Instatus);
        assert_eq!(instead, expected.unwrap_or(Instatus), "{url}");
    }
    let summary = "http://127.0.0.1:8000/api/v2/summary.json";
    assert_eq!(dialect_instead(summary, IncidentioCompat), IncidentioCompat);
    assert_eq!(dialect_instead(summary, IncidentioNative), IncidentioCompat);
    assert_eq!(dialect_instead(summary, Datadog), Statuspage);
}

/// Each dialect with a body that can be read, and the words in it that state a level.
fn readable() -> Vec<(Who, StatusDialect, Vec<u8>)> {
    vec![
        (
            google(),
            GoogleIncidents,
            changed(GOOGLE_GEMINI, &[("\"end\": \"", "\"x\": \"")]),
        ),
        (aws(), AwsEvents, AWS.to_vec()),
        (azure(), AzureFeed, AZURE_WEST.to_vec()),
        (hugging_face(), BetterStack, HUGGING_FACE.to_vec()),
        (perplexity(&[("all", &[])]), Instatus, INSTATUS_ILL.to_vec()),
        (openrouter(), Datadog, OPENROUTER.to_vec()),
        (deepseek(), Flashduty, DEEPSEEK.to_vec()),
        (xai(), XaiFeed, XAI.to_vec()),
        (mistral(), Rootly, ROOTLY.to_vec()),
        (github(), Atom, GITHUB_FEED.to_vec()),
    ]
}

/// Any JSON, with the keys of the dialects.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[a-z0-9:T-]{0,12}".prop_map(Into::into),
    ];
    let key = proptest::sample::select(vec![
        "page",
        "id",
        "status",
        "indicator",
        "components",
        "incidents",
        "data",
        "type",
        "attributes",
        "included",
        "aggregate_state",
        "page_id",
        "active_changes",
        "url",
        "name",
        "begin",
        "end",
        "affected_products",
        "updates",
        "arn",
        "date",
        "service",
        "impacted_services",
        "current",
        "domainPrefix",
        "summary",
        "affected_components",
        "component_id",
        "publishedDate",
        "started_at",
        "change_id",
        "start_at_seconds",
    ]);
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::hash_map(key.clone().prop_map(str::to_owned), inner, 0..8)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_json_never_panics_and_is_never_green(body in json()) {
        let bytes = body.to_string().into_bytes();
        for (who, dialect, _) in readable() {
            if let Ok(page) = parse(&who, dialect, &bytes, Some(&bytes)) {
                prop_assert!(page.surfaces.values().all(|level| *level != Level::Operational));
            }
        }
    }

    #[test]
    fn changed_bytes_of_a_recording_never_panic(which in 0usize..10, at in 0.0f64..1.0, byte: u8) {
        let (who, dialect, mut bytes) = readable().swap_remove(which);
        let at = (at * bytes.len() as f64) as usize;
        bytes[at] = byte;
        let _ = parse(&who, dialect, &bytes, Some(&bytes));
    }

    #[test]
    fn every_proper_prefix_of_a_recording_is_no_page(which in 0usize..10, cut in 0.0f64..1.0) {
        let (who, dialect, bytes) = readable().swap_remove(which);
        let body = bytes.trim_ascii_end();
        let cut = (cut * body.len() as f64) as usize;
        prop_assert!(parse(&who, dialect, &body[..cut], None).is_err());
    }

    #[test]
    fn an_unknown_state_is_never_green_in_any_format(word in "[a-z]{3,12}_x") {
        let quoted = |words: &[&str], body: &[u8]| {
            let mut text = String::from_utf8(body.to_vec()).unwrap();
            for known in words {
                text = text.replace(&format!("\"{known}\""), &format!("\"{word}\""));
            }
            text.into_bytes()
        };
        let monitors = ["operational", "downtime", "degraded", "maintenance"];
        for (who, dialect, body) in [
            (hugging_face(), BetterStack, quoted(&monitors, HUGGING_FACE)),
            (openrouter(), Datadog, quoted(&monitors, OPENROUTER)),
            (perplexity(&[("all", &[])]), Instatus, quoted(&["UP"], INSTATUS_UP)),
            (mistral(), Rootly, quoted(&["major"], ROOTLY)),
        ] {
            let page = parse(&who, dialect, &body, None).unwrap();
            prop_assert!(page.surfaces.is_empty(), "{dialect:?}: {:?}", page.surfaces);
        }
    }
}
