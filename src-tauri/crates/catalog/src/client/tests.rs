use super::*;

fn named(user_agent: &str, headers: &[&str]) -> Option<String> {
    let known = KnownClient::of(user_agent, |name| headers.contains(&name))?;
    Some(known.name.clone())
}

#[test]
fn every_file_is_parsed_and_names_the_source_of_its_figures() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/clients");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let bundled: Vec<&str> = BUNDLED.iter().map(|(name, _)| *name).collect();
    assert_eq!(files, bundled);
    for ((file, _), client) in BUNDLED.iter().zip(CLIENTS.iter()) {
        let is_known = !client.user_agents.is_empty()
            || client.connect.is_some()
            || client.unsupported.is_some();
        assert!(is_known, "{file}");
        for measured in &client.behaviours {
            let dated = measured.source.contains("2026");
            let version = measured.source.contains(|c: char| c.is_ascii_digit());
            assert!(dated && version, "{file}: {}", measured.source);
        }
    }
}

#[test]
fn the_longest_prefix_of_a_user_agent_decides() {
    for (user_agent, headers, name) in [
        (
            "claude-cli/2.1.332 (external, sdk-cli)",
            &[] as &[_],
            Some("Claude Code"),
        ),
        ("claude-cli/0.24.4 (external, cli)", &[], Some("Qwen Code")),
        (
            "codex_exec/0.171.0 (Debian 12.0.0; x86_64)",
            &[],
            Some("Codex"),
        ),
        (
            "opencode/1.18.33 ai-sdk/provider-utils/4.0.46",
            &[],
            Some("opencode"),
        ),
        (
            "ai-sdk/openai-compatible/3.0.37",
            &[],
            Some("Vercel AI SDK"),
        ),
        (
            "ai/7.0.173 ai-sdk-provider-utils/5.0.81",
            &[],
            Some("Vercel AI SDK"),
        ),
        (
            "langchainjs-openai/1.0.0 ((node/v24))",
            &[],
            Some("LangChain.js"),
        ),
        (
            "langchainjs-openai/1.0.0 ((node/v24))",
            &["openai-platform"],
            Some("n8n AI Agent"),
        ),
        ("langchain-anthropic/1.7.10", &[], Some("LangChain")),
        ("n8n", &[], Some("n8n")),
        ("OpenAI/Python 3.57.0", &[], Some("OpenAI/Python")),
        ("curl/8.5.0", &[], None),
        ("", &[], None),
    ] {
        assert_eq!(named(user_agent, headers).as_deref(), name, "{user_agent}");
    }
}

#[test]
fn the_known_behaviour_depends_on_version_and_delivery() {
    let behaviour = |user_agent: &str, version, streamed| {
        let known = KnownClient::of(user_agent, |_| false).unwrap();
        known.behaviour(version, Dialect::Anthropic, streamed)
    };
    let claude = |version| behaviour("claude-cli/", version, true);
    assert_eq!(claude(Some("2.1.332")).repeats, Repeats::Broken);
    assert_eq!(claude(Some("2.2.0")).repeats, Repeats::Broken);
    assert_eq!(claude(Some("10.0.0-beta.1")).repeats, Repeats::Broken);
    for version in [Some("2.1.197"), Some("2.1"), Some("dev"), None] {
        assert_eq!(
            claude(version).repeats,
            Repeats::BrokenBeforeABlock,
            "{version:?}"
        );
    }
    assert_eq!(
        claude(Some("2.1.332")).waits_for_event,
        Some(Duration::from_secs(300))
    );
    let qwen = behaviour("QwenCode/0.23.0", Some("0.23.0"), true);
    assert_eq!(qwen.repeats, Repeats::EndedWithoutReason);
    let library = behaviour("OpenAI/Python 3.57.0", Some("3.57.0"), false);
    assert_eq!(library.repeats, Repeats::Never);
    assert_eq!(library.waits, Some(Duration::from_secs(600)));
    assert_eq!(behaviour("claude-cli/", None, false), Behaviour::default());
}

#[test]
fn each_connection_is_complete() {
    let mut ids = std::collections::BTreeSet::new();
    for client in KnownClient::all() {
        let Some(connect) = &client.connect else {
            continue;
        };
        let name = &client.name;
        assert!(ids.insert(&connect.id), "{name}");
        assert!(
            client.unsupported.is_none() && !connect.lines.is_empty(),
            "{name}"
        );
        assert_eq!(
            connect.method == Method::Edit,
            !connect.files.is_empty(),
            "{name}"
        );
        assert!(!connect.vendor.is_empty(), "{name}");
        for seen in &connect.seen_as {
            assert!(KnownClient::named(seen).is_some(), "{name}: {seen}");
        }
        for key in connect.files.iter().flat_map(|file| &file.keys) {
            // No token or key of the user is ever written.
            let secret = ["TOKEN", "KEY", "key"]
                .iter()
                .any(|word| key.path.ends_with(word));
            assert!(!secret || key.value.is_empty(), "{name}: {}", key.path);
            let is_base = !key.only_if_absent && key.only_over.is_empty();
            assert_eq!(key.value.contains("{url}"), is_base, "{name}");
        }
    }
    assert!(
        elsewhere()
            .iter()
            .all(|lines| lines.text.contains("{port}") || lines.text.contains("{url}"))
    );
}

#[test]
fn an_interrupted_session_is_resumed_by_its_id() {
    let claude = KnownClient::named("Claude Code").unwrap();
    let session = "b93ba861-9480-45bb-aa35-a9795039f8bc";
    assert_eq!(
        claude.resume(session),
        Some(format!("claude --resume {session}"))
    );
    for (client, session) in [
        ("Claude Code", "x; rm -r ~"),
        ("Claude Code", "$(id)"),
        ("Claude Code", "--help"),
        ("Claude Code", ""),
        ("n8n", session),
    ] {
        let client = KnownClient::named(client).unwrap();
        assert_eq!(client.resume(session), None, "{session}");
    }
}
