//! The two requests of a test, as a client of each dialect sends them. Pure.

use catalog::Dialect;
use serde_json::{Value, json};

use super::reply::Reply;

/// Returns the time: harmless, with one argument, so that the call carries an argument.
pub(crate) const TOOL: &str = "get_time";
/// Output limit of each response in tokens. A model that thinks by default needs several hundred for its call.
pub(crate) const MOST_OUTPUT: u64 = 1024;

const SYSTEM: &str = "This is a short test of a connection. Be brief.";
const PROMPT: &str = "Call the tool `get_time` with the zone UTC. When its result is there, say in one short sentence \
                      what time it is.";
const DESCRIPTION: &str = "Returns the current time of a time zone.";
const RESULT: &str = "{\"zone\":\"UTC\",\"time\":\"14:32\"}";

/// One test turn for a route of this dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) dialect: Dialect,
    /// Model name in the client's request.
    pub(crate) model: String,
    /// Coding agents use streams; pipelines wait for the complete response.
    pub(crate) streamed: bool,
}

/// The prompt in the form of each dialect.
pub(super) fn prompt() -> Value {
    json!({ "role": "user", "content": PROMPT })
}

impl Turn {
    /// Step 1: the prompt requests a call of the tool.
    pub(crate) fn first(&self) -> Value {
        self.request(Vec::new())
    }

    /// Step 2: the conversation with the tool's result, as a client sends it back.
    pub(crate) fn second(&self, reply: &Reply) -> Value {
        let mut turns = reply.turn.clone();
        turns.extend(self.results(reply));
        self.request(turns)
    }

    /// `later`: messages after the first prompt.
    pub(super) fn request(&self, later: Vec<Value>) -> Value {
        let mut turns = match self.dialect {
            Dialect::Anthropic | Dialect::OpenaiResponses => Vec::new(),
            Dialect::OpenaiChat => vec![json!({ "role": "system", "content": SYSTEM })],
        };
        turns.push(prompt());
        turns.extend(later);
        let schema = json!({
            "type": "object",
            "properties": {
                "zone": { "type": "string", "description": "The time zone's name, such as UTC" },
            },
            "required": ["zone"],
            "additionalProperties": false,
        });
        let mut request = match self.dialect {
            Dialect::Anthropic => json!({
                "max_tokens": MOST_OUTPUT,
                "system": [{ "type": "text", "text": SYSTEM }],
                "messages": turns,
                "tools": [{ "name": TOOL, "description": DESCRIPTION, "input_schema": schema }],
            }),
            Dialect::OpenaiChat => json!({
                "max_completion_tokens": MOST_OUTPUT,
                "messages": turns,
                "tools": [{
                    "type": "function",
                    "function": { "name": TOOL, "description": DESCRIPTION, "parameters": schema },
                }],
            }),
            Dialect::OpenaiResponses => json!({
                "max_output_tokens": MOST_OUTPUT,
                "instructions": SYSTEM,
                "input": turns,
                "store": false,
                "include": ["reasoning.encrypted_content"],
                "tools": [{
                    "type": "function", "name": TOOL, "description": DESCRIPTION, "parameters": schema, "strict": false,
                }],
            }),
        };
        request["model"] = self.model.as_str().into();
        request["stream"] = self.streamed.into();
        if self.dialect == Dialect::OpenaiChat && self.streamed {
            request["stream_options"] = json!({ "include_usage": true });
        }
        request
    }

    /// Every call needs its result: a vendor rejects a conversation that lacks one.
    pub(super) fn results(&self, reply: &Reply) -> Vec<Value> {
        let ids = reply.calls.iter().map(|call| call.id.as_str());
        match self.dialect {
            Dialect::Anthropic => {
                let result = |id: &str| json!({ "type": "tool_result", "tool_use_id": id, "content": RESULT });
                let results: Vec<Value> = ids.map(result).collect();
                vec![json!({ "role": "user", "content": results })]
            }
            Dialect::OpenaiChat => ids
                .map(|id| json!({ "role": "tool", "tool_call_id": id, "content": RESULT }))
                .collect(),
            Dialect::OpenaiResponses => ids
                .map(
                    |id| json!({ "type": "function_call_output", "call_id": id, "output": RESULT }),
                )
                .collect(),
        }
    }
}
