use std::sync::Arc;

use catalog::{Dialect, EndpointId, Secret};
use chrono::{DateTime, Utc};
use gateway::{Caller, Gateway, Login};
use tokio::sync::{mpsc, watch};

use super::*;
use crate::keys::Keys;
use crate::routing::Running;

/// The owner's server, and routes in the settings.
const OWN: &str = r#"
[[endpoint]]
id = "local"
name = "Ollama"
base = "http://127.0.0.1:11434"
dialects = ["openai-chat", "anthropic"]
serves = ["llama*"]
"#;

/// Claude first, then the owner's server.
const BACKED: &str = r#"
[[route]]
name = "work"
dialect = "anthropic"
models = "claude-*"
candidates = ["anthropic", { endpoint = "openrouter", model = "anthropic/claude-sonnet-4.6" }, { endpoint = "local", model = "llama3" }]
"#;

/// The owner's Claude models come from a reseller.
const AVOIDING: &str = r#"
[[route]]
name = "work"
dialect = "anthropic"
models = "claude-*"
candidates = [{ endpoint = "openrouter", model = "anthropic/claude-sonnet-4.6" }]
"#;

/// The gateway's plans for each route of these settings, with keys for these endpoints.
fn plans(settings: &Settings, catalog: &Catalog, keyed: &[&str], logins: bool) -> Vec<Plan> {
    let running = Running {
        token: Secret::new("token"),
        named_tokens: Default::default(),
        paused: false,
        draining: false,
        own_addresses: Vec::new(),
        exchanges: usize::MAX,
        spending: Default::default(),
        sibling: Default::default(),
        announce: true,
        use_now: Default::default(),
        drill: None,
    };
    let mut config = routing::gateway_config(settings, catalog, &Keys::default(), &running);
    for id in keyed {
        let endpoint = config.endpoints.get_mut(&EndpointId::new(id)).unwrap();
        endpoint.key = Some(Secret::new("sk"));
    }
    let wanted: Vec<_> = config
        .routes
        .iter()
        .filter(|r| r.name != catalog::REHEARSAL)
        .map(|r| (r.dialect, routing::sample_of(&r.models)))
        .collect();
    let (_config, config) = watch::channel(Arc::new(config));
    let (_verdicts, verdicts) = watch::channel(Arc::default());
    let no_connection =
        gateway::connect(|_| async { Err(std::io::Error::other("not dialled").into()) });
    let clock = Arc::new(|| DateTime::<Utc>::UNIX_EPOCH);
    let gateway = Gateway::new(
        config,
        verdicts,
        no_connection,
        mpsc::channel(1).0,
        mpsc::channel(1).0,
        mpsc::channel(1).0,
        clock,
    );
    let caller = Caller::agent(if logins {
        Login::Subscription
    } else {
        Login::None
    });
    let mut plans: Vec<Plan> = Vec::new();
    for (dialect, model) in wanted {
        let plan = gateway.explain(dialect, &model, &caller);
        let same = |p: &Plan| (&p.route, p.dialect) == (&plan.route, plan.dialect);
        if !plans.iter().any(same) {
            plans.push(plan);
        }
    }
    plans
}

struct Case {
    what: &'static str,
    settings: &'static [&'static str],
    keyed: &'static [&'static str],
    logins: bool,
    /// The sentence is about the first provider.
    down: &'static [&'static str],
    sentence: &'static str,
}

const CASES: &[Case] = &[
    Case {
        what: "a key, and no stand-in",
        settings: &[],
        keyed: &["anthropic"],
        logins: false,
        down: &["anthropic"],
        sentence: "Requests fail until it is back; it isn't your code.",
    },
    Case {
        what: "a key, and one at another maker, whose model stands in",
        settings: &[],
        keyed: &["anthropic", "openai"],
        logins: false,
        down: &["anthropic"],
        sentence: "Claude Code continues on OpenAI.",
    },
    Case {
        what: "both makers are down",
        settings: &[],
        keyed: &["anthropic", "openai"],
        logins: false,
        down: &["anthropic", "openai"],
        sentence: "OpenAI is down too. Requests fail until one is back; it isn\'t your code.",
    },
    Case {
        what: "no key, but clients may bring their own login",
        settings: &[],
        keyed: &[],
        logins: false,
        down: &["anthropic"],
        sentence: "Requests fail until it is back; it isn't your code.",
    },
    Case {
        what: "a provider without an endpoint",
        settings: &[],
        keyed: &["anthropic"],
        logins: false,
        down: &["github"],
        sentence: "None of your requests go there.",
    },
    Case {
        what: "a provider whose key is missing",
        settings: &[],
        keyed: &["anthropic"],
        logins: false,
        down: &["openrouter"],
        sentence: "None of your requests go there.",
    },
    Case {
        what: "the owner's routes avoid it",
        settings: &[AVOIDING],
        keyed: &["openrouter"],
        logins: false,
        down: &["anthropic"],
        sentence: "None of your requests go there.",
    },
    Case {
        what: "the same, where its key is at hand",
        settings: &[AVOIDING],
        keyed: &["openrouter", "anthropic"],
        logins: true,
        down: &["anthropic"],
        sentence: "None of your requests go there.",
    },
    Case {
        what: "the avoiding route's only candidate",
        settings: &[AVOIDING],
        keyed: &["openrouter"],
        logins: false,
        down: &["openrouter"],
        sentence: "Requests fail until it is back; it isn't your code.",
    },
    Case {
        what: "a stand-in that is well",
        settings: &[OWN, BACKED],
        keyed: &["anthropic", "openrouter"],
        logins: false,
        down: &["anthropic"],
        sentence: "Claude Code continues on OpenRouter.",
    },
    Case {
        what: "clients log in, and the first stand-in has no key",
        settings: &[OWN, BACKED],
        keyed: &[],
        logins: true,
        down: &["anthropic"],
        sentence: "Claude Code continues on Ollama.",
    },
    Case {
        what: "the first stand-in is down too",
        settings: &[OWN, BACKED],
        keyed: &["anthropic", "openrouter"],
        logins: false,
        down: &["anthropic", "openrouter"],
        sentence: "Claude Code continues on Ollama.",
    },
    Case {
        what: "all stand-ins are down too",
        settings: &[OWN, BACKED],
        keyed: &["anthropic", "openrouter"],
        logins: false,
        down: &["anthropic", "openrouter", "local"],
        sentence: "Ollama and OpenRouter are down too. Requests fail until one is back; it isn\'t your code.",
    },
    Case {
        what: "a stand-in fails while nobody needs it",
        settings: &[OWN, BACKED],
        keyed: &["anthropic"],
        logins: false,
        down: &["openrouter"],
        sentence: "None of your requests go there.",
    },
];

#[test]
fn the_sentence_depends_on_the_owners_routes() {
    for case in CASES {
        let Case {
            what,
            settings,
            keyed,
            logins,
            down,
            sentence,
        } = case;
        let bundled = Catalog::bundled();
        let settings = Settings::parse(&settings.concat(), &bundled).unwrap();
        let catalog = bundled.with_own(&settings.own);
        let plans = plans(&settings, &catalog, keyed, *logins);
        let who = |plan: &Plan| match plan.dialect {
            Dialect::Anthropic => "Claude Code".to_owned(),
            Dialect::OpenaiChat | Dialect::OpenaiResponses => "Requests".to_owned(),
        };
        let down: Vec<ProviderId> = down.iter().map(|&id| id.into()).collect();
        let outage = Outage {
            provider: &down[0],
            ways: ways(&plans, &settings, &catalog, &who),
            degraded: false,
            down: &|id| down.contains(id),
            product: &|id| catalog.provider(id).unwrap().product.clone(),
        };
        assert_eq!(outage.consequence().sentence, *sentence, "{what}");
    }
}

/// Expected effect of each provider's outage, written by hand where the effects differ.
#[test]
fn several_routes_at_once() {
    let way = |who: &str, order: &[&str]| Way {
        route: (who.into(), Dialect::Anthropic),
        carried_by: None,
        in_use: Vec::new(),
        who: who.into(),
        order: order.iter().map(|&id| id.into()).collect(),
        named: order.len(),
    };
    let table: &[(&[&str], &str)] = &[
        (
            &["lead"],
            "Claude Code continues on spare. Other requests fail until it is back; it isn't your code.",
        ),
        (
            &["spare"],
            "Your requests are not affected: it is only a fallback of lead. lead has no other fallback.",
        ),
        (&["other"], "Requests continue on third."),
        (
            &["third"],
            "Your requests are not affected: it is only a fallback of other.",
        ),
        (
            &["spare", "lead"],
            "lead is down too. Requests fail until one is back; it isn't your code.",
        ),
        (&["third", "other"], "Requests continue on fourth."),
        (&["stranger"], "None of your requests go there."),
    ];
    for (down, sentence) in table {
        let down: Vec<ProviderId> = down.iter().map(|&id| id.into()).collect();
        let outage = Outage {
            provider: &down[0],
            ways: vec![
                way("Claude Code", &["lead", "spare"]),
                way("Codex", &["lead"]),
                way("Requests", &["other", "third", "fourth"]),
            ],
            degraded: false,
            down: &|id| down.contains(id),
            product: &|id| id.to_string(),
        };
        assert_eq!(outage.consequence().sentence, *sentence, "{down:?}");
    }
}

#[test]
fn the_outage_of_a_fallback_in_use_stops_its_requests() {
    let (lead, second) = (ProviderId::new("lead"), ProviderId::new("second"));
    for (in_use, sentence) in [
        (vec![], "None of your requests go there."),
        (
            vec![second.clone()],
            "lead is down too. Requests fail until one is back; it isn't your code.",
        ),
    ] {
        let outage = Outage {
            provider: &second,
            ways: vec![Way {
                route: ("claude-*".into(), Dialect::Anthropic),
                carried_by: None,
                in_use,
                who: "Claude Code".into(),
                order: vec![lead.clone(), second.clone()],
                named: 1,
            }],
            degraded: false,
            down: &|_| true,
            product: &|id| id.to_string(),
        };
        assert_eq!(outage.consequence().sentence, sentence);
    }
}

#[test]
fn the_sentence_includes_parked_requests() {
    let on_gpt = "Claude Code continues on GPT.";
    assert_eq!(with_parked(on_gpt.into(), 0), on_gpt);
    assert_eq!(
        with_parked(on_gpt.into(), 2),
        "Claude Code continues on GPT; 2 requests are waiting for you."
    );
    assert_eq!(
        with_parked(
            "Requests fail until it is back; it isn't your code.".into(),
            1
        ),
        "Requests fail until it is back; it isn't your code. 1 request is waiting for you."
    );
}
