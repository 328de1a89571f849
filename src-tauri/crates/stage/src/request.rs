use catalog::Dialect;
use serde_json::{Value, json};

/// The fields of a generation request that affect the response.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) dialect: Dialect,
    pub(crate) model: String,
    pub(crate) stream: bool,
    /// The last text of the user, without reminders that a client adds.
    pub(crate) user_text: Option<String>,
    /// The tool results at the end of the request; `None` if it does not end with results.
    pub(crate) tool_results: Option<String>,
    pub(crate) tools: Vec<Tool>,
    /// The schema of the required structured output.
    pub(crate) schema: Option<Value>,
    /// Anthropic `thinking.type = "enabled"`: thinking must precede a tool call.
    pub(crate) thinks_before_tools: bool,
    /// Chat `stream_options.include_usage`.
    pub(crate) wants_usage: bool,
    /// Responses `include: ["reasoning.encrypted_content"]`.
    pub(crate) wants_encrypted_reasoning: bool,
    /// Anthropic `cache_control` somewhere in the body.
    pub(crate) caches: bool,
    /// Tool calls in the conversation so far.
    pub(crate) calls: usize,
    /// The fields that a Responses object repeats from its request.
    pub(crate) echo: Value,
    pub(crate) body_bytes: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Tool {
    /// In a group, prefixed with its name: `clock__sleep`.
    pub(crate) name: String,
    pub(crate) schema: Value,
    /// Responses: the group of the tool, and the tool's name in it.
    pub(crate) group: Option<(String, String)>,
    /// Responses: the tool gets the string `input` of its schema unchanged.
    pub(crate) takes_text: bool,
}

impl Request {
    pub(crate) fn read(dialect: Dialect, model: String, body: &Value, bytes: &[u8]) -> Request {
        let turns = turns(dialect, body);
        Request {
            dialect,
            model,
            stream: body["stream"] == true,
            user_text: last_text(turns),
            tool_results: tool_results(dialect, turns),
            tools: tools(dialect, body),
            schema: schema(dialect, body),
            thinks_before_tools: body["thinking"]["type"] == "enabled",
            wants_usage: body["stream_options"]["include_usage"] == true,
            wants_encrypted_reasoning: list(&body["include"])
                .iter()
                .any(|item| item == "reasoning.encrypted_content"),
            caches: bytes.windows(15).any(|w| w == b"\"cache_control\""),
            calls: calls(dialect, turns),
            echo: echo(dialect, body),
            body_bytes: bytes.len(),
        }
    }

    pub(crate) fn offers(&self, tool: &str) -> bool {
        self.tool(tool).is_some()
    }

    pub(crate) fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|offered| offered.name == name)
    }
}

/// Empty if it is not a list.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn turns(dialect: Dialect, body: &Value) -> &Value {
    match dialect {
        Dialect::Anthropic | Dialect::OpenaiChat => &body["messages"],
        Dialect::OpenaiResponses => &body["input"],
    }
}

/// A string, or the texts of a list of parts.
fn texts(content: &Value) -> Vec<&str> {
    match content {
        Value::String(text) => vec![text],
        Value::Array(parts) => parts.iter().filter_map(|p| p["text"].as_str()).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

fn last_text(turns: &Value) -> Option<String> {
    if let Value::String(text) = turns {
        return Some(text.clone());
    }
    list(turns)
        .iter()
        .rev()
        .filter(|turn| turn["role"] == "user")
        .find_map(|turn| {
            texts(&turn["content"])
                .into_iter()
                .rev()
                .map(str::trim)
                .find(|text| !text.is_empty() && !text.starts_with('<'))
                .map(str::to_owned)
        })
}

fn tool_results(dialect: Dialect, turns: &Value) -> Option<String> {
    let turns = list(turns);
    let user_text: Vec<&str> = match dialect {
        Dialect::Anthropic => {
            let last = turns.iter().rev().find(|turn| turn["role"] != "system")?;
            list(&last["content"])
                .iter()
                .filter(|block| block["type"] == "tool_result")
                .map(|block| {
                    texts(&block["content"])
                        .first()
                        .copied()
                        .unwrap_or_default()
                })
                .collect()
        }
        Dialect::OpenaiChat => turns
            .iter()
            .rev()
            .take_while(|turn| turn["role"] == "tool")
            .map(|turn| texts(&turn["content"]).first().copied().unwrap_or_default())
            .collect(),
        Dialect::OpenaiResponses => turns
            .iter()
            .rev()
            .take_while(|item| {
                item["type"]
                    .as_str()
                    .is_some_and(|kind| kind.ends_with("_call_output"))
            })
            .map(|item| texts(&item["output"]).first().copied().unwrap_or_default())
            .collect(),
    };
    (!user_text.is_empty()).then(|| user_text.join("; "))
}

fn calls(dialect: Dialect, turns: &Value) -> usize {
    let turns = list(turns).iter();
    match dialect {
        Dialect::Anthropic => turns
            .flat_map(|turn| list(&turn["content"]))
            .filter(|block| block["type"] == "tool_use")
            .count(),
        Dialect::OpenaiChat => turns.map(|turn| list(&turn["tool_calls"]).len()).sum(),
        Dialect::OpenaiResponses => turns
            .filter(|item| {
                matches!(
                    item["type"].as_str(),
                    Some("function_call" | "custom_tool_call")
                )
            })
            .count(),
    }
}

/// Fields of a Responses request that its response repeats, with their defaults. Source: the response object of OpenAI's API
/// reference and of the Open Responses specification.
fn echo(dialect: Dialect, body: &Value) -> Value {
    if dialect != Dialect::OpenaiResponses {
        return Value::Null;
    }
    let defaults = json!({
        "background": false,
        "frequency_penalty": 0.0,
        "instructions": null,
        "max_output_tokens": null,
        "max_tool_calls": null,
        "metadata": {},
        "parallel_tool_calls": true,
        "presence_penalty": 0.0,
        "previous_response_id": null,
        "prompt_cache_key": null,
        "reasoning": {"effort": null, "summary": null},
        "safety_identifier": null,
        "service_tier": "default",
        "store": true,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
    });
    let mut echo = defaults;
    for (name, value) in echo.as_object_mut().into_iter().flatten() {
        if !body[name.as_str()].is_null() {
            *value = body[name.as_str()].clone();
        }
    }
    echo
}

fn tools(dialect: Dialect, body: &Value) -> Vec<Tool> {
    let declared = list(&body["tools"]).iter();
    match dialect {
        Dialect::Anthropic => declared
            .filter_map(|tool| function(tool, &tool["input_schema"]))
            .collect(),
        Dialect::OpenaiChat => declared
            .map(|tool| &tool["function"])
            .filter_map(|tool| function(tool, &tool["parameters"]))
            .collect(),
        Dialect::OpenaiResponses => {
            let items = list(&body["input"]).iter();
            let brought = items.filter(|item| item["type"] == "additional_tools");
            let brought = brought.flat_map(|item| list(&item["tools"]));
            declared.chain(brought).flat_map(responses_tools).collect()
        }
    }
}

/// Server tools (`web_search`) have no parameters and are never called.
fn responses_tools(tool: &Value) -> Vec<Tool> {
    match tool["type"].as_str() {
        Some("namespace") => {
            let group = tool["name"].as_str().unwrap_or_default();
            let mut tools: Vec<Tool> = list(&tool["tools"])
                .iter()
                .flat_map(responses_tools)
                .collect();
            for tool in &mut tools {
                let name = std::mem::take(&mut tool.name);
                tool.name = format!("{group}__{name}");
                tool.group = Some((group.to_owned(), name));
            }
            tools
        }
        Some("custom") => {
            let text = json!({"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]});
            let tool = function(tool, &text).map(|tool| Tool {
                takes_text: true,
                ..tool
            });
            tool.into_iter().collect()
        }
        _ => function(tool, &tool["parameters"]).into_iter().collect(),
    }
}

fn function(tool: &Value, schema: &Value) -> Option<Tool> {
    Some(Tool {
        name: tool["name"].as_str()?.to_owned(),
        schema: schema.is_object().then(|| schema.clone())?,
        group: None,
        takes_text: false,
    })
}

fn schema(dialect: Dialect, body: &Value) -> Option<Value> {
    let schema = match dialect {
        Dialect::Anthropic => [
            &body["output_config"]["format"]["schema"],
            &body["output_format"]["schema"],
        ]
        .into_iter()
        .find(|schema| schema.is_object())?,
        Dialect::OpenaiChat => &body["response_format"]["json_schema"]["schema"],
        Dialect::OpenaiResponses => &body["text"]["format"]["schema"],
    };
    schema.is_object().then(|| schema.clone())
}
