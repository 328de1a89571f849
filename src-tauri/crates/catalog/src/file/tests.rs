use super::read;
use crate::address::tests::refused_bases;
use crate::{
    Ability, CallIds, ChatLimit, Dialect, Effort, KeyCheck, KeyCheckMethod, Model, NotBilled,
    StreamUsage,
};

/// Problems of a file, without its name: "2: …".
fn reported(text: &str) -> Vec<String> {
    match read("acme.toml", text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|p| {
                assert_eq!(p.file, "acme.toml");
                format!("{}: {}", p.line, p.problem)
            })
            .collect(),
    }
}

const ENDPOINT: &str = r#"name = "Acme"
[[endpoint]]
id = "acme"
base = "https://api.acme.example"
dialects = ["openai-chat"]
auth = "bearer"
key_env = "ACME_KEY"
serves = ["acme-*"]
"#;

#[test]
fn a_complete_file_is_parsed() {
    assert_eq!(reported(ENDPOINT), [""; 0]);
    let read = read("acme.toml", ENDPOINT).ok().unwrap();
    assert_eq!(read.endpoint_lines, [("acme".into(), 3)]);
}

#[test]
fn a_key_check_is_parsed() {
    let get = |text: &str| {
        read("acme.toml", text).ok().unwrap().provider.endpoints[0]
            .key_check
            .clone()
    };
    assert_eq!(get(ENDPOINT), KeyCheck::default());
    let written = |check: &str| get(&format!("{ENDPOINT}key_check = {check}\n"));
    let path = "/key/health".to_owned();
    assert_eq!(
        written(r#"{ method = "POST", path = "/key/health" }"#),
        KeyCheck {
            method: KeyCheckMethod::Post,
            path: path.clone()
        }
    );
    assert_eq!(
        written(r#"{ path = "/key/health" }"#),
        KeyCheck {
            method: KeyCheckMethod::Get,
            path
        }
    );
}

#[test]
fn abilities_are_parsed_and_absent_ones_are_unknown() {
    let message = format!(
        "{ENDPOINT}chat_limit = \"max_completion_tokens\"\ncall_ids = \"nine-letters\"\nstream_usage = \"always\"\nnot_billed = [\"error-as-stop-reason\"]\n\
         [[model]]\nid = \"acme-1\"\ncontext = 200_000\nmax_output = 64_000\n\
         lacks = [\"images\", \"structured-output\"]\nefforts = [\"low\", \"xhigh\"]\n\
         [[model]]\nid = \"acme-2\"\n"
    );
    let provider = read("acme.toml", &message).ok().unwrap().provider;
    let endpoint = &provider.endpoints[0];
    assert_eq!(endpoint.chat_limit, ChatLimit::MaxCompletionTokens);
    assert_eq!(endpoint.call_ids, CallIds::NineLetters);
    assert_eq!(endpoint.stream_usage, StreamUsage::Always);
    assert_eq!(endpoint.not_billed, [NotBilled::ErrorAsStopReason]);
    let known = Model {
        context: Some(200_000),
        max_output: Some(64_000),
        lacks: vec![Ability::Images, Ability::StructuredOutput],
        efforts: vec![Effort::Low, Effort::XHigh],
        ..Model::new("acme-1".into())
    };
    assert_eq!(provider.models, [known, Model::new("acme-2".into())]);
    let unsaid = read("acme.toml", ENDPOINT).ok().unwrap().provider;
    assert_eq!(unsaid.endpoints[0].chat_limit, ChatLimit::MaxTokens);
    assert_eq!(unsaid.endpoints[0].call_ids, CallIds::Any);
    assert_eq!(unsaid.endpoints[0].stream_usage, StreamUsage::OnRequest);
    assert_eq!(unsaid.endpoints[0].not_billed, []);
}

#[test]
fn the_first_dialect_of_an_entry_is_used_for_requests_of_another() {
    let message = ENDPOINT.replacen(
        r#"["openai-chat"]"#,
        r#"["openai-responses", "openai-chat"]"#,
        1,
    );
    let endpoint = &read("acme.toml", &message).ok().unwrap().provider.endpoints[0];
    let (chat, responses) = (Dialect::OpenaiChat, Dialect::OpenaiResponses);
    for (requested, reported) in [
        (Dialect::Anthropic, vec![responses, chat]),
        (chat, vec![chat, responses]),
        (responses, vec![responses, chat]),
    ] {
        assert_eq!(endpoint.dialects_for(requested), reported, "{requested}");
    }
}

/// Each change to a valid endpoint gives one problem, at its line.
#[test]
fn each_wrong_value_is_reported_with_its_line_and_its_fix() {
    let table = [
        (
            r#"id = "acme""#,
            r#"id = "Acme!""#,
            "3: `Acme!` is not a valid id",
        ),
        (
            r#""https://api.acme.example""#,
            r#""api.acme.example""#,
            "4: a base is a web address such as \"http://127.0.0.1:11434\"",
        ),
        (
            "https://api",
            "http://api",
            "4: this base would send the key unencrypted",
        ),
        (
            "https://api.acme.example",
            "http://127.0.0.1.acme.example",
            "4: this base would send the key unencrypted",
        ),
        (
            r#"["openai-chat"]"#,
            r#"["smoke-signals"]"#,
            "5: unknown variant `smoke-signals`",
        ),
        (r#"["openai-chat"]"#, "[]", "5: `dialects` is empty"),
        (r#""bearer""#, r#""none""#, "7: `key_env` with auth"),
        ("key_env = \"ACME_KEY\"\n", "", "3: `key_env` is missing"),
        (r#"["acme-*"]"#, "[]", "8: `serves` is empty"),
        (
            r#"["acme-*"]"#,
            r#"["a", "a"]"#,
            "8: pattern `a` appears twice",
        ),
        ("serves", "servers", "8: unknown field `servers`"),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\npaths = { anthropic = \"/x\" }",
            "9: `anthropic` has a path but",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\npaths = { openai-chat = \"x\" }",
            "9: a path begins with `/`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\nsurface = \"moon\"",
            "9: `moon` has no [[surface]] entry",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\nprobe_model = \"acme-1\"",
            "9: `acme-1` has no [[model]] entry",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprice = { input = 0, output = 1.0, as_of = \"2026-08-01\" }",
            "11: prices are US dollars",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprice = { input = 1, output = 1, long_prompt = { above = 9, input = 0, output = 1 }, as_of = \"2026-08-01\" }",
            "11: prices are US dollars",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprice = { input = nan, output = 1.0, as_of = \"2026-08-01\" }",
            "11: prices are US dollars",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprice = { input = 1, output = 1.0, as_of = \"2026-02-30\" }",
            "11: `as_of` is the day",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprice = { input = 2, output = 1, long_prompt = { above = 9, input = 1, output = 1 }, as_of = \"2026-08-01\" }",
            "11: a price of `long_prompt` is lower",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprice = { input = 2, output = 1, cache_write = 2, cache_write_hour = 1, as_of = \"2026-08-01\" }",
            "11: `cache_write_hour` is lower",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprice = { input = 2, output = 1, hours = { utc = [\"1-2\"], input = 1, output = 1 }, as_of = \"2026-08-01\" }",
            "11: `1-2` is no span of hours in UTC",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprice = { input = 2, output = 1, hours = { utc = [], input = 1, output = 1 }, as_of = \"2026-08-01\" }",
            "11: `utc` needs at least one span",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprice = { input = 2, output = 1, long_prompt = { above = 9, input = 2, output = 1 }, hours = { utc = [\"01:00-02:00\"], input = 1, output = 1 }, as_of = \"2026-08-01\" }",
            "11: `hours` needs a `long_prompt`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprice = { input = 2, output = 1, tiers = { flex = 0 }, as_of = \"2026-08-01\" }",
            "11: the tier `flex` is a multiple",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprices = [\n{ input = 2, output = 1, as_of = \"2026-08-01\" },\n{ input = 2, output = 1, as_of = \"2026-08-01\" },\n]",
            "13: `prices` begin with the oldest",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprice = { input = 2, output = 1, as_of = \"2026-08-01\" }\nprices = [{ from = \"2026-09-01\", input = 2, output = 1, as_of = \"2026-08-01\" }]",
            "11: write either `price` or `prices`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nprice = { input = 1, output = 1.0 }",
            "11: missing field `as_of`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\n[[model]]\nid = \"m\"",
            "12: model id `m` appears twice",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\ncontext = 0",
            "11: `context` is 0",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nmax_output = 0",
            "11: `max_output` is 0",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nlacks = [\"humour\"]",
            "11: unknown variant `humour`, expected one of `images`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[[model]]\nid = \"m\"\nefforts = [\"heroic\"]",
            "11: unknown variant `heroic`, expected one of `none`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\nchat_limit = \"max\"",
            "9: unknown variant `max`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\nnot_billed = [\"everything\"]",
            "9: unknown variant `everything`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\nstream_usage = \"never\"",
            "9: unknown variant `never`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[tier.huge]\nmodels = [\"acme-*\"]",
            "9: unknown variant `huge`, expected one of `small`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[tier.large]\nstand_in = \"acme-1\"",
            "10: `acme-1` has no [[model]] entry",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\n[tier.large]\nmodel = \"acme-*\"",
            "10: unknown field `model`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\ncall_ids = \"short\"",
            "9: unknown variant `short`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\nkey_check = { path = \"v1/key\" }",
            "9: a path begins with `/`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\nkey_check = { method = \"BREW\", path = \"/v1/key\" }",
            "9: unknown variant `BREW`",
        ),
        (
            r#"["acme-*"]"#,
            "[\"acme-*\"]\nkey_check = { method = \"GET\" }",
            "9: missing field `path`",
        ),
        (
            "auth = \"bearer\"\nkey_env = \"ACME_KEY\"\n",
            "auth = \"none\"\nkey_check = { path = \"/v1/key\" }\n",
            "7: `key_check` with auth",
        ),
        ("[[endpoint]]", "[endpoint]", "2: expected a list"),
        ("name = \"Acme\"", "name = \"Acme", "1: "),
        (
            "name = \"Acme\"",
            "product = \"Anvil\"",
            "1: `name` is missing",
        ),
        ("name = \"Acme\"", "name = \" \"", "1: `name` is empty"),
        (
            "name = \"Acme\"",
            "name = \"Acme\"\nkeys_page = \"http://acme.example\"",
            "2: `keys_page` must be an https",
        ),
    ];
    for (from, to, expected) in table {
        assert!(ENDPOINT.contains(from), "{from}");
        let reported = reported(&ENDPOINT.replacen(from, to, 1));
        assert!(
            reported.len() == 1 && reported[0].starts_with(expected),
            "{from} → {to}: expected {expected:?}, got {reported:?}"
        );
    }
}

#[test]
fn every_section_reports_its_problems_in_the_order_of_lines() {
    let text = r#"name = "Acme"
colour = "red"
[status]
page = "http://status.acme.example"
every_s = 1
sources = []
[[surface]]
id = "api"
name = "API"
components = ["c1"]
host = "https://api.acme.example/"
[[surface]]
id = "api"
name = ""
components = ["c1"]
[[model]]
id = 5
"#;
    let reported = reported(text);
    let expected = [
        "2: unknown key `colour`",
        "4: `page` must be an https address",
        "5: `every_s` must be between",
        "6: `sources` is empty",
        "11: `host` is a host name alone",
        "13: surface id `api` appears twice",
        "14: `name` is empty",
        "15: component `c1` appears twice",
        "17: invalid type: integer `5`",
    ];
    assert_eq!(reported.len(), expected.len(), "{reported:#?}");
    for (reported, expected) in reported.iter().zip(expected) {
        assert!(
            reported.starts_with(expected),
            "{reported:?}, not {expected:?}"
        );
    }
}

#[test]
fn the_file_name_is_the_id() {
    for name in [
        "Acme.toml",
        "acme",
        ".toml",
        "a b.toml",
        "providers/ac_me.toml",
    ] {
        let problems = read(name, "name = \"Acme\"\n").err().unwrap();
        assert!(
            problems[0].problem.contains("is the provider's id"),
            "{name}"
        );
    }
    for name in ["acme-2.toml", "/etc/understudy/acme-2.toml"] {
        let read = read(name, "name = \"Acme\"\n").ok().unwrap();
        assert_eq!(read.provider.id.as_str(), "acme-2");
    }
}

#[test]
fn no_error_of_a_file_repeats_the_secret_of_an_address() {
    const SECRET: &str = "hunter2hunter2";
    for base in refused_bases(SECRET) {
        let text = ENDPOINT.replacen("https://api.acme.example", &base, 1);
        let message = reported(&text).join("\n");
        assert!(
            !message.is_empty() && !message.contains("hunter2"),
            "{message}"
        );
    }
    let url = format!("https://x:{SECRET}@a.example");
    for line in [
        format!("keys_page = \"{url}\""),
        format!("keys_page = [\"{url}\"]"),
        format!("keys_page = \"https://a.example?key={SECRET}\""),
        format!("status = \"{url}\""),
        format!(
            "status = {{ page = \"{url}\", sources = [{{ url = \"{url}\", dialect = \"atom\" }}] }}"
        ),
        format!("surface = [{{ id = \"s\", name = \"S\", host = \"x:{SECRET}@a.example\" }}]"),
        format!("\"{url}\" = 1"),
    ] {
        let message = reported(&format!("{line}\n{ENDPOINT}")).join("\n");
        assert!(
            !message.is_empty() && !message.contains("hunter2"),
            "{line}: {message}"
        );
    }
}
