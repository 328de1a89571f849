//! Parts that a provider may give at the same time, brought into one order.
//!
//! The first part passes as it comes; the bytes of another wait until the first is over. So calls that arrive interleaved are
//! written one after the other, and every client gets each of them complete.

use std::collections::VecDeque;

use super::model::{Happening, Input, Kind};
use wire::json::Json;
use wire::{Broken, Validator};

/// Names a part to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(u64);

#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// In the order in which they began. The first is the one that passes.
    waiting: VecDeque<Waiting>,
    /// The first one has begun for the client.
    begun: bool,
    /// Any has.
    spoke: bool,
    next: u64,
    /// A call was passed whose arguments are no JSON.
    invalid: bool,
    /// Bytes that wait.
    held: usize,
    happened: Vec<Happening>,
}

#[derive(Debug)]
struct Waiting {
    key: Key,
    kind: Kind,
    /// What has not been passed yet.
    text: String,
    /// All that has come of a function's arguments.
    json: Json,
    lasts: Lasts,
}

/// How the end of a part is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasts {
    /// Until its provider ends it.
    UntilEnded,
    /// This dialect has no end event: until another part begins, and for arguments until they are complete.
    UntilNext,
    Over,
}

impl Waiting {
    fn may_begin(&self) -> bool {
        match &self.kind {
            // A blank block is one that its vendor refuses in the next turn.
            Kind::Text | Kind::Refusal => !self.text.trim().is_empty(),
            Kind::Call(call) => !call.name.is_empty(),
        }
    }

    /// No arguments at all are incomplete: they may still come, or were cut off.
    fn is_whole(&self) -> bool {
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

    /// Text of a dialect without an event for its beginning.
    pub(crate) fn say(&mut self, kind: Kind, text: &str) -> Result<(), Broken> {
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
                    "more of a tool call that was over".to_owned(),
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

    /// A name that came later than its call.
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

    /// The response is over. `cut`: by a limit, and an incomplete part stays incomplete.
    pub(crate) fn finish(&mut self, cut: bool) -> Result<(), Broken> {
        while let Some(part) = self.waiting.front() {
            let text = matches!(part.kind, Kind::Text | Kind::Refusal);
            let last = self.waiting.len() == 1;
            let open = text && last && part.lasts != Lasts::Over;
            let breaks_off = cut && (open || !part.is_whole());
            if text && last && !self.spoke && !part.text.is_empty() {
                // It may be blank, but it is the complete text.
                self.begin_first();
            }
            self.pass();
            self.close(breaks_off)?;
        }
        Ok(())
    }

    /// The client received a call whose arguments are no JSON, and can detect it.
    pub(crate) fn gave_invalid_arguments(&self) -> bool {
        self.invalid
    }

    /// What has happened since the last time.
    pub(crate) fn take(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happened)
    }

    fn advance(&mut self) -> Result<(), Broken> {
        while let Some(part) = self.waiting.front() {
            let followed = self.waiting.len() > 1;
            // A call with incomplete arguments may have been cut by a limit, which the stop reason will show: only the last one
            // can be.
            let over = match part.lasts {
                Lasts::UntilEnded => false,
                Lasts::UntilNext => followed && part.is_whole(),
                Lasts::Over => followed || part.is_whole(),
            };
            self.pass();
            if !over {
                return Ok(());
            }
            self.close(false)?;
        }
        Ok(())
    }

    /// The first part begins as soon as it may, and what waits of it is passed.
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

    fn close(&mut self, breaks_off: bool) -> Result<(), Broken> {
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
            Kind::Text | Kind::Refusal | Kind::Call(_) if breaks_off => {
                self.happened.push(Happening::BreaksOff)
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
