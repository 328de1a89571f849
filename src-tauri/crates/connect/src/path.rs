//! The place of a value in a document.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step from a container to its content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Key(String),
    /// The items of a list that have this key with this value.
    Where {
        key: String,
        value: String,
    },
    /// The item of a list with this number, from 0.
    Item(usize),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct KeyPath(pub Vec<Step>);

impl KeyPath {
    /// `env.NAME`, `models[provider=openai].apiBase`, as the data files write it.
    pub(crate) fn parse(text: &str) -> KeyPath {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (key, filter) = part.split_once('[').unwrap_or((part, ""));
            steps.push(Step::Key(key.to_owned()));
            if let Some((key, value)) = filter.trim_end_matches(']').split_once('=') {
                steps.push(Step::Where {
                    key: key.to_owned(),
                    value: value.to_owned(),
                });
            }
        }
        KeyPath(steps)
    }

    /// The keys, if no step is an item of a list.
    pub(crate) fn keys(&self) -> Option<Vec<&str>> {
        let key = |step: &'_ Step| match step {
            Step::Key(_) => true,
            Step::Where { .. } | Step::Item(_) => false,
        };
        let all = self.0.iter().all(key);
        let keys = self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Where { .. } | Step::Item(_) => None,
        });
        all.then(|| keys.collect())
    }

    pub(crate) fn of_keys(keys: &[&str]) -> KeyPath {
        KeyPath(keys.iter().map(|key| Step::Key((*key).into())).collect())
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if at == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Where { key, value } => write!(f, "[{key}={value}]")?,
                Step::Item(number) => write!(f, "[{number}]")?,
            }
        }
        Ok(())
    }
}
