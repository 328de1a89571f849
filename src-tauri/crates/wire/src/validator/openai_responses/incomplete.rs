use serde::Deserialize;
use serde_json::value::RawValue;

use crate::validator::lenient::Word;

/// A value that is not an object counts as absent.
#[derive(Default)]
pub(super) struct IncompleteDetails<'a> {
    pub(super) reason: Word<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for IncompleteDetails<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Details<'a> {
            #[serde(borrow, default)]
            reason: Word<'a>,
        }
        let raw = <&'de RawValue>::deserialize(from)?;
        let details = serde_json::from_str::<Details<'de>>(raw.get());
        Ok(details.map_or_else(
            |_| Self::default(),
            |details| Self {
                reason: details.reason,
            },
        ))
    }
}
