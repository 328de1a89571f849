//! A JSON object, parsed at its top level only. Fields can be replaced; all other values keep their bytes, including number
//! formats and escapes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::text::{self, Key};

/// Names with the JSON text of their values, in the order of the input.
#[derive(Clone, Debug, Default)]
pub struct Fields<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// # Errors
    /// `json` is not one JSON object.
    pub fn read(json: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }

    /// The same fields without a borrow.
    pub fn into_owned(self) -> Fields<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let fields = self.0.into_iter();
        Fields(
            fields
                .map(|(name, value)| (own(name), own(value)))
                .collect(),
        )
    }

    /// The JSON text of a value. The last of a repeated key applies, as in the clients' parsers.
    pub fn raw(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().rfind(|(name, _)| name == key);
        found.map(|(_, value)| &**value)
    }

    /// A value that is present and not null.
    pub fn non_null(&self, key: &str) -> Option<&str> {
        self.raw(key).filter(|value| *value != "null")
    }

    /// A string. A lone surrogate becomes U+FFFD; [`text::SurrogateJoiner`] joins a pair that is split over two strings.
    pub fn text(&self, key: &str) -> Option<String> {
        text::lenient(self.raw(key)?)
    }

    pub fn number(&self, key: &str) -> Option<u64> {
        serde_json::from_str(self.raw(key)?).ok()
    }

    pub fn object(&self, key: &str) -> Option<Fields<'_>> {
        Fields::read(self.raw(key)?.as_bytes()).ok()
    }

    /// The elements of an array that are objects.
    pub fn objects(&self, key: &str) -> Vec<Fields<'_>> {
        let elements = self.raw(key).map(serde_json::from_str::<Vec<&RawValue>>);
        let elements = elements.and_then(Result::ok).unwrap_or_default();
        let objects = elements
            .into_iter()
            .map(|raw| Fields::read(raw.get().as_bytes()));
        objects.filter_map(Result::ok).collect()
    }

    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        self.set_raw(key, value.into().to_string());
    }

    /// `json`: the text of one JSON value.
    pub fn set_raw(&mut self, key: &'static str, json: String) {
        let place = self.0.iter().position(|(name, _)| name == key);
        self.remove(key);
        let place = place.unwrap_or(self.0.len());
        self.0.insert(place, (Cow::Borrowed(key), Cow::Owned(json)));
    }

    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(name, _)| name != key);
    }

    /// Names with the JSON text of their values, in order, repeated ones included.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (name, value)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}:{value}", Value::from(&**name))?;
        }
        f.write_str("}")
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((Key(name), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    fields.push((name, Cow::Borrowed(value.get())));
                }
                Ok(Fields(fields))
            }
        }
        from.deserialize_map(Visit)
    }
}

/// A JSON array of these JSON texts.
pub fn array<'a>(elements: impl IntoIterator<Item = &'a str>) -> String {
    let elements: Vec<&str> = elements.into_iter().collect();
    format!("[{}]", elements.join(","))
}

#[cfg(test)]
mod tests;
