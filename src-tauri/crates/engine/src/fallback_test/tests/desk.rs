//! The catalogue with a key for every endpoint; the stage plays the servers.

use std::sync::Arc;

use catalog::{Catalog, Dialect, EndpointId, ModelId, Provider, Secret};
use gateway::{CandidateRule, Dialed, Gateway, Pattern, Restart, Route, Siblings, Spending};
use stage::{Family, Stage, VendorChoice};
use tokio::sync::{mpsc, watch};

use crate::fallback_test::judge::Place;
use crate::fallback_test::play::{Played, play};
use crate::fallback_test::turn::Turn;
use crate::keys::{Kept, Keys};
use crate::routing::{self, Running};
use crate::settings::Settings;

pub(super) const TOKEN: &str = "token";
/// Model that the client requests; the primary is never reached.
pub(super) const MODEL: &str = "a-model";

/// Servers without a catalogue entry, as their owners add them to the settings.
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

/// The vendor whose rules the endpoint's server applies.
pub(super) fn acting(endpoint: &str) -> VendorChoice {
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
        // No source documents extra restrictions of these servers.
        "fireworks" | "litellm-proxy" => return VendorChoice::Plain,
        other => panic!("which vendor's rules does {other} have?"),
    };
    family.into()
}

/// The listed models, without those that give no text output.
pub(super) fn models(provider: &Provider) -> Vec<ModelId> {
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

pub(super) fn named(endpoint: &EndpointId, model: &ModelId) -> CandidateRule {
    CandidateRule {
        model: Some(model.clone()),
        ..CandidateRule::new(endpoint.clone())
    }
}

pub(super) struct Desk {
    pub(super) catalog: Catalog,
    config: gateway::Config,
}

impl Desk {
    pub(super) fn new() -> Desk {
        Desk::with(OWN)
    }

    /// A desk with this text in the settings.
    pub(super) fn with(own: &str) -> Desk {
        let bundled = Catalog::bundled();
        let settings = Settings::parse(own, &bundled).unwrap();
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
            named_tokens: Default::default(),
            paused: false,
            draining: false,
            own_addresses: Vec::new(),
            exchanges: usize::MAX,
            spending: Spending::default(),
            sibling: Siblings::default(),
            announce: false,
            use_now: Default::default(),
            drill: None,
        };
        let config = routing::gateway_config(&settings, &catalog, &keys, &running);
        Desk { catalog, config }
    }

    /// A gateway with a route of these candidates; the stage plays every server.
    pub(super) fn gateway(
        &self,
        dialect: Dialect,
        candidates: Vec<CandidateRule>,
        stage: &Stage,
    ) -> Gateway {
        let route = Route {
            name: "work".into(),
            dialect,
            models: Pattern::new(MODEL),
            candidates,
            strict: Some(true),
            exact: false,
            delivery: None,
            restart: Some(Restart::Never),
            client_waits: None,
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
        gateway(config, stage)
    }

    /// One test; the stage plays every server.
    pub(super) async fn test(
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
            named(endpoint, model),
        ];
        let gateway = self.gateway(dialect, candidates, &stage);
        let turn = Turn {
            dialect,
            model: MODEL.into(),
            streamed,
        };
        let place = Place {
            endpoint: endpoint.to_string(),
            base: String::new(),
            own: false,
            keys_page: None,
        };
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
        mpsc::channel(1).0,
        clock,
    )
}
