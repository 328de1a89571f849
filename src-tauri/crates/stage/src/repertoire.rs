//! What can be played by name: the models of the embedded stage, and the suffix after `@` of any other model.

use catalog::REHEARSAL_PREFIX;

use crate::Fault;

/// What a model's name asks for: `thinking`, `stall:30s`, `tool+cut-before-final`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) style: Option<Style>,
    pub(crate) fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// A short text.
    Steady,
    /// Some sixty words of text.
    Long,
    /// Thinking, then text.
    Thinking,
    /// A tool call when tools are offered and no result is there yet, else text.
    Tool,
    /// Two tool calls in one answer, under the same conditions.
    ParallelTools,
}

/// All names, with what they do. A fault's parameter may follow after a colon.
pub(crate) const NAMES: &[(&str, &str)] = &[
    ("steady", "Answers with a short text."),
    ("long", "Answers with some sixty words."),
    ("thinking", "Thinks, then answers."),
    (
        "tool",
        "Calls one of the offered tools, then answers with its result.",
    ),
    ("parallel-tools", "Calls a tool twice in one answer."),
    (
        "429",
        "Rate limit. Any status from 400 to 599 works; headers follow a colon: 429:retry-after=2",
    ),
    (
        "429-quota",
        "Out of money. Other bodies: -context, -policy, -html, -empty",
    ),
    ("500", "Internal error."),
    ("503", "Unavailable."),
    ("529", "Overloaded."),
    ("502-html", "A web page of a broken proxy."),
    ("400-context", "The prompt is too long for the model."),
    ("400-policy", "The prompt is declined for its content."),
    ("refuse", "Drops the connection without a byte."),
    ("reset", "Reads the request, then resets the connection."),
    (
        "silent",
        "Reads the request and never answers; silent:30s answers after 30 s.",
    ),
    (
        "late-first-token",
        "The first content comes after 20 s, or after the time given.",
    ),
    (
        "stall",
        "Falls silent after three content events; stall:after=5,30s goes on after 30 s.",
    ),
    (
        "stall-in-tool",
        "Falls silent in the middle of a tool call.",
    ),
    ("stall-after-stop", "Falls silent after the stop reason."),
    ("pings-only", "Opens an answer, then sends only pings."),
    (
        "cut-after-opening",
        "Cuts the connection before the first content.",
    ),
    (
        "cut-in-text",
        "Cuts the connection in the middle of the text.",
    ),
    (
        "cut-in-tool",
        "Cuts the connection in the middle of a tool call.",
    ),
    (
        "cut-before-final",
        "Cuts the connection after the content, before the stop reason.",
    ),
    (
        "cut",
        "Cuts the connection after forty content events, or after the number given: cut:after=5",
    ),
    (
        "reset-in-text",
        "Resets the connection in the middle of the text.",
    ),
    (
        "clean-close-in-text",
        "Ends properly in the middle of the text.",
    ),
    (
        "clean-close-in-tool",
        "Ends properly in the middle of a tool call.",
    ),
    (
        "clean-close-before-final",
        "Ends properly before the stop reason.",
    ),
    (
        "missing-terminal",
        "Leaves out the terminal event after the stop reason.",
    ),
    (
        "error-event",
        "Reports an error in the middle of the stream.",
    ),
    ("error-event-first", "Reports an error as the first event."),
    (
        "error-event-before-final",
        "Reports an error after the content.",
    ),
    ("malformed-event", "One event is no JSON."),
    ("truncated-body", "Sends less than content-length promises."),
    ("empty-ok", "Status 200 with an empty body."),
    ("html-ok", "Status 200 with a web page."),
    ("json-error-ok", "Status 200 with an error in it."),
    ("max-tokens", "Stops at the token limit, half-way."),
    (
        "context-window",
        "Stops at the end of the context window, half-way.",
    ),
    ("refusal", "Declines to answer."),
    ("pause-turn", "Pauses a long turn."),
    ("stop-sequence", "Stops at a stop sequence."),
    ("stop-null", "Ends without saying why."),
    (
        "nothing-to-act-on",
        "Ends cleanly with nothing in the answer.",
    ),
    (
        "invalid-tool-input",
        "Calls a tool with arguments that are no JSON.",
    ),
    (
        "drip",
        "Waits 100 ms, or the time given, between any two events.",
    ),
];

impl Piece {
    /// `None`: there is no such piece.
    pub(crate) fn read(text: &str) -> Option<Piece> {
        let mut piece = Piece::default();
        for word in text.split('+') {
            match (style(word), word.parse::<Fault>()) {
                (Some(style), _) if piece.style.is_none() => piece.style = Some(style),
                (None, Ok(fault)) if piece.fault.is_none() => piece.fault = Some(fault),
                _ => return None,
            }
        }
        Some(piece)
    }

    /// What any model's name asks for after `@`. Eight digits are a date, as in the names of some clouds.
    pub(crate) fn of_any_model(model: &str) -> Option<Piece> {
        if let Some(name) = model.strip_prefix(REHEARSAL_PREFIX) {
            return Piece::read(name);
        }
        match model.rsplit_once('@') {
            Some((_, date)) if date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()) => {
                Some(Piece::default())
            }
            Some((_, name)) => Piece::read(name),
            None => Some(Piece::default()),
        }
    }
}

fn style(word: &str) -> Option<Style> {
    match word {
        "steady" => Some(Style::Steady),
        "long" => Some(Style::Long),
        "thinking" => Some(Style::Thinking),
        "tool" => Some(Style::Tool),
        "parallel-tools" => Some(Style::ParallelTools),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
