//! Incremental parser of server-sent events: any line ending, `data:` without a space, several data lines, comments, a BOM, any
//! split of the bytes, and a limit for one event's size.
//!
//! The grammar of the WHATWG HTML standard, "Server-sent events", with one difference: a block without an event (a comment, a
//! blank line, `id:` or `retry:` alone) is reported too. So each byte of the stream belongs to one event.

use memchr::{memchr, memchr2};
use serde::de::IgnoredAny;

/// One event, or a block without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `event:` field; empty if absent.
    pub name: &'a str,
    /// The `data:` lines joined with `\n`. Empty for a comment.
    pub data: &'a [u8],
    /// Offset in the stream of the end of this event's blank line.
    pub end: u64,
}

/// One event is larger than the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oversize(pub usize);

/// An incremental reader.
#[derive(Debug)]
pub struct Reader {
    limit: usize,
    /// Bytes of the incomplete event.
    held: Vec<u8>,
    /// Buffer for the data of an event with several `data:` lines.
    joined: Vec<u8>,
    /// Offset in the stream of the current event.
    start: u64,
    lines: Lines,
    oversize: bool,
}

/// Ends an event whose blank line is missing, with any line ending.
pub const BLANK_LINE: &[u8] = b"\n\n";

/// In bytes. A larger buffer is freed after its event, so that one large event does not hold memory for a long stream.
const KEPT_CAPACITY: usize = 64 << 10;
const BOM: &[u8] = b"\xef\xbb\xbf";

impl Reader {
    /// `limit`: the largest event in bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            held: Vec::new(),
            joined: Vec::new(),
            start: 0,
            lines: Lines::default(),
            oversize: false,
        }
    }

    /// Parses the next bytes and calls `each` for every event that ends in them.
    ///
    /// After [`Oversize`] the event boundaries are lost: every later call fails too.
    pub fn push(&mut self, bytes: &[u8], each: &mut dyn FnMut(Event<'_>)) -> Result<(), Oversize> {
        if self.oversize {
            return Err(Oversize(self.limit));
        }
        let mut rest = bytes;
        while let Some(length) = self.lines.block_end(rest) {
            let (block, after) = rest.split_at(length);
            self.fits(block.len())?;
            if self.held.is_empty() {
                self.dispatch(block, each);
            } else {
                let mut held = std::mem::take(&mut self.held);
                held.extend_from_slice(block);
                self.dispatch(&held, each);
                held.clear();
                held.shrink_to(KEPT_CAPACITY);
                self.held = held;
            }
            rest = after;
        }
        self.fits(rest.len())?;
        self.held.extend_from_slice(rest);
        Ok(())
    }

    /// Number of bytes of the incomplete event.
    pub fn pending(&self) -> usize {
        self.held.len()
    }

    /// The incomplete event has complete JSON data or Chat's `[DONE]`, and lacks only its blank line.
    pub fn lacks_blank_line(&self) -> bool {
        let mut joined = Vec::new();
        let fields = Fields::read(self.text(&self.held), &mut joined);
        let data = if fields.several { &joined } else { fields.data };
        data.trim_ascii() == b"[DONE]" || serde_json::from_slice::<IgnoredAny>(data).is_ok()
    }

    /// Removes the byte order mark at the start of a stream.
    fn text<'b>(&self, block: &'b [u8]) -> &'b [u8] {
        match block.strip_prefix(BOM) {
            Some(text) if self.start == 0 => text,
            _ => block,
        }
    }

    fn fits(&mut self, more: usize) -> Result<(), Oversize> {
        if self.held.len() + more <= self.limit {
            return Ok(());
        }
        self.oversize = true;
        self.held = Vec::new();
        Err(Oversize(self.limit))
    }

    fn dispatch(&mut self, block: &[u8], each: &mut dyn FnMut(Event<'_>)) {
        let text = self.text(block);
        self.start += block.len() as u64;
        let fields = Fields::read(text, &mut self.joined);
        let data = if fields.several {
            &self.joined
        } else {
            fields.data
        };
        each(Event {
            name: fields.name,
            data,
            end: self.start,
        });
        self.joined.clear();
        self.joined.shrink_to(KEPT_CAPACITY);
    }
}

/// Appends an event with one data line, and with an `event:` line if `name` is not empty. Line breaks in `json` are between
/// tokens and become spaces.
pub fn write(name: &str, json: &str, out: &mut Vec<u8>) {
    if !name.is_empty() {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(b"data: ");
    out.extend(json.bytes().map(|byte| match byte {
        b'\n' | b'\r' => b' ',
        _ => byte,
    }));
    out.extend_from_slice(b"\n\n");
}

/// Finds the blank line that ends a block, in one pass over any slices.
#[derive(Debug, Default)]
struct Lines {
    /// Length of the current line in earlier slices.
    length: usize,
    /// The last byte was a CR, and a LF can follow. True: the CR ended a blank line.
    after_cr: Option<bool>,
    /// The first line ended with a CR alone. Then a CR ends a blank line at once, and the last event does not wait for a LF.
    cr_alone: Option<bool>,
}

impl Lines {
    /// Length of the current block in `slice`, if it ends there.
    fn block_end(&mut self, slice: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            if let Some(blank) = self.after_cr {
                if blank && self.cr_alone == Some(true) {
                    self.after_cr = None;
                    return Some(at);
                }
                let next = *slice.get(at)?;
                self.after_cr = None;
                self.cr_alone.get_or_insert(next != b'\n');
                at += usize::from(next == b'\n');
                if blank {
                    return Some(at);
                }
            }
            let rest = &slice[at..];
            let Some(found) = memchr2(b'\n', b'\r', rest) else {
                self.length += rest.len();
                return None;
            };
            let blank = self.length + found == 0;
            self.length = 0;
            at += found + 1;
            if rest[found] == b'\r' {
                self.after_cr = Some(blank);
            } else {
                self.cr_alone.get_or_insert(false);
                if blank {
                    return Some(at);
                }
            }
        }
    }
}

/// The fields of one block. `id` and `retry` are for clients that reconnect and are ignored.
struct Fields<'a> {
    name: &'a str,
    data: &'a [u8],
    /// There are several data lines, and the data is in `joined`.
    several: bool,
}

impl<'a> Fields<'a> {
    fn read(mut block: &'a [u8], joined: &mut Vec<u8>) -> Self {
        let mut fields = Fields {
            name: "",
            data: b"",
            several: false,
        };
        let mut lines_of_data = 0;
        while !block.is_empty() {
            let end = memchr2(b'\n', b'\r', block).unwrap_or(block.len());
            let (line, rest) = block.split_at(end);
            block = rest.get(1..).unwrap_or_default();
            let (field, value) = match memchr(b':', line) {
                Some(colon) => (&line[..colon], &line[colon + 1..]),
                None => (line, &b""[..]),
            };
            let value = value.strip_prefix(b" ").unwrap_or(value);
            match field {
                b"data" => {
                    lines_of_data += 1;
                    match lines_of_data {
                        1 => fields.data = value,
                        2 => {
                            fields.several = true;
                            joined.extend_from_slice(fields.data);
                            joined.push(b'\n');
                            joined.extend_from_slice(value);
                        }
                        _ => {
                            joined.push(b'\n');
                            joined.extend_from_slice(value);
                        }
                    }
                }
                b"event" => fields.name = std::str::from_utf8(value).unwrap_or_default(),
                _ => {}
            }
        }
        fields
    }
}

#[cfg(test)]
mod tests;
