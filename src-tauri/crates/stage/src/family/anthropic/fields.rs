//! Anthropic's checks of a request's fields and headers, except the history.

use catalog::Ability;
use serde_json::Value;

use super::known::{BETAS, IN_MESSAGE, KNOWN, PROVIDER, WITH_BETA};
use crate::family::schema::{self, Step};
use crate::family::{Call, known_model};
use crate::request::list;

/// Maximum number of marks in a request.
const MOST_MARKS: usize = 4;
const LEAST_BUDGET: u64 = 1024;

type Checked = Result<(), String>;

pub(super) fn check(call: &Call<'_>) -> Checked {
    let betas = betas(call)?;
    known_fields(call, &betas)?;
    limits(call)?;
    sampling(call)?;
    thinking(call)?;
    tools(call, &betas)?;
    schemas(call.body)?;
    marks(call.body)
}

fn betas<'c>(call: &'c Call<'_>) -> Result<Vec<&'c str>, String> {
    let header = call.header("anthropic-beta").unwrap_or_default();
    let betas: Vec<&str> = header
        .split(',')
        .map(str::trim)
        .filter(|beta| !beta.is_empty())
        .collect();
    match betas.iter().find(|beta| !BETAS.contains(&undated(beta))) {
        None => Ok(betas),
        Some(unknown) => Err(format!(
            "Unexpected value(s) `{unknown}` for the `anthropic-beta` header. Please consult our documentation at docs.claude.com or try again without the header."
        )),
    }
}

/// `context-1m-2025-08-07` and `claude-code-20250219` without their dates.
fn undated(beta: &str) -> &str {
    beta.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-')
}

fn has_beta(betas: &[&str], beginnings: &[&str]) -> bool {
    betas
        .iter()
        .any(|beta| beginnings.iter().any(|begin| beta.starts_with(begin)))
}

fn known_fields(call: &Call<'_>, betas: &[&str]) -> Checked {
    let extra = |field: &str| Err(format!("{field}: Extra inputs are not permitted"));
    for field in call
        .body
        .as_object()
        .into_iter()
        .flat_map(|body| body.keys())
    {
        let by_beta = WITH_BETA.iter().find(|(name, _)| name == field);
        let known = KNOWN.contains(&field.as_str())
            || by_beta.is_some_and(|(_, begin)| has_beta(betas, begin));
        if !known {
            return extra(field);
        }
    }
    for (at, message) in list(&call.body["messages"]).iter().enumerate() {
        for field in message
            .as_object()
            .into_iter()
            .flat_map(|message| message.keys())
        {
            let by_beta = IN_MESSAGE.iter().find(|(name, _)| name == field);
            let known = matches!(field.as_str(), "role" | "content")
                || by_beta.is_some_and(|(_, begin)| has_beta(betas, &[begin]));
            if !known {
                return extra(&format!("messages.{at}.{field}"));
            }
        }
    }
    let edits = &call.body["context_management"];
    let unknown = edits.as_object().into_iter().flat_map(|edits| edits.keys());
    match unknown.into_iter().find(|name| *name != "edits") {
        Some(name) => extra(&format!("context_management.{name}")),
        None => Ok(()),
    }
}

fn limits(call: &Call<'_>) -> Checked {
    let requested = call.body["max_tokens"].as_u64().unwrap_or_default();
    let most = known_model(PROVIDER, call.model).and_then(|model| model.max_output);
    match most {
        Some(most) if requested > most => Err(format!(
            "max_tokens: {requested} > {most}, which is the maximum allowed number of output tokens for {}",
            call.model
        )),
        _ => Ok(()),
    }
}

/// Models without sampling parameters use adaptive thinking, and accept no budget either.
fn is_adaptive(call: &Call<'_>) -> bool {
    known_model(PROVIDER, call.model).is_some_and(|model| model.lacks.contains(&Ability::Sampling))
}

fn sampling(call: &Call<'_>) -> Checked {
    let is_set = |field: &str| call.has(field);
    if is_adaptive(call) {
        for field in ["temperature", "top_p", "top_k"] {
            // The default value is accepted.
            if is_set(field) && call.body[field] != 1 && call.body[field] != 1.0 {
                return Err(format!("`{field}` is deprecated for this model."));
            }
        }
    }
    if is_set("temperature") && is_set("top_p") {
        return Err(
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
                .to_owned(),
        );
    }
    Ok(())
}

fn thinking(call: &Call<'_>) -> Checked {
    let thinking = &call.body["thinking"];
    let enabled = thinking["type"] == "enabled";
    let thinks = enabled || thinking["type"] == "adaptive";
    if enabled && is_adaptive(call) {
        return Err("\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior.".to_owned());
    }
    if enabled {
        let budget = thinking["budget_tokens"].as_u64();
        let Some(budget) = budget else {
            return Err("thinking.enabled.budget_tokens: Field required".to_owned());
        };
        if budget < LEAST_BUDGET {
            return Err(
                "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
                    .to_owned(),
            );
        }
        if call.body["max_tokens"].as_u64().unwrap_or_default() <= budget {
            return Err("`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size".to_owned());
        }
    }
    let temperature = &call.body["temperature"];
    if thinks && !temperature.is_null() && temperature.as_f64() != Some(1.0) {
        return Err("`temperature` may only be set to 1 when thinking is enabled or in adaptive mode. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#important-considerations-when-using-extended-thinking".to_owned());
    }
    let forced = matches!(
        call.body["tool_choice"]["type"].as_str(),
        Some("any" | "tool")
    );
    if thinks && forced {
        return Err("Thinking may not be enabled when tool_choice forces tool use.".to_owned());
    }
    let clears = list(&call.body["context_management"]["edits"])
        .iter()
        .any(|edit| edit["type"] == "clear_thinking_20251015");
    if clears && !thinks {
        return Err(
            "`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive"
                .to_owned(),
        );
    }
    Ok(())
}

fn tools(call: &Call<'_>, betas: &[&str]) -> Checked {
    let tools = list(&call.body["tools"]);
    for (at, tool) in tools.iter().enumerate() {
        let name = tool["name"].as_str().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if tool["input_schema"].is_object()
            && !((1..=128).contains(&name.len()) && name.bytes().all(plain))
        {
            return Err(format!(
                "tools.{at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
            ));
        }
        if !tool["input_examples"].is_null()
            && !has_beta(betas, &["advanced-tool-use-", "tool-examples-"])
        {
            return Err(format!(
                "tools.{at}.custom.input_examples: Extra inputs are not permitted"
            ));
        }
    }
    let results = list(&call.body["messages"])
        .iter()
        .flat_map(|message| list(&message["content"]))
        .flat_map(|block| list(&block["content"]));
    for reference in results.filter(|part| part["type"] == "tool_reference") {
        let name = &reference["tool_name"];
        if !tools.iter().any(|tool| tool["name"] == *name) {
            let name = name.as_str().unwrap_or_default();
            return Err(format!(
                "Tool reference '{name}' not found in available tools"
            ));
        }
    }
    Ok(())
}

/// Schemas that the vendor enforces: for the output, and for strict tools.
fn schemas(body: &Value) -> Checked {
    let formats = [
        (
            "output_config.format.schema",
            &body["output_config"]["format"]["schema"],
        ),
        ("output_format.schema", &body["output_format"]["schema"]),
    ];
    for (place, schema) in formats {
        if let Some(wrong) = unsupported(schema) {
            return Err(format!("{place}: {wrong}"));
        }
    }
    for (at, tool) in list(&body["tools"]).iter().enumerate() {
        if tool["strict"] == true
            && let Some(wrong) = unsupported(&tool["input_schema"])
        {
            return Err(format!("tools.{at}.custom: {wrong}"));
        }
    }
    Ok(())
}

/// Keywords that are not supported in a strict schema, by type.
const UNSUPPORTED: &[(&str, &[&str])] = &[
    (
        "integer",
        &[
            "exclusiveMaximum",
            "exclusiveMinimum",
            "maximum",
            "minimum",
            "multipleOf",
        ],
    ),
    (
        "number",
        &[
            "exclusiveMaximum",
            "exclusiveMinimum",
            "maximum",
            "minimum",
            "multipleOf",
        ],
    ),
    ("string", &["maxLength", "minLength"]),
    ("array", &["maxItems", "uniqueItems"]),
    (
        "object",
        &["maxProperties", "minProperties", "patternProperties"],
    ),
];

fn unsupported(schema: &Value) -> Option<String> {
    schema::find(schema, &mut |schema: &Value, _: &[Step]| {
        if schema::is_object(schema) && schema["additionalProperties"] != false {
            return Some(
                "For 'object' type, 'additionalProperties' must be explicitly set to false"
                    .to_owned(),
            );
        }
        let kind = schema["type"].as_str().unwrap_or_default();
        let (_, keywords) = UNSUPPORTED.iter().find(|(of, _)| *of == kind)?;
        let found: Vec<&str> = keywords
            .iter()
            .copied()
            .filter(|keyword| !schema[*keyword].is_null())
            .collect();
        let least = &schema["minItems"];
        match found.as_slice() {
            [] if least.as_u64().is_some_and(|least| least > 1) => Some(format!(
                "For 'array' type, 'minItems' values other than 0 or 1 are not supported, got: {least}"
            )),
            [] => None,
            [one] => Some(format!(
                "For '{kind}' type, property '{one}' is not supported"
            )),
            several => Some(format!(
                "For '{kind}' type, properties {} are not supported",
                several.join(", ")
            )),
        }
    })
}

fn marks(body: &Value) -> Checked {
    fn count(value: &Value) -> usize {
        match value {
            Value::Object(fields) => {
                let own = usize::from(fields.get("cache_control").is_some_and(Value::is_object));
                own + fields.values().map(count).sum::<usize>()
            }
            Value::Array(items) => items.iter().map(count).sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        }
    }
    match count(body) {
        ..=MOST_MARKS => Ok(()),
        found => Err(format!(
            "A maximum of 4 blocks with cache_control may be provided. Found {found}."
        )),
    }
}
