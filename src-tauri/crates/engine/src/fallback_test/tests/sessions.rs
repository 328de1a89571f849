//! A session that moves in the middle of a tool loop to another vendor, and later back.

use std::collections::BTreeSet;

use catalog::{
    ChatLimit, Dialect, Endpoint, EndpointId, ModelId, Provider, REHEARSAL, Secret, StreamUsage,
};
use gateway::{Gateway, Pin};
use serde_json::{Value, json};
use stage::Stage;
use translate::Home;
use wire::Completion;

use super::desk::{Desk, MODEL, TOKEN, acting, models, named};
use crate::fallback_test::play::ask;
use crate::fallback_test::reply::Reply;
use crate::fallback_test::turn::{Turn, prompt};

/// An endpoint with one of its models.
type At = (EndpointId, ModelId);

/// A vendor in this session.
struct Side {
    at: At,
    gateway: Gateway,
    stage: Stage,
}

impl Side {
    fn new(desk: &Desk, dialect: Dialect, at: &At, primary: &At, fallback: &At) -> Side {
        let stage = Stage::any_model().acting(acting(at.0.as_str()));
        let candidates = vec![
            named(&primary.0, &primary.1),
            named(&fallback.0, &fallback.1),
        ];
        Side {
            at: at.clone(),
            gateway: desk.gateway(dialect, candidates, &stage),
            stage,
        }
    }

    /// # Errors
    /// What the response lacks, with the request as this vendor got it.
    async fn ask(&self, client: &Client, later: &[Value], calls: bool) -> Result<Reply, String> {
        let turn = &client.turn;
        let body = client.request(later);
        let pin = |reports| Pin::new(self.at.0.clone(), self.at.1.clone(), reports);
        let token = Secret::new(TOKEN);
        let answered = ask(&self.gateway, &token, turn, &body, pin).await;
        let (exchange, reply) = answered.ok_or("no report")?;
        let complete = reply.completion == Completion::Complete;
        if complete && reply.calls.is_empty() != calls && (calls || reply.text > 0) {
            return Ok(reply);
        }
        let outcome = exchange.attempts.last().map(|attempt| &attempt.outcome);
        let received = self.stage.received();
        let sent = received
            .last()
            .map(|request| String::from_utf8_lossy(&request.body));
        Err(format!(
            "{} at {}: {outcome:?} {:?} {:?}\n  {}",
            self.at.1,
            self.at.0,
            exchange.end,
            exchange.passed_over,
            sent.unwrap_or_default()
        ))
    }
}

/// A client of the primary, which sends the primary's dialect.
struct Client {
    turn: Turn,
    limit: ChatLimit,
    usage: StreamUsage,
    /// The client uses thinking, as coding agents do.
    thinks: bool,
}

impl Client {
    fn request(&self, later: &[Value]) -> Value {
        let mut body = self.turn.request(later.to_vec());
        if self.limit == ChatLimit::MaxTokens && body["max_completion_tokens"].is_u64() {
            body["max_tokens"] = body["max_completion_tokens"].take();
            body.as_object_mut()
                .unwrap()
                .remove("max_completion_tokens");
        }
        if self.usage == StreamUsage::Always {
            body.as_object_mut().unwrap().remove("stream_options");
        }
        if self.thinks {
            match self.turn.dialect {
                Dialect::Anthropic => {
                    body["max_tokens"] = 8192.into();
                    body["thinking"] = json!({ "type": "adaptive" });
                    body["output_config"] = json!({ "effort": "high" });
                }
                Dialect::OpenaiChat => body["reasoning_effort"] = "high".into(),
                Dialect::OpenaiResponses => {
                    body["reasoning"] = json!({ "effort": "high", "summary": "auto" });
                }
            }
        }
        body
    }
}

/// The primary calls a tool; the fallback receives its result and responds. In the next turn it calls a tool and responds. In
/// the third turn the primary is back.
async fn play(desk: &Desk, client: &Client, primary: &At, fallback: &At) -> Result<(), String> {
    let side = |at: &At| Side::new(desk, client.turn.dialect, at, primary, fallback);
    let (ours, theirs) = (side(primary), side(fallback));
    let mut later = Vec::new();
    for (turn, caller, answerer) in [
        (0, &ours, &theirs),
        (1, &theirs, &theirs),
        (2, &ours, &ours),
    ] {
        if turn > 0 {
            later.push(prompt());
        }
        let called = caller.ask(client, &later, true).await?;
        later.extend(called.turn.clone());
        later.extend(client.turn.results(&called));
        later.extend(answerer.ask(client, &later, false).await?.turn);
    }
    Ok(())
}

/// Every endpoint with the first of its models.
fn sides(desk: &Desk) -> Vec<(&Endpoint, At)> {
    let real =
        |provider: &&Provider| provider.id.as_str() != REHEARSAL && !provider.endpoints.is_empty();
    let providers = desk.catalog.providers().iter().filter(real);
    let sides = providers.flat_map(|provider| {
        let model = models(provider).remove(0);
        let at = move |endpoint: &Endpoint| (endpoint.id.clone(), model.clone());
        provider
            .endpoints
            .iter()
            .map(move |endpoint| (endpoint, at(endpoint)))
    });
    sides.collect()
}

async fn play_all(thinks: bool, primaries: impl Fn(&Endpoint, Dialect) -> bool) -> usize {
    let desk = Desk::new();
    let sides = sides(&desk);
    let mut wrong = BTreeSet::new();
    let mut played = 0;
    for dialect in Dialect::ALL {
        for (endpoint, primary) in sides.iter().filter(|(one, _)| primaries(one, dialect)) {
            for (_, fallback) in sides.iter().filter(|(_, fallback)| fallback != primary) {
                // Endpoints with requirements on the history receive it in both forms.
                let demands = Home::of(endpoint) != Home::default();
                let forms: &[bool] = if demands { &[true, false] } else { &[true] };
                for streamed in forms.iter().copied() {
                    let client = Client {
                        turn: Turn {
                            dialect,
                            model: MODEL.into(),
                            streamed,
                        },
                        limit: endpoint.chat_limit,
                        usage: endpoint.stream_usage,
                        thinks,
                    };
                    played += 1;
                    if let Err(why) = play(&desk, &client, primary, fallback).await {
                        wrong.insert(format!("{dialect} {} → {}: {why}", primary.0, fallback.0));
                    }
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {played}:\n{}",
        wrong.len(),
        wrong.into_iter().collect::<Vec<_>>().join("\n")
    );
    played
}

/// One test per dialect, because each is slow.
async fn a_tool_loop_moves_and_comes_back(dialect: Dialect, least: usize) {
    let played = play_all(false, |endpoint, of| of == dialect && endpoint.speaks(of)).await;
    assert!(played >= least, "{played}");
}

#[tokio::test]
async fn a_tool_loop_of_messages_moves_to_every_fallback_and_returns() {
    a_tool_loop_moves_and_comes_back(Dialect::Anthropic, 120).await;
}

#[tokio::test]
async fn a_tool_loop_of_chat_moves_to_every_fallback_and_returns() {
    a_tool_loop_moves_and_comes_back(Dialect::OpenaiChat, 200).await;
}

#[tokio::test]
async fn a_tool_loop_of_responses_moves_to_every_fallback_and_returns() {
    a_tool_loop_moves_and_comes_back(Dialect::OpenaiResponses, 60).await;
}

/// The vendors whose coding agents use thinking: their requests go to every fallback.
#[tokio::test]
async fn a_session_with_thinking_moves_to_every_fallback_and_returns() {
    let played = play_all(true, |endpoint, dialect| {
        endpoint.accepts_client_login && endpoint.speaks(dialect)
    });
    let played = played.await;
    assert!(played > 40, "{played}");
}
