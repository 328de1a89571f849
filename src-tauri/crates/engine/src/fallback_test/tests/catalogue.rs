use std::collections::BTreeSet;
use std::sync::Arc;

use catalog::{Catalog, Dialect, EndpointId, ModelId, Provider, REHEARSAL, Secret};
use gateway::{CandidateRule, Dialed, Gateway, Pattern, Restart, Route, Siblings, Spending};
use stage::{Acting, Family, Stage};
use tokio::sync::{mpsc, watch};

use crate::fallback_test::judge::Place;
use crate::fallback_test::play::{Played, play};
use crate::fallback_test::turn::Turn;
use crate::keys::{Kept, Keys};
use crate::routing::{self, Running};
use crate::settings::Settings;

const TOKEN: &str = "token";
/// What the client asks for; the primary is never reached.
const ASKED: &str = "a-model";

/// Servers without an entry in the catalogue, as their owners write them into the settings.
const OWN: &str = r#"
[[endpoint]]
id = "kimi"
name = "Kimi"
base = "http://127.0.0.1:5001"
dialects = ["openai-chat", "anthropic"]
reasoning_content = "required"

[[endpoint]]
id = "glm"
name = "GLM"
base = "http://127.0.0.1:5002"
dialects = ["openai-chat", "anthropic"]

[[endpoint]]
id = "vllm"
name = "vLLM"
base = "http://127.0.0.1:5003"
dialects = ["openai-chat", "openai-responses", "anthropic"]
"#;

/// Whose rules the endpoint's server holds a request to.
fn acting(endpoint: &str) -> Acting {
    let family = match endpoint {
        "anthropic" | "bedrock" => Family::Anthropic,
        "openai" => Family::OpenAi,
        "google" => Family::Gemini,
        "deepseek" => Family::DeepSeek,
        "mistral" => Family::Mistral,
        "groq" => Family::Groq,
        "xai" => Family::Xai,
        "openrouter" => Family::OpenRouter,
        "together" => Family::Together,
        "ollama" => Family::Ollama,
        "kimi" => Family::Moonshot,
        "glm" => Family::Zai,
        "vllm" => Family::Vllm,
        // No source says what these refuse beyond their dialect.
        "fireworks" | "litellm-proxy" => return Acting::Plain,
        other => panic!("which vendor's rules does {other} have?"),
    };
    family.into()
}

/// Those that the catalogue lists, but for what answers nothing in words.
fn models(provider: &Provider) -> Vec<ModelId> {
    let listed = provider
        .models
        .iter()
        .filter(|model| model.max_output != Some(1));
    let mut models: Vec<ModelId> = listed.map(|model| model.id.clone()).collect();
    match provider.id.as_str() {
        "kimi" => models.extend(["kimi-k3", "kimi-k2-thinking"].map(ModelId::new)),
        "glm" => models.push("glm-5".into()),
        "ollama" | "litellm-proxy" | "vllm" => models.push("qwen3:32b".into()),
        _ => assert!(!models.is_empty(), "{}", provider.id),
    }
    models
}

struct Desk {
    catalog: Catalog,
    config: gateway::Config,
}

impl Desk {
    fn new() -> Desk {
        let bundled = Catalog::bundled();
        let settings = Settings::parse(OWN, &bundled).unwrap();
        let catalog = bundled.with_own(&settings.own);
        let keys = Keys::default();
        for endpoint in catalog
            .endpoints()
            .filter(|endpoint| endpoint.key_env.is_some())
        {
            keys.hold(&endpoint.id, Secret::new("sk-test"), Kept::Memory);
        }
        let running = Running {
            token: Secret::new(TOKEN),
            paused: false,
            draining: false,
            own_addresses: Vec::new(),
            spending: Spending::default(),
            sibling: Siblings::default(),
            announce: false,
        };
        let config = routing::gateway_config(&settings, &catalog, &keys, &running);
        Desk { catalog, config }
    }

    /// One test, with the stage in the place of every server.
    async fn test(
        &self,
        dialect: Dialect,
        streamed: bool,
        endpoint: &EndpointId,
        model: &ModelId,
    ) -> (Played, Stage) {
        let stage = Stage::any_model().acting(acting(endpoint.as_str()));
        let primary = match dialect {
            Dialect::Anthropic => "anthropic",
            Dialect::OpenaiChat | Dialect::OpenaiResponses => "openai",
        };
        let candidates = vec![
            CandidateRule::new(EndpointId::new(primary)),
            CandidateRule {
                model: Some(model.clone()),
                ..CandidateRule::new(endpoint.clone())
            },
        ];
        let route = Route {
            name: "work".into(),
            dialect,
            models: Pattern::new(ASKED),
            candidates,
            strict: Some(true),
            exact: false,
            delivery: None,
            restart: Restart::Never,
            pipeline: None,
            demand: None,
            subscription_to_paid_key: gateway::Consent::Ask,
            may_go_to: None,
            sibling: None,
        };
        let config = gateway::Config {
            routes: vec![route],
            ..self.config.clone()
        };
        let turn = Turn {
            dialect,
            model: ASKED.into(),
            streamed,
        };
        let place = Place {
            endpoint: endpoint.to_string(),
            base: String::new(),
            own: false,
            keys_page: None,
        };
        let gateway = gateway(config, &stage);
        let at = (endpoint, model);
        (
            play(&gateway, &Secret::new(TOKEN), &turn, at, &place).await,
            stage,
        )
    }
}

fn gateway(config: gateway::Config, stage: &Stage) -> Gateway {
    let stage = stage.clone();
    let connect = gateway::connect(move |_| {
        let stage = stage.clone();
        async move {
            let (ours, theirs) = tokio::io::duplex(1 << 16);
            tokio::spawn(async move { stage.serve_connection(theirs).await });
            Ok(Dialed::pipe(ours))
        }
    });
    let (_, config) = watch::channel(Arc::new(config));
    let (_, verdicts) = watch::channel(Arc::default());
    let clock = Arc::new(|| chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000));
    Gateway::new(
        config,
        verdicts,
        connect,
        mpsc::channel(1).0,
        mpsc::channel(1).0,
        clock,
    )
}

/// Both steps, in streams and in one piece, at every endpoint with each of its models, for clients of every dialect.
#[tokio::test]
async fn every_fallback_completes_a_tool_turn_under_its_vendors_rules() {
    let desk = Desk::new();
    let mut wrong = BTreeSet::new();
    let mut tested = 0;
    let real = |provider: &&Provider| provider.id.as_str() != REHEARSAL;
    for provider in desk.catalog.providers().iter().filter(real) {
        for endpoint in &provider.endpoints {
            for model in models(provider) {
                for (dialect, streamed) in Dialect::ALL.map(|d| [(d, true), (d, false)]).concat() {
                    let (played, stage) = desk.test(dialect, streamed, &endpoint.id, &model).await;
                    tested += 1;
                    let received = stage.received();
                    let sent = received
                        .iter()
                        .map(|request| String::from_utf8_lossy(&request.body).into_owned());
                    if let Some(failure) = played.failure {
                        let sent = sent.last().unwrap_or_default();
                        wrong.insert(format!(
                            "{dialect} (stream {streamed}) → {} {model}: step {}: {}\n  {sent}",
                            endpoint.id, failure.step, failure.why
                        ));
                    } else {
                        assert_eq!(sent.count(), 2, "{dialect} → {} {model}", endpoint.id);
                    }
                }
            }
        }
    }
    assert!(tested > 500, "{tested}");
    assert!(
        wrong.is_empty(),
        "{} of {tested}:\n{}",
        wrong.len(),
        wrong.into_iter().collect::<Vec<_>>().join("\n")
    );
}
