//! A session moves to another vendor and back repeatedly, at any turn: the stage applies each vendor's rules, and each accepts
//! every request.

use std::time::Duration;

use catalog::{Catalog, Dialect, Endpoint, EndpointId, Families, Model, ModelId, ReasoningContent};
use gateway::{Config, EndpointConfig};
use http::HeaderMap;
use serde_json::json;
use stage::{Family, Fault, Received, ScriptStep, ScriptedPart};

use crate::agent::{Agent, Keeps};
use crate::world::{Scene, text};

/// A vendor from the catalogue, or as its own file would define it.
pub(crate) struct Vendor {
    pub(crate) family: Family,
    pub(crate) model: &'static str,
    /// `None`: all its dialects.
    pub(crate) only: Option<Dialect>,
}

const fn vendor(family: Family, model: &'static str, only: Option<Dialect>) -> Vendor {
    Vendor {
        family,
        model,
        only,
    }
}

pub(crate) const VENDORS: [Vendor; 12] = [
    vendor(Family::Anthropic, "claude-sonnet-5", None),
    vendor(
        Family::OpenAi,
        "gpt-5.6-sol",
        Some(Dialect::OpenaiResponses),
    ),
    vendor(Family::OpenAi, "gpt-5.6-sol", Some(Dialect::OpenaiChat)),
    vendor(Family::Gemini, "gemini-3.8-flash", None),
    vendor(
        Family::DeepSeek,
        "deepseek-v4-pro",
        Some(Dialect::OpenaiChat),
    ),
    vendor(
        Family::DeepSeek,
        "deepseek-v4-pro",
        Some(Dialect::Anthropic),
    ),
    vendor(Family::Moonshot, "kimi-k2.6", Some(Dialect::OpenaiChat)),
    vendor(Family::Moonshot, "kimi-k2.6", Some(Dialect::Anthropic)),
    vendor(Family::Mistral, "mistral-large-4", None),
    vendor(Family::Groq, "llama-5", None),
    vendor(Family::OpenRouter, "google/gemini-3.8-flash", None),
    vendor(Family::Xai, "grok-5", None),
];

impl Vendor {
    /// Its endpoint's options, at the second's address.
    pub(crate) fn endpoint(&self) -> EndpointConfig {
        let id = if self.family == Family::Gemini {
            "google"
        } else {
            self.family.as_str()
        };
        let catalog = Catalog::bundled();
        let known = catalog.endpoint(&EndpointId::new(id)).cloned();
        // The catalogue has no file for Kimi: it is an [[endpoint]] of the owner.
        let own = Endpoint {
            reasoning_content: ReasoningContent::Required,
            families: Families::new("moonshot"),
            ..Endpoint::new(id.into(), id.into(), "", self.family.dialects().to_owned())
        };
        let mut endpoint = Endpoint {
            id: EndpointId::new("second"),
            base: "http://second.test".to_owned(),
            auth: catalog::Auth::None,
            accepts_client_login: false,
            max_output: Some(32_000),
            ..known.unwrap_or(own)
        };
        let spoken = self.family.dialects().iter();
        let spoken = spoken.filter(|dialect| self.only.is_none_or(|only| only == **dialect));
        endpoint.paths = spoken
            .map(|dialect| (*dialect, dialect.default_path().to_owned()))
            .collect();
        EndpointConfig {
            endpoint,
            product: id.to_owned(),
            name: id.to_owned(),
            key: None,
            rehearsal: false,
            models: vec![Model {
                max_output: Some(32_000),
                ..Model::new(ModelId::new(self.model))
            }],
            equivalents: Vec::new(),
            tiers: Default::default(),
        }
    }
}

/// The client's own vendor is the primary, and this one its fallback.
pub(crate) fn desk(dialect: Dialect, second: &Vendor) -> Scene {
    let scene = Scene::new();
    let lead = match dialect {
        Dialect::Anthropic => Family::Anthropic,
        Dialect::OpenaiChat | Dialect::OpenaiResponses => Family::OpenAi,
    };
    scene.lead.act(lead.into());
    scene.second.act(second.family.into());
    scene.change(|config| {
        let families = Families::new(lead.as_str());
        endpoint(config, "lead").endpoint.families = families;
        *endpoint(config, "second") = second.endpoint();
        for route in &mut config.routes {
            route.candidates[1].model = Some(ModelId::new(second.model));
        }
    });
    scene
}

fn endpoint<'c>(config: &'c mut Config, id: &str) -> &'c mut EndpointConfig {
    config.endpoints.get_mut(&EndpointId::new(id)).unwrap()
}

/// The refused request and the reason, with the sent body.
pub(crate) fn refused(received: &[Received]) -> Option<String> {
    let refused = received
        .iter()
        .find(|request| !matches!(request.answered.status, Some(200 | 503)))?;
    let body = String::from_utf8_lossy(&refused.body);
    Some(format!("{:?}: {body}", refused.answered))
}

/// Which of the two answers each request: `1` is the fallback.
const ROUNDS: [&str; 4] = ["0101101", "1010010", "0011001", "1100110"];

/// # Errors The problem, and the request in which it occurred.
async fn session(keeps: Keeps, second: &Vendor, streamed: bool, round: &str) -> Result<(), String> {
    let case = format!(
        "{keeps:?} with {} ({:?}), streamed: {streamed}, {round}",
        second.family, second.only
    );
    let scene = desk(keeps.dialect(), second);
    // Streams belong to an agent, documents to an application.
    let scene = if streamed { scene.of_agent() } else { scene };
    let mut agent = Agent::new(keeps, streamed);
    for (number, who) in round.bytes().enumerate() {
        scene.lead.outage((who == b'1').then(|| Fault::status(503)));
        for stage in [&scene.lead, &scene.second] {
            stage.clear_cues();
            stage.cue(answer(number));
        }
        let body = agent.next(&format!("question {number}"));
        let response = scene.send(keeps.dialect(), body, |head| head).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let received = text(response).await;
        let case = format!("{case}, request {number}");
        for stage in [&scene.lead, &scene.second] {
            if let Some(refused) = refused(&stage.received()) {
                return Err(format!("{case}: {refused}"));
            }
        }
        let received = received.map_err(|error| format!("{case}: {error}"))?;
        if status != 200 {
            return Err(format!("{case}: {status} {received}"));
        }
        knows_all(&scene, &agent, &headers, &case)?;
        agent.take(&received);
        if agent.waits_for_a_tool() != calls(number) {
            return Err(format!("{case}: {received}"));
        }
        tokio::time::advance(Duration::from_secs(600)).await;
    }
    Ok(())
}

/// Two calls, then a text, repeatedly.
fn calls(number: usize) -> bool {
    number % 3 != 2
}

fn answer(number: usize) -> ScriptStep {
    let part = ScriptedPart::Text(format!("answer {number}"));
    let thinks = ScriptedPart::Thinking(format!("thought {number}"));
    let call = ScriptedPart::Tool {
        name: "Bash".to_owned(),
        input: json!({ "command": format!("ls {number}") }),
    };
    match calls(number) {
        true => ScriptStep::answer([thinks, part, call]),
        false => ScriptStep::answer([thinks, part]),
    }
}

/// The candidate that answered got the conversation so far, or a reference that the vendor itself stores.
fn knows_all(scene: &Scene, agent: &Agent, headers: &HeaderMap, case: &str) -> Result<(), String> {
    if headers["x-understudy-provider"] == "lead" {
        return Ok(());
    }
    let received = scene.second.received();
    let sent = String::from_utf8_lossy(&received.last().unwrap().body).into_owned();
    match agent
        .sentence
        .iter()
        .find(|sentence| !sent.contains(*sentence))
    {
        None => Ok(()),
        Some(sentence) => Err(format!("{case}: `{sentence}` is missing: {sent}")),
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_of_messages_moves_and_returns() {
    all(Keeps::Itself(Dialect::Anthropic)).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_of_chat_moves_and_returns() {
    all(Keeps::Itself(Dialect::OpenaiChat)).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_of_responses_moves_and_returns() {
    all(Keeps::Itself(Dialect::OpenaiResponses)).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_refers_to_its_last_response_moves_and_returns() {
    all(Keeps::Previous).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_refers_to_its_items_moves_and_returns() {
    all(Keeps::Items).await;
}

async fn all(keeps: Keeps) {
    let mut failed = Vec::new();
    for second in &VENDORS {
        for (round, streamed) in ROUNDS.into_iter().zip([true, false, false, true]) {
            failed.extend(session(keeps, second, streamed, round).await.err());
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {}: {}",
        failed.len(),
        VENDORS.len() * ROUNDS.len(),
        failed.join("\n")
    );
}
