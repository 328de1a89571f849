use std::time::Duration;

use catalog::Dialect;
use serde_json::Value;
use stage::{Fault, Received, ScriptStep, ScriptedPart, Stage};
use tokio::time::{Instant, sleep_until};

use super::client::ClientResponse;
use super::scenario::{Act, Clock, EVERY, Form, Scenario, question, tokens};

/// More requests than any scenario sends.
const ALWAYS: u32 = 1000;

/// The environment of a scenario: two upstreams, with Understudy between them and the client.
pub(crate) trait World {
    fn clock(&self) -> Clock;
    fn lead(&self) -> &Stage;
    fn second(&self) -> &Stage;
    /// `automated`: the request belongs to a pipeline.
    async fn ask(&self, dialect: Dialect, body: &Value, automated: bool) -> ClientResponse;
}

/// One attempt in Understudy's record.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) by_second: bool,
    pub(crate) model: String,
    pub(crate) output_tokens: Option<u64>,
}

/// One request of a scenario, and its client's response.
#[derive(Clone, Debug)]
pub(crate) struct Exchanged {
    /// Time since the start of the scenario.
    pub(crate) at: Duration,
    pub(crate) took: Duration,
    pub(crate) response: ClientResponse,
}

/// A scenario's result.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) dialect: Dialect,
    pub(crate) form: Form,
    pub(crate) clock: Clock,
    /// The client's own bytes.
    pub(crate) question: Vec<u8>,
    pub(crate) requested: Vec<Exchanged>,
    pub(crate) lead: Vec<Received>,
    pub(crate) second: Vec<Received>,
    /// The attempts of all requests; the environment fills them in.
    pub(crate) attempts: Vec<Attempt>,
}

pub(crate) async fn play(
    world: &impl World,
    scenario: &Scenario,
    model: &str,
    dialect: Dialect,
    form: Form,
) -> Played {
    let clock = world.clock();
    let (lead, second) = ((scenario.lead)(clock), (scenario.second)(clock));
    prepare(world.lead(), "lead", &lead);
    prepare(world.second(), "second", &second);
    let body = question(dialect, model, form);
    let began = Instant::now();
    let mut requested = Vec::new();
    let mut next = began;
    for _ in 0..scenario.requests {
        sleep_until(next).await;
        let at = began.elapsed();
        recover(world.lead(), &lead, at);
        recover(world.second(), &second, at);
        let response = world.ask(dialect, &body, form == Form::Pipeline).await;
        requested.push(Exchanged {
            at,
            took: began.elapsed() - at,
            response,
        });
        // Delays of a busy machine are not made up for: a burst of requests would end before any cooldown.
        next = (next + clock.seconds(EVERY)).max(Instant::now());
    }
    Played {
        dialect,
        form,
        clock,
        question: body.to_string().into_bytes(),
        requested,
        lead: world.lead().received(),
        second: world.second().received(),
        attempts: Vec::new(),
    }
}

fn prepare(stage: &Stage, who: &str, act: &Act) {
    let set_outage = |fault: Option<Fault>, times| {
        stage.cue(ScriptStep {
            fault,
            times: Some(times),
            ..ScriptStep::answer([ScriptedPart::Text(tokens(who))])
        });
    };
    match act {
        Act::Healthy => {}
        Act::Once(fault) => set_outage(Some(fault.clone()), 1),
        Act::Always(fault) => set_outage(Some(fault.clone()), ALWAYS),
        Act::Until(_, fault) => stage.outage(Some(fault.clone())),
    }
    set_outage(None, ALWAYS);
}

fn recover(stage: &Stage, act: &Act, at: Duration) {
    if let Act::Until(end, _) = act
        && at >= *end
    {
        stage.outage(None);
    }
}
