//! JSON strings with lone surrogates: an escape for one surrogate of a surrogate pair without the other.
//!
//! Servers that stream UTF-16 split an emoji over two events (`"\ud83d"`, then `"\ude80"`). JSON allows this (RFC 8259,
//! section 8.2); `JSON.parse` and Python's `json` accept it; `serde_json` rejects it.

use std::borrow::Cow;
use std::fmt;

use memchr::{memchr, memmem};
use serde::de::{Deserialize, Deserializer, Visitor};

/// The same JSON with each lone surrogate replaced by U+FFFD. The length stays the same, so no offset changes. Without
/// a lone surrogate the input is borrowed, at the cost of one search.
pub fn without_lone_surrogates(json: &[u8]) -> Cow<'_, [u8]> {
    let escaped = |at: usize| matches!(json.get(at + 2), Some(b'd' | b'D'));
    if !memmem::find_iter(json, b"\\u").any(escaped) {
        return Cow::Borrowed(json);
    }
    let mut out: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = memchr(b'\\', &json[at..]) {
        at += found;
        match surrogate(&json[at..]) {
            // Another escape.
            None => at += 2,
            Some(Surrogate::High(_)) if low(json.get(at + LENGTH..)).is_some() => at += 2 * LENGTH,
            Some(_) => {
                let out = out.get_or_insert_with(|| json.to_vec());
                out[at..at + LENGTH].copy_from_slice(REPLACEMENT);
                at += LENGTH;
            }
        }
        if at >= json.len() {
            break;
        }
    }
    out.map_or(Cow::Borrowed(json), Cow::Owned)
}

/// The text of a JSON string, with each lone surrogate as U+FFFD. None: `json` is not a string.
pub fn lenient(json: &str) -> Option<String> {
    let strict = serde_json::from_str(json);
    strict
        .or_else(|_| serde_json::from_slice(&without_lone_surrogates(json.as_bytes())))
        .ok()
}

/// A key of an object, with each lone surrogate as U+FFFD.
#[derive(Debug)]
pub(crate) struct Key<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }
            fn visit_borrowed_bytes<E>(self, name: &'de [u8]) -> Result<Key<'de>, E> {
                Ok(Key(String::from_utf8_lossy(name)))
            }
            fn visit_bytes<E>(self, name: &[u8]) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(String::from_utf8_lossy(name).into_owned())))
            }
        }
        // As bytes: `serde_json` rejects a lone surrogate in a string.
        from.deserialize_bytes(Visit)
    }
}

/// Joins a surrogate pair that is split over two pieces of one text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SurrogateJoiner {
    /// The high surrogate at the end of the last piece.
    high: Option<u16>,
}

impl SurrogateJoiner {
    /// Returns the text that a piece adds. A high surrogate at its end is kept for the next piece. `json`: the piece as a JSON
    /// string. `None`: `json` is not a string.
    pub fn push(&mut self, json: &str) -> Option<String> {
        let mut text = lenient(json)?;
        if text.is_empty() {
            return Some(text);
        }
        let inner = json.trim();
        let inner = &inner.as_bytes()[1..inner.len() - 1];
        if let Some(high) = self.high.take() {
            match low(Some(inner)).and_then(|low| pair(high, low)) {
                Some(pair) => text.replace_range(
                    ..char::REPLACEMENT_CHARACTER.len_utf8(),
                    pair.encode_utf8(&mut [0; 4]),
                ),
                None => text.insert(0, char::REPLACEMENT_CHARACTER),
            }
        }
        self.high = last_high(inner);
        if self.high.is_some() {
            text.pop();
        }
        Some(text)
    }

    /// Returns the rest of the text: U+FFFD if a high surrogate is pending.
    pub fn finish(&mut self) -> &'static str {
        match self.high.take() {
            Some(_) => "\u{fffd}",
            None => "",
        }
    }
}

/// Bytes of `\uXXXX`.
const LENGTH: usize = 6;
const REPLACEMENT: &[u8; LENGTH] = br"\ufffd";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Surrogate {
    High(u16),
    Low(u16),
}

/// The surrogate whose escape `json` begins with.
fn surrogate(json: &[u8]) -> Option<Surrogate> {
    let digits = json.strip_prefix(br"\u")?.get(..4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    match u16::from_str_radix(digits, 16).ok()? {
        high @ 0xd800..=0xdbff => Some(Surrogate::High(high)),
        low @ 0xdc00..=0xdfff => Some(Surrogate::Low(low)),
        _ => None,
    }
}

fn low(json: Option<&[u8]>) -> Option<u16> {
    match surrogate(json?)? {
        Surrogate::Low(low) => Some(low),
        Surrogate::High(_) => None,
    }
}

/// The high surrogate at the end of a string's content.
fn last_high(inner: &[u8]) -> Option<u16> {
    let at = inner.len().checked_sub(LENGTH)?;
    let (before, last) = inner.split_at(at);
    // After an odd number of backslashes this backslash is itself escaped.
    let slashes = before
        .iter()
        .rev()
        .take_while(|byte| **byte == b'\\')
        .count();
    match surrogate(last)? {
        Surrogate::High(high) if slashes % 2 == 0 => Some(high),
        Surrogate::High(_) | Surrogate::Low(_) => None,
    }
}

fn pair(high: u16, low: u16) -> Option<char> {
    char::decode_utf16([high, low]).next()?.ok()
}

#[cfg(test)]
mod tests;
