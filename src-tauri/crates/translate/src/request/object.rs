//! A JSON object that is read field by field. Every field that the reader does not take needs a rule, so that none is
//! overlooked.

use std::collections::BTreeMap;

use catalog::Dialect;
use serde_json::Value;
use serde_json::value::RawValue;

use super::dropped::{LeftOut, Why, leave_out};
use super::text::string;
use super::untranslatable::Untranslatable;

/// The rule for a field without a counterpart.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    LeftOut(Why),
    /// It has no effect with this value, the default; any other is refused.
    Only(&'static str),
    /// It refers to content that its vendor stores, so only that vendor can read it. The gateway replaces references to content
    /// that it stores before this crate reads the request.
    Kept,
    /// It changes the content or the place of processing, and there is no counterpart.
    Refused,
}

/// The rule for a field that the table does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unlisted {
    /// It probably affects the response only slightly, so it is dropped and listed as unknown.
    Dropped,
    /// Every field here has a meaning (a tool choice, a format, a file).
    Refused,
}

/// Fields that were not taken yet.
pub(crate) struct Object<'a> {
    dialect: Dialect,
    /// The path in terms of the protocol, without indexes: `messages[].content[]`.
    place: &'static str,
    fields: BTreeMap<String, &'a str>,
}

pub(crate) type Read<T> = Result<T, Untranslatable>;

impl<'a> Object<'a> {
    pub(crate) fn read(dialect: Dialect, place: &'static str, json: &'a str) -> Read<Object<'a>> {
        let read: Result<BTreeMap<String, &'a RawValue>, _> = serde_json::from_str(json);
        let fields = read.map_err(|_| malformed(dialect, place, "an object"))?;
        let fields = fields.into_iter().map(|(key, raw)| (key, raw.get()));
        Ok(Object {
            dialect,
            place,
            fields: fields.collect(),
        })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The JSON text of a field; null counts as absent.
    pub(crate) fn take(&mut self, key: &str) -> Option<&'a str> {
        self.fields.remove(key).filter(|raw| *raw != "null")
    }

    fn parsed<T: serde::Deserialize<'a>>(&mut self, key: &str, kind: &str) -> Read<Option<T>> {
        let Some(raw) = self.take(key) else {
            return Ok(None);
        };
        let parsed = serde_json::from_str(raw).map(Some);
        parsed.map_err(|_| malformed(self.dialect, &self.path(key), kind))
    }

    pub(crate) fn text(&mut self, key: &str) -> Read<Option<String>> {
        let Some(raw) = self.take(key) else {
            return Ok(None);
        };
        let text = string(raw).map(Some);
        text.ok_or_else(|| malformed(self.dialect, &self.path(key), "a string"))
    }

    pub(crate) fn needed_text(&mut self, key: &str) -> Read<String> {
        let text = self.text(key)?;
        text.ok_or_else(|| malformed(self.dialect, &self.path(key), "a string"))
    }

    /// True if the field is this string; the field is not taken.
    pub(crate) fn is_text(&self, key: &str, text: &str) -> bool {
        let raw = self.fields.get(key);
        raw.is_some_and(|raw| {
            serde_json::from_str::<String>(raw).is_ok_and(|decoded| decoded == text)
        })
    }

    /// True if the field is present and not null; the field is not taken.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.fields.get(key).is_some_and(|raw| *raw != "null")
    }

    /// True if the field has this JSON text; the field is not taken.
    pub(crate) fn is(&self, key: &str, json: &str) -> bool {
        self.fields.get(key).is_some_and(|raw| *raw == json)
    }

    /// False if the field is absent.
    pub(crate) fn flag(&mut self, key: &str) -> Read<bool> {
        self.flag_or(key, false)
    }

    pub(crate) fn flag_or(&mut self, key: &str, absent: bool) -> Read<bool> {
        Ok(self.parsed(key, "true or false")?.unwrap_or(absent))
    }

    /// Takes a field that is one string; any other value is not taken.
    pub(crate) fn one_text(&mut self, key: &str) -> Option<String> {
        let text = serde_json::from_str(self.fields.get(key)?).ok()?;
        self.fields.remove(key);
        text
    }

    pub(crate) fn count(&mut self, key: &str) -> Read<Option<u64>> {
        self.parsed(key, "a count")
    }

    /// A limit to the response in tokens. An invalid number makes the request malformed for every vendor.
    pub(crate) fn limit(&mut self, key: &str) -> Read<Option<u64>> {
        let limit = self.count(key)?;
        match limit {
            Some(0) => Err(malformed(self.dialect, &self.path(key), "greater than 0")),
            limit => Ok(limit),
        }
    }

    pub(crate) fn number(&mut self, key: &str) -> Read<Option<f64>> {
        self.parsed(key, "a number")
    }

    pub(crate) fn texts(&mut self, key: &str) -> Read<Vec<String>> {
        Ok(self.parsed(key, "an array of strings")?.unwrap_or_default())
    }

    /// The JSON texts of an array's elements; empty if the field is absent.
    pub(crate) fn elements(&mut self, key: &str) -> Read<Vec<&'a str>> {
        let elements: Option<Vec<&'a RawValue>> = self.parsed(key, "an array")?;
        let elements = elements.unwrap_or_default().into_iter();
        Ok(elements.map(RawValue::get).collect())
    }

    pub(crate) fn object(&mut self, key: &str, place: &'static str) -> Read<Option<Object<'a>>> {
        let raw = self.take(key);
        raw.map(|raw| Object::read(self.dialect, place, raw))
            .transpose()
    }

    pub(crate) fn needed_object(&mut self, key: &str, place: &'static str) -> Read<Object<'a>> {
        let object = self.object(key, place)?;
        object.ok_or_else(|| malformed(self.dialect, &self.path(key), "an object"))
    }

    /// Applies a rule to every field that the translation did not read; unknown fields are dropped as unknown. `{}`, `[]` and `""` are values.
    ///
    /// # Errors
    /// A field that cannot be dropped.
    pub(crate) fn end(self, fates: &[(&str, Fate)], left_out: &mut Vec<LeftOut>) -> Read<()> {
        self.settle(fates, Unlisted::Dropped, left_out)
    }

    /// As [`Object::end`], for objects in which an unknown field can change the meaning.
    ///
    /// # Errors
    /// A field that cannot be dropped, unknown ones included.
    pub(crate) fn end_strictly(
        self,
        fates: &[(&str, Fate)],
        left_out: &mut Vec<LeftOut>,
    ) -> Read<()> {
        self.settle(fates, Unlisted::Refused, left_out)
    }

    fn settle(
        self,
        fates: &[(&str, Fate)],
        unlisted: Unlisted,
        left_out: &mut Vec<LeftOut>,
    ) -> Read<()> {
        for (key, raw) in self.fields.iter().filter(|(_, raw)| **raw != "null") {
            let fate = fates.iter().find(|(name, _)| name == key);
            let why = match fate.map(|(_, fate)| *fate) {
                Some(Fate::LeftOut(why)) => why,
                Some(Fate::Only(default)) if same(raw, default) => continue,
                Some(Fate::Only(_) | Fate::Refused) => return Err(self.refused(key)),
                Some(Fate::Kept) => {
                    let field = self.path(key);
                    return Err(Untranslatable::Kept { field });
                }
                None if unlisted == Unlisted::Refused => return Err(self.refused(key)),
                None => Why::Unknown,
            };
            leave_out(left_out, self.path(&name_of(key)), why);
        }
        Ok(())
    }

    /// The JSON texts of all fields, unchanged.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.fields.iter().map(|(key, raw)| (key.as_str(), *raw))
    }

    /// A field whose value is not supported.
    pub(crate) fn refused(&self, key: &str) -> Untranslatable {
        Untranslatable::Field {
            dialect: self.dialect,
            field: self.path(key),
        }
    }

    pub(crate) fn path(&self, key: &str) -> String {
        match self.place {
            "" => key.to_owned(),
            place => format!("{place}.{key}"),
        }
    }
}

/// A field's name for a list that people read: the client chooses it, so its length and characters are limited.
pub(crate) fn name_of(key: &str) -> String {
    const LONGEST: usize = 64;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let shown = key.bytes().map(|byte| match plain(byte) {
        true => char::from(byte),
        false => '?',
    });
    shown.take(LONGEST).collect()
}

pub(crate) fn malformed(dialect: Dialect, place: &str, wanted: &str) -> Untranslatable {
    let place = if place.is_empty() { "the body" } else { place };
    Untranslatable::Malformed {
        dialect,
        what: format!("{place} is not {wanted}"),
    }
}

/// Equal JSON values: `0` and `0.0`, with or without spaces.
fn same(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|json| serde_json::from_str::<Value>(json).ok());
    match (one.as_ref(), other.as_ref()) {
        (Some(Value::Number(one)), Some(Value::Number(other))) => one.as_f64() == other.as_f64(),
        (one, other) => one.is_some() && one == other,
    }
}

/// A string or an array of parts.
pub(crate) enum Content<'a> {
    Text(String),
    Parts(Vec<&'a str>),
}

impl<'a> Content<'a> {
    pub(crate) fn read(dialect: Dialect, place: &'static str, raw: Option<&'a str>) -> Read<Self> {
        let Some(raw) = raw else {
            return Ok(Content::Parts(Vec::new()));
        };
        if raw.starts_with('"') {
            let text = string(raw).map(Content::Text);
            return text.ok_or_else(|| malformed(dialect, place, "a string"));
        }
        let parts: Result<Vec<&'a RawValue>, _> = serde_json::from_str(raw);
        let parts = parts.map_err(|_| malformed(dialect, place, "a string or an array"))?;
        Ok(Content::Parts(
            parts.into_iter().map(RawValue::get).collect(),
        ))
    }
}
