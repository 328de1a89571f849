use std::collections::VecDeque;

use crate::family::VendorChoice;
use crate::fault::Fault;
use crate::plan::Plan;
use crate::request::Request;
use crate::script_step::{ScriptStep, ScriptedPart};

/// Scripted responses for the next requests, in addition to those in models' names.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) outage: Option<Fault>,
    pub(crate) acting: VendorChoice,
    pub(crate) plan: Option<Plan>,
    /// Context window of every model in tokens; `None`: that of the vendor's models.
    pub(crate) window: Option<u64>,
    cues: VecDeque<ScriptStep>,
}

impl Script {
    pub(crate) fn add(&mut self, cue: ScriptStep) {
        self.cues.push_back(cue);
    }

    pub(crate) fn clear(&mut self) {
        self.cues.clear();
    }

    /// The vendor of the first matching cue; the cue is not consumed.
    pub(crate) fn acting_of_cue(&self, request: &Request) -> Option<VendorChoice> {
        if self.outage.is_some() {
            return None;
        }
        self.cues.iter().find(|cue| fits(cue, request))?.acting
    }

    /// The first matching cue; this request consumes it.
    pub(crate) fn take(&mut self, request: &Request) -> Option<ScriptStep> {
        let at = self.cues.iter().position(|cue| fits(cue, request))?;
        let cue = self.cues.get(at)?.clone();
        self.use_up(at);
        if let Some(then) = &cue.then {
            self.cues.push_front(ScriptStep {
                answer: Some(then.clone()),
                model: cue.model.clone(),
                dialect: cue.dialect,
                variations: cue.variations.clone(),
                acting: cue.acting,
                after_tool_result: true,
                ..ScriptStep::default()
            });
        }
        Some(cue)
    }

    /// True if the next connection must be refused. Consumes a cue for this.
    pub(crate) fn refuses_connection(&mut self) -> bool {
        if self.outage == Some(Fault::Refuse) {
            return true;
        }
        let refuses = self.cues.front().is_some_and(|cue| {
            cue.fault == Some(Fault::Refuse)
                && cue.model.is_none()
                && cue.dialect.is_none()
                && !cue.after_tool_result
        });
        if refuses {
            self.use_up(0);
        }
        refuses
    }

    fn use_up(&mut self, at: usize) {
        match self.cues.get_mut(at).map(|cue| &mut cue.times) {
            Some(Some(times)) if *times > 1 => *times -= 1,
            _ => {
                self.cues.remove(at);
            }
        }
    }
}

fn fits(cue: &ScriptStep, request: &Request) -> bool {
    let tools_offered = || {
        cue.answer.iter().flatten().all(|line| match line {
            ScriptedPart::Tool { name, .. } => request.offers(name),
            ScriptedPart::Text(_) | ScriptedPart::Thinking(_) => true,
        })
    };
    cue.dialect.is_none_or(|dialect| dialect == request.dialect)
        && cue
            .model
            .as_deref()
            .is_none_or(|pattern| matches(pattern, &request.model))
        && (!cue.after_tool_result || request.tool_results.is_some())
        && (!cue.before_tool_call || request.calls == 0)
        && tools_offered()
}

/// `*` matches any text; everything else matches literally.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|text| {
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .any(|at| matches(rest, &text[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_matches_any_text() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("claude-*", "claude-sonnet-4-5", true),
            ("*-5", "claude-sonnet-4-5", true),
            ("c*sonnet*", "claude-sonnet-4-5", true),
            ("gpt-5", "gpt-5-mini", false),
            ("*é*", "caféx", true),
            ("a*b*c", "acb", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
