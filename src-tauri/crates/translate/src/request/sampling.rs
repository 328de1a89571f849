//! Sampling parameters and penalties other than temperature and `top_p`. They only tune, and the dialects differ in them.

use std::collections::BTreeMap;

use catalog::Dialect;

use super::dropped::{LeftOut, Why, leave_out};
use super::object::{Object, Read, malformed};
use super::text::Pairs;

/// By name, with the JSON text of its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sampling(BTreeMap<&'static str, String>);

/// A parameter, the reason for dropping it, and the value that has no effect.
struct Known {
    name: &'static str,
    why: Why,
    neutral_value: f64,
    dialects: &'static [Dialect],
}

/// Sources: the vendors' API references ("Messages", "Chat Completions"); `min_p`, `top_k`, `top_a` and `repetition_penalty` in Chat
/// are OpenRouter's, vLLM's and Together's.
const KNOWN: &[Known] = &[
    known("top_k", Why::Sampling, 0.0, &[Dialect::Anthropic]),
    known("seed", Why::Sampling, f64::NAN, &[Dialect::OpenaiChat]),
    known("min_p", Why::Sampling, 0.0, &[]),
    known("top_a", Why::Sampling, 0.0, &[]),
    known("typical_p", Why::Sampling, 1.0, &[]),
    known(
        "presence_penalty",
        Why::Penalty,
        0.0,
        &[Dialect::OpenaiChat],
    ),
    known(
        "frequency_penalty",
        Why::Penalty,
        0.0,
        &[Dialect::OpenaiChat],
    ),
    known("repetition_penalty", Why::Penalty, 1.0, &[]),
    known("length_penalty", Why::Penalty, 1.0, &[]),
];

const fn known(
    name: &'static str,
    why: Why,
    neutral_value: f64,
    dialects: &'static [Dialect],
) -> Known {
    Known {
        name,
        why,
        neutral_value,
        dialects,
    }
}

impl Sampling {
    /// All of these parameters that a request of the dialect can have.
    pub(crate) const CHAT: &'static [&'static str] = &[
        "top_k",
        "seed",
        "min_p",
        "top_a",
        "typical_p",
        "presence_penalty",
        "frequency_penalty",
        "repetition_penalty",
        "length_penalty",
    ];

    /// # Errors A value is not a number.
    pub(crate) fn take(&mut self, body: &mut Object<'_>, names: &[&'static str]) -> Read<()> {
        for name in names {
            let Some(raw) = body.take(name) else {
                continue;
            };
            if serde_json::from_str::<f64>(raw).is_err() {
                return Err(malformed(body.dialect(), name, "a number"));
            }
            self.0.insert(name, raw.to_owned());
        }
        Ok(())
    }

    /// Writes the parameters that `dialect` has, unless the model accepts no sampling parameters (`refused`) or its endpoint
    /// allows the field by name. The others are dropped, and listed if they have an effect.
    pub(crate) fn write(
        &self,
        dialect: Dialect,
        refused: bool,
        allowed: impl Fn(&str) -> bool,
        left_out: &mut Vec<LeftOut>,
    ) -> Pairs {
        let mut pairs = Pairs::new();
        for Known {
            name,
            why,
            neutral_value,
            dialects,
        } in KNOWN
        {
            let Some(raw) = self.0.get(name) else {
                continue;
            };
            let has = dialects.contains(&dialect) || allowed(name);
            let value = serde_json::from_str::<f64>(raw).unwrap_or(f64::NAN);
            if has && !refused {
                pairs.push((name, raw.clone()));
            } else if value != *neutral_value {
                leave_out(left_out, *name, *why);
            }
        }
        pairs
    }
}
