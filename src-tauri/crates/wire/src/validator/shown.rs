use crate::{Broken, Completion, Report, ToolCall};

/// What a stop reason means. Each dialect's table maps its own words to this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The model ended where it wanted to.
    Clean,
    Continues,
    Truncated,
    Refused,
    /// The provider's own word for "it went wrong".
    Failed,
}

/// A reason that is in no table passes as [`Stop::Continues`]: what it asks of the client, the client knows better than we do.
pub(super) fn look_up(table: &[(&str, Stop)], reason: &str) -> Stop {
    table
        .iter()
        .find(|(word, _)| *word == reason)
        .map_or(Stop::Continues, |(_, stop)| *stop)
}

/// What an answer has given so far, in any dialect and framing.
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
}

impl Shown {
    /// More blocks, calls or choices than any real answer has; beyond it our own memory would be the provider's to fill.
    pub(crate) const MOST_PARTS: usize = 4096;
    /// In bytes; real ids and names have some fifty.
    const LONGEST_NAME: usize = 4096;

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

    /// A tool call that the client is to run. A call that has been told before (by its id) counts once. True: it is new.
    pub(super) fn tool(&mut self, id: &str, name: &str) -> Result<bool, Broken> {
        self.actionable = true;
        if id.len().max(name.len()) > Self::LONGEST_NAME {
            let most = Self::LONGEST_NAME;
            return Err(Broken::Malformed(format!(
                "a tool call's id or name is longer than {most} bytes"
            )));
        }
        let calls = &mut self.report.tool_calls;
        if let Some(known) = calls
            .iter_mut()
            .find(|call| !id.is_empty() && call.id == id)
        {
            if known.name.is_empty() {
                known.name = name.to_owned();
            }
            return Ok(false);
        }
        if calls.len() == Self::MOST_PARTS {
            return Err(too_many("tool calls"));
        }
        calls.push(ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            closed: false,
            arguments: None,
        });
        Ok(true)
    }

    /// A client that is given this event starts the tool.
    pub(super) fn tool_closed(&mut self, id: &str) {
        let mut calls = self.report.tool_calls.iter_mut();
        if let Some(call) = calls.find(|call| call.id == id && !call.closed) {
            call.closed = true;
        }
    }

    pub(super) fn invalid_tool(&mut self, name: &str) {
        self.invalid_tool.get_or_insert_with(|| name.to_owned());
    }

    /// The answer's id and model; the first that is told stays.
    pub(super) fn identity(&mut self, id: Option<&str>, model: Option<&str>) {
        let set = |slot: &mut Option<String>, told: Option<&str>| {
            if let (None, Some(told)) = (&slot, told.filter(|told| !told.is_empty())) {
                *slot = Some(told.to_owned());
            }
        };
        set(&mut self.report.id, id);
        set(&mut self.report.model, model);
    }

    /// A whole account of an answer's tokens replaces an earlier one, unless it takes something back.
    pub(super) fn usage(&mut self, tokens: catalog::Tokens) {
        let sum = |t: catalog::Tokens| {
            [t.input, t.output, t.cache_read, t.cache_write]
                .into_iter()
                .fold(0, u64::saturating_add)
        };
        self.report.usage_told = true;
        if sum(tokens) >= sum(self.report.tokens) {
            self.report.tokens = tokens;
        }
    }

    /// The verdict on an answer that stopped for this reason with nothing left open.
    pub(super) fn conclude(&self, stop: Stop) -> Completion {
        match stop {
            Stop::Failed => Completion::Broken(Broken::ErrorEvent {
                kind: self.report.stop_reason.clone().unwrap_or_default(),
                message: "the provider ended the answer with this reason".to_owned(),
            }),
            Stop::Truncated => Completion::Truncated,
            Stop::Refused => Completion::Refused,
            Stop::Continues => Completion::Continues,
            Stop::Clean => {
                if let Some(name) = &self.invalid_tool {
                    Completion::Broken(Broken::InvalidToolInput(name.clone()))
                } else if self.refused {
                    Completion::Refused
                } else if self.actionable {
                    Completion::Complete
                } else {
                    Completion::Broken(Broken::Empty)
                }
            }
        }
    }
}

pub(crate) fn too_many(what: &str) -> Broken {
    Broken::Malformed(format!("more than {} {what}", Shown::MOST_PARTS))
}
