use super::stop::Stop;
use super::usage::Counts;
use crate::{Broken, Completion, Report, ToolCall};

/// The content of a response so far, in any dialect and framing.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    pub(super) report: Report,
    /// There is something that a client can act on: text, a tool call, compaction. Thinking alone is nothing.
    pub(super) actionable: bool,
    pub(super) refused: bool,
    /// The first tool call whose arguments are no JSON.
    pub(super) invalid_tool: Option<String>,
    /// The arguments of tool calls are kept.
    pub(super) keeps_arguments: bool,
    /// Bytes of ids and names that are kept.
    names: usize,
    /// Calls that are followed, those of one id apart.
    calls: usize,
    counts: Counts,
}

impl Shown {
    /// More blocks, calls or choices than any real answer has; beyond it our own memory would be the provider's to fill.
    pub(crate) const MOST_PARTS: usize = 4096;
    /// In bytes; real ids and names have some fifty.
    const LONGEST_NAME: usize = 4096;
    /// In bytes, all of an answer together.
    const MOST_NAMES: usize = 1 << 20;

    pub(super) fn text(&mut self, bytes: u64) {
        self.report.text_bytes = self.report.text_bytes.saturating_add(bytes);
        self.actionable |= bytes > 0;
    }

    pub(super) fn thinking(&mut self, bytes: u64) {
        self.report.thinking_bytes = self.report.thinking_bytes.saturating_add(bytes);
    }

    pub(super) fn refusal(&mut self, bytes: u64) {
        self.text(bytes);
        self.refused |= bytes > 0;
    }

    /// Arguments of a tool that the provider runs, or whose text is of no account.
    pub(super) fn argument_bytes(&mut self, bytes: u64) {
        self.report.argument_bytes = self.report.argument_bytes.saturating_add(bytes);
    }

    /// More of a tool call's arguments.
    pub(super) fn arguments(&mut self, id: &str, text: &str) {
        self.argument_bytes(text.len() as u64);
        self.keep_arguments(id, text);
    }

    /// The same, of arguments that were counted before.
    pub(super) fn keep_arguments(&mut self, id: &str, text: &str) {
        if self.keeps_arguments {
            let mut calls = self.report.tool_calls.iter_mut().rev();
            if let Some(call) = calls.find(|call| call.id == id) {
                call.arguments.get_or_insert_default().push(text);
            }
        }
    }

    /// A tool call that the client executes. A call with a known id counts once. True: it is new.
    pub(super) fn tool(&mut self, id: &str, name: &str) -> Result<bool, Broken> {
        self.actionable = true;
        let calls = &mut self.report.tool_calls;
        if let Some(known) = calls
            .iter_mut()
            .find(|call| !id.is_empty() && call.id == id)
        {
            if known.name.is_empty() && !name.is_empty() {
                let name = kept(&mut self.names, name)?;
                known.name = name;
            }
            return Ok(false);
        }
        if calls.len() == Self::MOST_PARTS {
            return Err(too_many("tool calls"));
        }
        calls.push(ToolCall {
            id: kept(&mut self.names, id)?,
            name: kept(&mut self.names, name)?,
            closed: false,
            arguments: None,
        });
        Ok(true)
    }

    /// A client that receives this event starts the tool.
    pub(super) fn tool_closed(&mut self, id: &str) {
        let mut calls = self.report.tool_calls.iter_mut();
        if let Some(call) = calls.find(|call| call.id == id && !call.closed) {
            call.closed = true;
        }
    }

    /// An id or a name that is kept beside the report.
    pub(super) fn kept(&mut self, name: &str) -> Result<String, Broken> {
        kept(&mut self.names, name)
    }

    /// One more call is followed, whatever its id.
    pub(super) fn follow_call(&mut self) -> Result<(), Broken> {
        if self.calls == Self::MOST_PARTS {
            return Err(too_many("tool calls"));
        }
        self.calls += 1;
        Ok(())
    }

    /// The provider's stop reason.
    pub(super) fn stopped(&mut self, reason: &str) {
        self.report.stop_reason = Some(cut(reason));
    }

    pub(super) fn invalid_tool(&mut self, name: &str) {
        self.invalid_tool.get_or_insert_with(|| name.to_owned());
    }

    /// The response's id and model; the first ones stay.
    pub(super) fn identity(&mut self, id: Option<&str>, model: Option<&str>) {
        let set = |slot: &mut Option<String>, told: Option<&str>| {
            if let (None, Some(told)) = (&slot, told.filter(|told| !told.is_empty())) {
                *slot = Some(cut(told));
            }
        };
        set(&mut self.report.id, id);
        set(&mut self.report.model, model);
    }

    /// `apart`: as in [`Counts::tokens`].
    pub(super) fn usage(&mut self, told: Counts, apart: bool) {
        if self.counts.update(told) {
            self.report.usage_told = true;
            self.report.tokens = self.counts.tokens(apart);
        }
    }

    /// The verdict on a response that stopped for this reason with no open block. A response that is declared truncated
    /// or refused may be empty or end within a tool call; any other may not.
    pub(super) fn conclude(&self, stop: Stop) -> Completion {
        let reason = || self.report.stop_reason.clone().unwrap_or_default();
        match stop {
            Stop::Failed => Completion::Broken(Broken::ErrorEvent {
                kind: reason(),
                message: "the provider ended the answer with this reason".to_owned(),
            }),
            Stop::Truncated => Completion::Truncated,
            Stop::Refused => Completion::Refused,
            Stop::Pending => Completion::Continues,
            Stop::Clean | Stop::Continues | Stop::Unknown => match (&self.invalid_tool, stop) {
                (Some(name), _) => Completion::Broken(Broken::InvalidToolInput(name.clone())),
                (None, Stop::Clean) if self.refused => Completion::Refused,
                (None, Stop::Unknown) if !self.actionable => {
                    Completion::Broken(Broken::UnknownStopReason(reason()))
                }
                (None, _) if !self.actionable => Completion::Broken(Broken::Empty),
                (None, Stop::Unknown) => Completion::Unknown,
                (None, Stop::Continues) => Completion::Continues,
                (None, _) => Completion::Complete,
            },
        }
    }
}

/// A copy of an id or a name; `sum`: bytes of all that are kept.
fn kept(sum: &mut usize, name: &str) -> Result<String, Broken> {
    *sum += name.len();
    if name.len() > Shown::LONGEST_NAME || *sum > Shown::MOST_NAMES {
        let (one, all) = (Shown::LONGEST_NAME, Shown::MOST_NAMES);
        return Err(Broken::Malformed(format!(
            "a tool call's id or name is longer than {one} bytes, or all together than {all}"
        )));
    }
    Ok(name.to_owned())
}

/// Bounds a text that is only reported.
fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(Shown::LONGEST_NAME)].to_owned()
}

pub(crate) fn too_many(what: &str) -> Broken {
    Broken::Malformed(format!("more than {} {what}", Shown::MOST_PARTS))
}
