//! Translates a request of one dialect into another.
//!
//! A reader takes every field that it supports. Every other field has a rule: it is dropped and listed, or the request is
//! refused and the candidate is unsupported. Nothing is dropped without a record. Arguments and schemas keep their JSON text.

pub(crate) mod arrange;
pub(crate) mod dropped;
pub(crate) mod estimate;
pub(crate) mod fidelity;
pub(crate) mod format;
pub(crate) mod function;
pub(crate) mod model;
pub(crate) mod object;
pub(crate) mod part_text;
pub(crate) mod sampling;
pub(crate) mod schema;
pub(crate) mod target;
pub(crate) mod text;
pub(crate) mod untranslatable;
pub(crate) mod within_family;

use std::collections::BTreeSet;
use std::str;
use std::sync::Arc;

use catalog::{CallIds, Dialect, ReasoningContent};

use text::quoted;
use wire::fields::Fields;

use crate::names::{ClientTool, Names};
pub use crate::openai_responses::Echo;
use crate::{anthropic, openai_chat, openai_responses};
pub use dropped::{LeftOut, Why};
pub use estimate::estimate_tokens;
pub use fidelity::Fidelity;
pub use format::Wanted;
pub use model::{
    Call, Conversation, Document, DocumentBody, File, Format, Image, Input, Part, Role, Tool,
    ToolChoice, ToolInput, ToolResult, Turn,
};
pub use target::{Home, Target};
pub use untranslatable::{Untranslatable, Wish};
pub use within_family::{Filtered, within_family};

/// A request in the form of a candidate of another dialect.
#[derive(Clone, Debug)]
pub struct Translated {
    pub body: Vec<u8>,
    /// For the response to this request only: the next request has different names.
    pub names: Names,
    pub left_out: Vec<LeftOut>,
    /// A Chat client requested a last chunk with the usage; other clients must not get it (`choices` is empty there).
    pub usage_chunk: bool,
    /// A form that must be checked on the complete response.
    pub wanted: Option<Wanted>,
    /// For a client of Responses.
    pub echo: Option<Arc<Echo>>,
    /// Thinking that the client's own vendor requires with a call.
    pub reasoning_content: ReasoningContent,
}

/// # Errors
/// [`Untranslatable`]: this candidate does not support this request; another may.
pub fn request(
    from: Dialect,
    to: Dialect,
    body: &[u8],
    target: &Target,
) -> Result<Translated, Untranslatable> {
    write(from, to, &read(from, body)?, target)
}

/// The same for a parsed request: one parse serves all candidates.
///
/// # Errors
/// As [`request`].
pub fn write(
    from: Dialect,
    to: Dialect,
    original: &Conversation,
    target: &Target,
) -> Result<Translated, Untranslatable> {
    write_fitted(from, to, original, target).map_err(Untranslatable::bounded)
}

fn write_fitted(
    from: Dialect,
    to: Dialect,
    original: &Conversation,
    target: &Target,
) -> Result<Translated, Untranslatable> {
    target.can_serve(original)?;
    let conversation = target.fitted(original.clone());
    let names = Names::new(from, to, tools(&conversation), ids(&conversation));
    let names = names.with_signatures(conversation.signatures.clone());
    let names = match target.ids {
        CallIds::Any => names,
        CallIds::OfDialect => names.with_bounded_ids(),
        CallIds::NineLetters => names.with_nine_letter_ids(),
    };
    let names = match target.home.ids {
        CallIds::NineLetters => names.with_nine_letters_for_the_client(),
        CallIds::Any | CallIds::OfDialect => names,
    };
    let mut left_out = conversation.left_out.clone();
    let write = match to {
        Dialect::Anthropic => anthropic::write_request,
        Dialect::OpenaiChat => openai_chat::write_request,
        Dialect::OpenaiResponses => openai_responses::write_request,
    };
    let (mut body, wanted) = write(&conversation, target, &names, &mut left_out)?;
    for (name, raw) in conversation.allowed(to, &target.allow, &mut left_out) {
        let fields = Fields::read(body.as_bytes());
        // A field of the same name from the writer has priority.
        if fields.is_ok_and(|fields| fields.raw(name).is_none()) {
            body.truncate(body.len() - 1);
            body += &format!(",{}:{raw}}}", quoted(name));
        }
    }
    check_dropped(conversation.fidelity, &left_out)?;
    Ok(Translated {
        body: body.into_bytes(),
        names,
        left_out,
        usage_chunk: conversation.usage_chunk,
        wanted,
        echo: conversation.echo.map(Arc::new),
        reasoning_content: target.home.reasoning_content,
    })
}

/// # Errors
/// The first dropped field that this request does not tolerate.
fn check_dropped(fidelity: Fidelity, dropped: &[LeftOut]) -> Result<(), Untranslatable> {
    match dropped.iter().find(|field| !fidelity.tolerates(field.why)) {
        None => Ok(()),
        Some(LeftOut { what, why }) => Err(Untranslatable::Dropped {
            field: what.clone(),
            why: *why,
            fidelity,
        }),
    }
}

/// The content of a request without its dialect; also for the body of `count_tokens`, which has no output limit.
///
/// # Errors [`Untranslatable`]: it is not a valid request, or has content that no other dialect supports.
pub fn read(dialect: Dialect, body: &[u8]) -> Result<Conversation, Untranslatable> {
    read_arranged(dialect, body).map_err(Untranslatable::bounded)
}

fn read_arranged(dialect: Dialect, body: &[u8]) -> Result<Conversation, Untranslatable> {
    let json = str::from_utf8(body);
    let json = json.map_err(|_| object::malformed(dialect, "the body", "text"))?;
    let mut conversation = match dialect {
        Dialect::Anthropic => anthropic::read_request(json.trim()),
        Dialect::OpenaiChat => openai_chat::read_request(json.trim()),
        Dialect::OpenaiResponses => openai_responses::read_request(json.trim()),
    }?;
    conversation.dialect = Some(dialect);
    conversation.turns = arrange::arrange(conversation.turns)?;
    tools_differ(dialect, &conversation)?;
    keeps_its_tools(dialect, &conversation)?;
    Ok(conversation)
}

/// Every vendor refuses two tools with the same name.
fn tools_differ(dialect: Dialect, original: &Conversation) -> Result<(), Untranslatable> {
    let mut seen = BTreeSet::new();
    let mut tools = original.tools.iter();
    match tools.find(|tool| !seen.insert((&tool.namespace, &tool.name))) {
        None => Ok(()),
        Some(tool) => Err(Untranslatable::Malformed {
            dialect,
            what: format!("two tools are named `{}`", tool.name),
        }),
    }
}

/// A vendor's server tool may be dropped if other tools remain and none is required.
fn keeps_its_tools(dialect: Dialect, original: &Conversation) -> Result<(), Untranslatable> {
    let missing = original.left_out.iter().find_map(|left_out| {
        let tool = left_out.what.strip_prefix("tools[]: ")?;
        (left_out.why == Why::VendorTool).then_some(tool)
    });
    let chosen_is_there = match &original.tool_choice {
        ToolChoice::Auto | ToolChoice::Never => true,
        ToolChoice::Any => missing.is_none(),
        ToolChoice::Tool { namespace, name } => original
            .tools
            .iter()
            .any(|tool| tool.name == *name && tool.namespace == *namespace),
    };
    let tool = match (&original.tool_choice, missing) {
        (_, Some(missing)) if original.tools.is_empty() || !chosen_is_there => missing,
        (ToolChoice::Tool { name, .. }, None) if !chosen_is_there => name,
        _ => return Ok(()),
    };
    Err(Untranslatable::BuiltInTool {
        dialect,
        tool: tool.to_owned(),
    })
}

/// Tools that the request declares, and tools of earlier turns that it no longer declares.
fn tools(original: &Conversation) -> Vec<ClientTool> {
    let declared = original.tools.iter().map(|tool| ClientTool {
        name: tool.name.clone(),
        namespace: tool.namespace.clone(),
        kind: tool.kind(),
    });
    let mut tools: Vec<ClientTool> = declared.collect();
    for call in original.turns.iter().flat_map(Turn::calls) {
        let known = |tool: &ClientTool| tool.name == call.name && tool.namespace == call.namespace;
        if !tools.iter().any(known) {
            tools.push(ClientTool {
                name: call.name.clone(),
                namespace: call.namespace.clone(),
                kind: call.input.kind(),
            });
        }
    }
    tools
}

fn ids(original: &Conversation) -> impl Iterator<Item = &str> {
    let calls = original.turns.iter().flat_map(Turn::calls);
    calls.map(|call| call.id.as_str())
}
