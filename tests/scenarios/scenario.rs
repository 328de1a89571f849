use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};
use stage::Fault;

use super::client::Verdict;
use super::play::Played;

/// The length of a second of a scenario in this environment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) second: Duration,
    /// Allowed delay on a busy machine.
    pub(crate) slack: Duration,
}

impl Clock {
    pub(crate) fn seconds(self, count: u32) -> Duration {
        self.second * count
    }
}

/// The behaviour of an upstream.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// It answers normally.
    Healthy,
    Once(Fault),
    Always(Fault),
    /// The fault applies until this time after the start of the scenario.
    Until(Duration, Fault),
}

/// The form of the client's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// An agent: streamed as the response arrives.
    Agent,
    /// A pipeline: streamed after the completion check.
    Pipeline,
    /// Not streamed.
    Document,
}

impl Form {
    pub(crate) const ALL: [Form; 3] = [Form::Agent, Form::Pipeline, Form::Document];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Form::Agent => "streamed",
            Form::Pipeline => "streamed, verified",
            Form::Document => "not streamed",
        }
    }

    pub(crate) fn is_streamed(self) -> bool {
        match self {
            Form::Agent | Form::Pipeline => true,
            Form::Document => false,
        }
    }
}

/// Whether the route lets another response continue a truncated one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restarts {
    /// The dialect's default.
    Usual,
    Always,
}

/// The expected result of every request of a scenario.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) verdict: Verdict,
    /// Number of requests that the two upstreams received; `None`: the scenario's own check decides.
    pub(crate) posts: Option<(usize, usize)>,
    /// Seconds of the scenario, from the request to the end of the client's response.
    pub(crate) within: u32,
}

impl Expected {
    pub(crate) fn complete(lead: usize, second: usize) -> Expected {
        Expected {
            verdict: Verdict::Complete,
            posts: Some((lead, second)),
            within: 5,
        }
    }

    pub(crate) fn within(self, seconds: u32) -> Expected {
        Expected {
            within: seconds,
            ..self
        }
    }

    pub(crate) fn but(self, verdict: Verdict) -> Expected {
        Expected { verdict, ..self }
    }
}

/// One scenario of an outage.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The behaviour of the first candidate.
    pub(crate) lead: fn(Clock) -> Act,
    /// The behaviour of the second candidate.
    pub(crate) second: fn(Clock) -> Act,
    pub(crate) restarts: Restarts,
    /// The second endpoint gets requests for its own model: [`FALLBACK_MODEL`].
    pub(crate) own_model: bool,
    /// Number of requests in sequence, [`EVERY`] seconds apart.
    pub(crate) requests: u32,
    pub(crate) expected: fn(Form) -> Expected,
    /// An additional check.
    pub(crate) check: fn(&Played) -> Result<(), String>,
}

impl Scenario {
    pub(crate) const PLAIN: Scenario = Scenario {
        name: "",
        lead: |_| Act::Healthy,
        second: |_| Act::Healthy,
        restarts: Restarts::Usual,
        own_model: false,
        requests: 1,
        expected: |_| Expected::complete(1, 0),
        check: |_| Ok(()),
    };
}

/// The second candidate's own model.
pub(crate) const FALLBACK_MODEL: &str = "fallback-model";

/// Seconds of the scenario between two requests.
pub(crate) const EVERY: u32 = 5;

/// The gateway's timers, in seconds of the scenario, by their names in the settings.
pub(crate) const TIMERS: [(&str, u32); 6] = [
    ("headers", 30),
    ("first_content", 45),
    ("idle", 90),
    ("grace", 10),
    ("total", 120),
    ("cooldown", 30),
];

/// The sixty tokens of an upstream's response; each begins with its name.
pub(crate) fn tokens(who: &str) -> String {
    let tokens: Vec<String> = (1..=60).map(|n| format!("{who} {n}")).collect();
    tokens.join(" ")
}

pub(crate) fn question(dialect: Dialect, model: &str, form: Form) -> Value {
    let stream = form.is_streamed();
    let messages = json!([{ "role": "user", "content": "Count to sixty." }]);
    match dialect {
        Dialect::Anthropic => {
            json!({ "model": model, "max_tokens": 999, "stream": stream, "messages": messages })
        }
        Dialect::OpenaiChat if stream => json!({
            "model": model, "stream": true, "stream_options": { "include_usage": true }, "messages": messages,
        }),
        Dialect::OpenaiChat => json!({ "model": model, "messages": messages }),
        Dialect::OpenaiResponses => {
            json!({ "model": model, "stream": stream, "input": "Count to sixty." })
        }
    }
}
