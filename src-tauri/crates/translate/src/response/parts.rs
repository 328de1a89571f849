//! Serialises parts that a provider streams at the same time.
//!
//! The first open part is written as it arrives; the bytes of other parts wait until it ends. So interleaved calls are written
//! one after the other, and every client gets each of them complete.

use std::collections::VecDeque;

use super::model::{Happening, Input, Kind};
use wire::json::Json;
use wire::{Broken, Validator};

/// Identifies a part for its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(u64);

#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// In the order of their start. The first one is being written.
    waiting: VecDeque<Waiting>,
    /// The start of the first part has been written.
    begun: bool,
    /// At least one part has been written.
    spoke: bool,
    next: u64,
    /// A written call has arguments that are not valid JSON.
    invalid: bool,
    /// Number of held bytes.
    held: usize,
    happened: Vec<Happening>,
}

#[derive(Debug)]
struct Waiting {
    key: Key,
    kind: Kind,
    /// The text that has not been written yet.
    text: String,
    /// All arguments of a function received so far.
    json: Json,
    lasts: Lasts,
}

/// How the end of a part is detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasts {
    /// The provider sends an end event.
    UntilEnded,
    /// The dialect has no end event: the part ends when another begins, or when its arguments are complete.
    UntilNext,
    Over,
}

impl Waiting {
    fn may_begin(&self) -> bool {
        match &self.kind {
            // Vendors refuse a blank block in the next turn.
            Kind::Text | Kind::Refusal => !self.text.trim().is_empty(),
            Kind::Call(call) => !call.name.is_empty(),
        }
    }

    /// Empty arguments are incomplete: they may still arrive, or were truncated.
    fn is_complete(&self) -> bool {
        match &self.kind {
            Kind::Text | Kind::Refusal => true,
            Kind::Call(call) => match call.input {
                Input::FreeText => self.lasts == Lasts::Over,
                Input::Json if self.lasts == Lasts::Over => self.json.is_complete(),
                Input::Json => self.json.is_complete_object(),
            },
        }
    }

    fn without_arguments(&self) -> bool {
        matches!(&self.kind, Kind::Call(call) if call.input == Input::Json && self.json.is_empty())
    }
}

impl Parts {
    pub(crate) fn begin(&mut self, kind: Kind, lasts: Lasts) -> Result<Key, Broken> {
        let key = Key(self.next);
        self.next += 1;
        self.waiting.push_back(Waiting {
            key,
            kind,
            text: String::new(),
            json: Json::default(),
            lasts,
        });
        self.advance()?;
        Ok(key)
    }

    /// Adds text of a dialect without a start event for text.
    pub(crate) fn push_text(&mut self, kind: Kind, text: &str) -> Result<(), Broken> {
        if text.is_empty() {
            return Ok(());
        }
        let last = self.waiting.back().filter(|part| part.kind == kind);
        let key = match last.map(|part| part.key) {
            Some(key) => key,
            None => self.begin(kind, Lasts::UntilNext)?,
        };
        self.grow(key, text)
    }

    pub(crate) fn grow(&mut self, key: Key, text: &str) -> Result<(), Broken> {
        let Some(at) = self.waiting.iter().position(|part| part.key == key) else {
            return match text.trim_ascii() {
                "" => Ok(()),
                _ => Err(Broken::Malformed(
                    "more of a tool call that had ended".to_owned(),
                )),
            };
        };
        let part = &mut self.waiting[at];
        if matches!(&part.kind, Kind::Call(call) if call.input == Input::Json) {
            part.json.push(text);
        }
        self.held += text.len();
        if self.held > Validator::LIMIT {
            return Err(Broken::Oversize(Validator::LIMIT));
        }
        part.text.push_str(text);
        self.advance()
    }

    /// Sets a name that arrived after its call.
    pub(crate) fn name(&mut self, key: Key, name: &str) -> Result<(), Broken> {
        let named = self.waiting.iter_mut().find(|part| part.key == key);
        if let Some(Kind::Call(call)) = named.map(|part| &mut part.kind)
            && call.name.is_empty()
        {
            call.name = name.to_owned();
        }
        self.advance()
    }

    pub(crate) fn end(&mut self, key: Key) -> Result<(), Broken> {
        if let Some(part) = self.waiting.iter_mut().find(|part| part.key == key) {
            part.lasts = Lasts::Over;
        }
        self.advance()
    }

    /// Ends the response. `cut`: a limit ended it, and an incomplete part stays incomplete.
    pub(crate) fn finish(&mut self, cut: bool) -> Result<(), Broken> {
        while let Some(part) = self.waiting.front() {
            let text = matches!(part.kind, Kind::Text | Kind::Refusal);
            let last = self.waiting.len() == 1;
            let open = text && last && part.lasts != Lasts::Over;
            let is_cut = cut && (open || !part.is_complete());
            if text && last && !self.spoke && !part.text.is_empty() {
                // It may be blank, but it is the complete text.
                self.begin_first();
            }
            self.pass();
            self.close(is_cut)?;
        }
        Ok(())
    }

    /// The client received a call with invalid JSON arguments, and can detect it.
    pub(crate) fn gave_invalid_arguments(&self) -> bool {
        self.invalid
    }

    /// Returns the happenings since the last call.
    pub(crate) fn take(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happened)
    }

    fn advance(&mut self) -> Result<(), Broken> {
        while let Some(part) = self.waiting.front() {
            let followed = self.waiting.len() > 1;
            // A limit may have truncated a call with incomplete arguments. The stop reason will show it, and only the last call
            // can be affected.
            let over = match part.lasts {
                Lasts::UntilEnded => false,
                Lasts::UntilNext => followed && part.is_complete(),
                Lasts::Over => followed || part.is_complete(),
            };
            self.pass();
            if !over {
                return Ok(());
            }
            self.close(false)?;
        }
        Ok(())
    }

    /// Starts the first part as soon as possible, and writes its held bytes.
    fn pass(&mut self) {
        if !self.begun && self.waiting.front().is_some_and(Waiting::may_begin) {
            self.begin_first();
        }
        if let (true, Some(part)) = (self.begun, self.waiting.front_mut())
            && !part.text.is_empty()
        {
            self.held -= part.text.len();
            let text = std::mem::take(&mut part.text);
            self.happened.push(Happening::Piece(text));
        }
    }

    fn begin_first(&mut self) {
        if let Some(part) = self.waiting.front() {
            self.begun = true;
            self.spoke = true;
            self.happened.push(Happening::Begins(part.kind.clone()));
        }
    }

    fn close(&mut self, is_cut: bool) -> Result<(), Broken> {
        let Some(part) = self.waiting.pop_front() else {
            return Ok(());
        };
        let begun = std::mem::take(&mut self.begun);
        match &part.kind {
            Kind::Call(_) if !begun => {
                return Err(Broken::Malformed("a tool call without a name".to_owned()));
            }
            Kind::Text | Kind::Refusal if !begun => {
                self.held -= part.text.len();
                return Ok(());
            }
            Kind::Text | Kind::Refusal | Kind::Call(_) if is_cut => {
                self.happened.push(Happening::Truncated)
            }
            kind @ (Kind::Text | Kind::Refusal | Kind::Call(_)) => {
                if part.without_arguments() {
                    self.happened.push(Happening::Piece("{}".to_owned()));
                } else if let Kind::Call(call) = kind {
                    self.invalid |= call.input == Input::Json && !part.json.is_complete();
                }
                self.happened.push(Happening::Ends);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
