use super::bounds::MOST_PARTS;
use super::stop::Stop;
use super::usage::Counts;
use crate::{Broken, Completion, Report, ToolCall};

/// The content of a response so far, in any dialect and framing.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    pub(super) report: Report,
    /// The response has content on which a client can act: text, a tool call, compaction. Thinking is not enough.
    pub(super) actionable: bool,
    pub(super) refused: bool,
    /// Name of the first tool call with invalid JSON arguments.
    pub(super) invalid_tool: Option<String>,
    /// Keep the arguments of tool calls.
    pub(super) keeps_arguments: bool,
    /// Bytes of the kept ids and names.
    names: usize,
    /// Number of open calls; calls with the same id count separately.
    calls: usize,
    counts: Counts,
}

impl Shown {
    /// In bytes. Real ids and names have about fifty.
    const LONGEST_NAME: usize = 4096;
    /// In bytes, for all ids and names of a response.
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

    /// Counts arguments of a server tool, or arguments whose text is not kept.
    pub(super) fn argument_bytes(&mut self, bytes: u64) {
        self.report.argument_bytes = self.report.argument_bytes.saturating_add(bytes);
    }

    /// Counts and keeps arguments of a tool call.
    pub(super) fn arguments(&mut self, id: &str, text: &str) {
        self.argument_bytes(text.len() as u64);
        self.keep_arguments(id, text);
    }

    /// Keeps arguments that were already counted.
    pub(super) fn keep_arguments(&mut self, id: &str, text: &str) {
        if self.keeps_arguments {
            let mut calls = self.report.tool_calls.iter_mut().rev();
            if let Some(call) = calls.find(|call| call.id == id) {
                call.arguments.get_or_insert_default().push(text);
            }
        }
    }

    /// Adds a tool call that the client executes. A call with a known id counts once. True: it is new.
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
        if calls.len() == MOST_PARTS {
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

    /// Marks a call as closed: its client starts the tool now.
    pub(super) fn tool_closed(&mut self, id: &str) {
        let mut calls = self.report.tool_calls.iter_mut();
        if let Some(call) = calls.find(|call| call.id == id && !call.closed) {
            call.closed = true;
        }
    }

    /// Copies an id or a name and counts its bytes.
    pub(super) fn kept(&mut self, name: &str) -> Result<String, Broken> {
        kept(&mut self.names, name)
    }

    /// Counts an open call.
    pub(super) fn follow_call(&mut self) -> Result<(), Broken> {
        if self.calls == MOST_PARTS {
            return Err(too_many("tool calls"));
        }
        self.calls += 1;
        Ok(())
    }

    /// The provider's stop reason.
    pub(super) fn stopped(&mut self, reason: &str) {
        self.report.stop_reason = Some(cut(reason));
    }

    /// Removes a stop reason that content followed.
    pub(super) fn discard_stop(&mut self) {
        self.report.stop_reason = None;
    }

    pub(super) fn invalid_tool(&mut self, name: &str) {
        self.invalid_tool.get_or_insert_with(|| name.to_owned());
    }

    /// Sets the response's id and model, once.
    pub(super) fn identity(&mut self, id: Option<&str>, model: Option<&str>) {
        let set = |slot: &mut Option<String>, reported: Option<&str>| {
            if let (None, Some(reported)) =
                (&slot, reported.filter(|reported| !reported.is_empty()))
            {
                *slot = Some(cut(reported));
            }
        };
        set(&mut self.report.id, id);
        set(&mut self.report.model, model);
    }

    /// The last value that is present applies: a stream's first event may repeat the tier of the request.
    pub(super) fn service_tier(&mut self, reported: Option<&str>) {
        if let Some(tier) = reported.filter(|tier| !tier.is_empty()) {
            self.report.service_tier = Some(cut(tier));
        }
    }

    /// Updates the usage. `apart`: as in [`Counts::tokens`].
    pub(super) fn usage(&mut self, reported: Counts, apart: bool) {
        if self.counts.update(reported) {
            self.report.usage_reported = true;
            self.report.tokens = self.counts.tokens(apart);
        }
    }

    /// The verdict on a response with this stop reason and no open block. A truncated or refused response can be empty or end
    /// within a tool call; others cannot.
    pub(super) fn conclude(&self, stop: Stop) -> Completion {
        let reason = || self.report.stop_reason.clone().unwrap_or_default();
        match stop {
            Stop::Failed => Completion::Broken(Broken::ErrorEvent {
                kind: reason(),
                message: "the provider ended the response with this reason".to_owned(),
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

/// Copies an id or a name. `sum`: bytes of all copies.
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

/// Truncates a text for the report.
fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(Shown::LONGEST_NAME)].to_owned()
}

pub(crate) fn too_many(what: &str) -> Broken {
    Broken::Malformed(format!("more than {} {what}", MOST_PARTS))
}
