//! `thinking`, `output_config` and `output_format`.

use catalog::Effort;

use super::DIALECT;
use crate::request::dropped::{LeftOut, Why, leave_out};
use crate::request::model::{Conversation, Format, effort_of_budget};
use crate::request::object::{Fate, Object, Read, malformed};
use crate::request::untranslatable::Untranslatable;

const OUTPUT_FATES: &[(&str, Fate)] = &[
    // The number of tokens that the model assumes for its complete task.
    ("task_budget", Fate::LeftOut(Why::Approximate)),
    // The current time for the model.
    ("timing", Fate::LeftOut(Why::Approximate)),
];

pub(super) fn read_thinking(
    body: &mut Object<'_>,
    left_out: &mut Vec<LeftOut>,
) -> Read<Option<Effort>> {
    let Some(mut thinking) = body.object("thinking", "thinking")? else {
        return Ok(None);
    };
    let budget = thinking.count("budget_tokens")?;
    let kind = thinking.needed_text("type")?;
    let effort = match &*kind {
        "enabled" => budget.map(effort_of_budget),
        "disabled" => Some(Effort::None),
        kind => {
            leave_out(left_out, format!("thinking: {}", known(kind)), Why::Effort);
            None
        }
    };
    if budget.is_some() {
        leave_out(left_out, thinking.path("budget_tokens"), Why::Effort);
    }
    // How thinking is displayed, and which earlier thinking is valid for which prefix: neither applies to another vendor.
    let shown = ["display", "block_binding"].map(|key| (key, Fate::LeftOut(Why::Thinking)));
    thinking.end(&shown, left_out)?;
    Ok(effort)
}

fn known(kind: &str) -> &str {
    match kind {
        "adaptive" => "adaptive",
        _ => "unknown",
    }
}

/// `output_config` of the request, and its older form `output_format`.
pub(super) fn read_output(body: &mut Object<'_>, conversation: &mut Conversation) -> Read<()> {
    let mut format = body.object("output_format", "output_format")?;
    if let Some(mut config) = body.object("output_config", "output_config")? {
        let effort = read_effort(&mut config, &mut conversation.left_out)?;
        if conversation.effort != Some(Effort::None) {
            conversation.effort = effort.or(conversation.effort);
        }
        format = config.object("format", "output_config.format")?.or(format);
        config.end(OUTPUT_FATES, &mut conversation.left_out)?;
    }
    if let Some(format) = format {
        conversation.format = read_format(format, &mut conversation.left_out)?;
    }
    Ok(())
}

/// `output_config` of one message (beta `per-turn-control-2026-07-01`): it applies from this message on.
pub(super) fn read_stated(
    message: &mut Object<'_>,
    left_out: &mut Vec<LeftOut>,
) -> Read<Option<Effort>> {
    let Some(mut config) = message.object("output_config", "messages[].output_config")? else {
        return Ok(None);
    };
    let effort = read_effort(&mut config, left_out)?;
    // A format applies to the complete response, so it belongs to the request.
    if let Some(format) = config.take("format") {
        let empty = matches!(format, "{}");
        if !empty {
            return Err(config.refused("format"));
        }
    }
    config.end(OUTPUT_FATES, left_out)?;
    Ok(effort)
}

/// An unknown effort is not sent to another model.
fn read_effort(config: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<Option<Effort>> {
    let Some(name) = config.text("effort")? else {
        return Ok(None);
    };
    let effort = Effort::named(&name);
    if effort.is_none() {
        leave_out(left_out, config.path("effort"), Why::Effort);
    }
    Ok(effort)
}

fn read_format(mut format: Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<Format> {
    if format.needed_text("type")? != "json_schema" {
        return Err(format.refused("type"));
    }
    let schema = format.take("schema").map(str::to_owned);
    let schema: Result<String, Untranslatable> =
        schema.ok_or_else(|| malformed(DIALECT, &format.path("schema"), "an object"));
    let read = Format::Schema {
        name: format.text("name")?,
        description: None,
        schema: schema?,
        strict: true,
    };
    format.end_strictly(&[], left_out)?;
    Ok(read)
}
