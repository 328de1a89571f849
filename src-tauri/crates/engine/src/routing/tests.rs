use std::sync::Arc;

use chrono::{DateTime, Utc};
use gateway::{Caller, Gateway, Login, Plan};
use tokio::sync::{mpsc, watch};

use super::*;
use crate::keys::Kept;

/// The candidates for this model with these settings and keys.
fn explained(settings: &str, keyed: &[&str], dialect: Dialect, model: &str) -> Plan {
    let bundled = Catalog::bundled();
    let settings = Settings::parse(settings, &bundled).unwrap();
    let catalog = bundled.with_own(&settings.own);
    let keys = Keys::default();
    for id in keyed {
        keys.hold(&EndpointId::new(id), Secret::new("sk"), Kept::Memory);
    }
    let running = Running {
        token: Secret::new("token"),
        named_tokens: Default::default(),
        paused: false,
        draining: false,
        own_addresses: Vec::new(),
        exchanges: usize::MAX,
        spending: Spending::default(),
        sibling: Siblings::default(),
        announce: true,
        use_now: Default::default(),
        drill: None,
    };
    let config = Arc::new(gateway_config(&settings, &catalog, &keys, &running));
    let (_config, config) = watch::channel(config);
    let (_verdicts, verdicts) = watch::channel(Arc::default());
    let no_connection =
        gateway::connect(|_| async { Err(std::io::Error::other("not dialled").into()) });
    let clock = Arc::new(|| DateTime::<Utc>::UNIX_EPOCH);
    let (reports, records) = (mpsc::channel(1).0, mpsc::channel(1).0);
    let conversations = mpsc::channel(1).0;
    let gateway = Gateway::new(
        config,
        verdicts,
        no_connection,
        reports,
        records,
        conversations,
        clock,
    );
    gateway.explain(dialect, model, &Caller::agent(Login::None))
}

fn requested(plan: &Plan) -> Vec<(&str, &str)> {
    let candidates = plan.candidates.iter();
    candidates
        .map(|c| (c.endpoint.as_str(), c.model.as_str()))
        .collect()
}

/// Without a route in the settings.
#[test]
fn every_provider_with_a_key_is_a_fallback_by_the_catalogue() {
    use Dialect::{Anthropic, OpenaiChat, OpenaiResponses};
    type Expected<'a> = &'a [(&'a str, &'a str)];
    let table: &[(&[&str], Dialect, &str, Expected<'_>)] = &[
        (
            &["anthropic", "openai"],
            Anthropic,
            "claude-opus-5-5",
            &[("anthropic", "claude-opus-5-5"), ("openai", "gpt-6.1-sol")],
        ),
        (
            &["anthropic", "openai"],
            Anthropic,
            "claude-haiku-4-5-20251001",
            &[
                ("anthropic", "claude-haiku-4-5-20251001"),
                ("openai", "gpt-6-luna"),
            ],
        ),
        (
            &["anthropic", "openai"],
            OpenaiResponses,
            "gpt-5.3-codex",
            &[
                ("openai", "gpt-5.3-codex"),
                ("anthropic", "claude-opus-5-5"),
            ],
        ),
        // An endpoint that serves a model receives the request in its own dialect.
        (
            &["anthropic", "openai"],
            OpenaiChat,
            "claude-haiku-4-5",
            &[("anthropic", "claude-haiku-4-5"), ("openai", "gpt-6-luna")],
        ),
        (
            &["anthropic", "openai"],
            Anthropic,
            "gpt-6.1-sol",
            &[("openai", "gpt-6.1-sol"), ("anthropic", "claude-opus-5-5")],
        ),
        // No other endpoint receives a request with that model name.
        (&["openai"], OpenaiChat, "claude-haiku-4-5", &[]),
        (
            &["anthropic", "openai"],
            OpenaiChat,
            "gpt-5.4-mini",
            &[
                ("openai", "gpt-5.4-mini"),
                ("anthropic", "claude-haiku-5-5"),
            ],
        ),
        // The same model at a reseller; vendors whose clients pass through here come first.
        (
            &["anthropic", "openai", "openrouter", "deepseek"],
            Anthropic,
            "claude-opus-5",
            &[
                ("anthropic", "claude-opus-5"),
                ("openai", "gpt-6.1-sol"),
                ("deepseek", "deepseek-v4-pro"),
                ("openrouter", "anthropic/claude-opus-5"),
            ],
        ),
        (
            &["openrouter", "anthropic"],
            OpenaiChat,
            "anthropic/claude-opus-5",
            &[
                ("openrouter", "anthropic/claude-opus-5"),
                ("anthropic", "claude-opus-5"),
            ],
        ),
        // An endpoint without a key is no fallback.
        (&["openai"], Anthropic, "claude-opus-5-5", &[]),
        (&["anthropic"], OpenaiChat, "gemini-4-argon", &[]),
        // A model that two endpoints serve under one id goes to the one with a key.
        (
            &["openrouter"],
            OpenaiChat,
            "openai/gpt-oss-120b",
            &[("openrouter", "openai/gpt-oss-120b")],
        ),
        (
            &["groq"],
            OpenaiChat,
            "openai/gpt-oss-120b",
            &[("groq", "openai/gpt-oss-120b")],
        ),
        (
            &["together", "openrouter"],
            OpenaiChat,
            "zai-org/GLM-5.3",
            &[
                ("together", "zai-org/GLM-5.3"),
                ("openrouter", "anthropic/claude-sonnet-4.6"),
            ],
        ),
    ];
    for (keyed, dialect, model, expected) in table {
        let plan = explained("", keyed, *dialect, model);
        assert_eq!(requested(&plan), *expected, "{keyed:?}: {plan}");
    }
}

#[test]
fn the_owners_equivalents_precede_the_catalogues() {
    let settings = r#"
[equivalents]
"claude-*" = { openai = "gpt-6-astra", ollama = "qwen3:32b" }
"claude-haiku-*" = { openai = "gpt-4.1-mini" }
"#;
    let fallbacks_of = |model: &str| {
        let plan = explained(
            settings,
            &["anthropic", "openai"],
            Dialect::Anthropic,
            model,
        );
        let fallbacks = &requested(&plan)[1..];
        format!("{fallbacks:?}")
    };
    assert_eq!(
        fallbacks_of("claude-opus-5-5"),
        r#"[("openai", "gpt-6-astra"), ("ollama", "qwen3:32b")]"#
    );
    assert_eq!(
        fallbacks_of("claude-haiku-4-5"),
        r#"[("openai", "gpt-4.1-mini"), ("ollama", "qwen3:32b")]"#
    );
    let plan = explained(
        settings,
        &["anthropic", "openai"],
        Dialect::Anthropic,
        "claude-opus-5-5",
    );
    assert_eq!(
        plan.candidates[1].reason,
        "fallback 1, translated to openai-responses, with your key; by your settings"
    );
}

#[test]
fn a_local_server_of_the_catalogue_can_be_changed_in_the_settings() {
    let settings = r#"
[[endpoint]]
id = "litellm-proxy"
base = "http://127.0.0.1:4001"
dialects = ["openai-chat"]
key_env = "LITELLM_KEY"

[[route]]
name = "work"
dialect = "anthropic"
models = "claude-*"
candidates = ["anthropic", "litellm-proxy"]

[equivalents]
"claude-*" = { litellm-proxy = "our-gpt" }
"#;
    let plan = explained(
        settings,
        &["anthropic", "litellm-proxy"],
        Dialect::Anthropic,
        "claude-opus-5-5",
    );
    assert_eq!(
        requested(&plan),
        [
            ("anthropic", "claude-opus-5-5"),
            ("litellm-proxy", "our-gpt")
        ],
        "{plan}"
    );
}
