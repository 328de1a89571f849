//! What is wrong with the ledger, as text for the owner.

use std::collections::BTreeMap;

use ledger::{LedgerError, OpenError};

/// A failed read or write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LedgerFailure {
    /// What it was for, as a verb: "record a probe".
    pub what: String,
    pub why: String,
}

impl LedgerFailure {
    pub(crate) fn new(what: &str, why: &LedgerError) -> LedgerFailure {
        LedgerFailure {
            what: what.to_owned(),
            why: why.to_string(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LedgerTrouble {
    /// It could not be opened; the history is in memory until it can.
    NotOpened(String),
    /// The same, and a later attempt is of no use: the file itself is not usable, or another program holds it.
    NotUsable(String),
    /// Deleted or replaced, and not yet back at its path. It is still written.
    Astray(String),
    /// Failed, by purpose, with their number.
    Failing {
        what: BTreeMap<String, u64>,
        /// Of the last one.
        why: String,
    },
}

impl LedgerTrouble {
    pub(crate) fn at_start(error: &OpenError) -> LedgerTrouble {
        let why = error.to_string();
        match error {
            OpenError::Full { .. }
            | OpenError::ReadOnly { .. }
            | OpenError::Io { .. }
            | OpenError::Sqlite { .. } => LedgerTrouble::NotOpened(why),
            OpenError::Newer { .. } | OpenError::Corrupt { .. } | OpenError::Locked { .. } => {
                LedgerTrouble::NotUsable(why)
            }
        }
    }

    /// The reason, as a text for the owner.
    pub(crate) fn why(&self) -> &str {
        match self {
            LedgerTrouble::NotOpened(why)
            | LedgerTrouble::NotUsable(why)
            | LedgerTrouble::Astray(why)
            | LedgerTrouble::Failing { why, .. } => why,
        }
    }

    /// The trouble after one more failure. A ledger that is not open or not at its path stays the trouble that is shown.
    pub(crate) fn with(trouble: Option<LedgerTrouble>, failure: LedgerFailure) -> LedgerTrouble {
        let mut what = match trouble {
            Some(LedgerTrouble::Failing { what, .. }) => what,
            Some(
                other @ (LedgerTrouble::NotOpened(_)
                | LedgerTrouble::NotUsable(_)
                | LedgerTrouble::Astray(_)),
            ) => return other,
            None => BTreeMap::new(),
        };
        *what.entry(failure.what).or_default() += 1;
        LedgerTrouble::Failing {
            what,
            why: failure.why,
        }
    }

    pub(crate) fn what(&self) -> String {
        match self {
            LedgerTrouble::NotOpened(why)
            | LedgerTrouble::NotUsable(why)
            | LedgerTrouble::Astray(why) => why.clone(),
            LedgerTrouble::Failing { what, why } => {
                let purpose = |(what, times): (&String, &u64)| match times {
                    1 => what.clone(),
                    _ => format!("{what} ({times} times)"),
                };
                let list: Vec<String> = what.iter().map(purpose).collect();
                format!("The ledger could not {}: {why}", list.join(", "))
            }
        }
    }

    pub(crate) fn fix(&self) -> &'static str {
        match self {
            LedgerTrouble::NotOpened(_) => {
                "Until then this run's history is kept in memory and lost when the engine stops. The engine retries every 10 s."
            }
            LedgerTrouble::NotUsable(_) => {
                "Until then this run's history is kept in memory and lost when the engine stops."
            }
            LedgerTrouble::Astray(_) => {
                "The engine retries every 10 s. Do not stop it before: only its open file has the history."
            }
            LedgerTrouble::Failing { .. } => {
                "What is listed is not in the history. This problem ends with the next write that succeeds; the engine attempts one every 10 s."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failed_purpose_is_listed_once() {
        let failures = ["record an exchange", "record a probe", "record an exchange"];
        let trouble = failures.into_iter().fold(None, |trouble, what| {
            let failure = LedgerFailure::new(what, &LedgerError::Full);
            Some(LedgerTrouble::with(trouble, failure))
        });
        assert_eq!(
            trouble.unwrap().what(),
            "The ledger could not record a probe, record an exchange (2 times): The disk is full. Free some space; until then nothing new is recorded."
        );
    }

    /// A ledger in memory is written; what failed at the start stays the reason.
    #[test]
    fn a_failure_never_hides_that_the_history_is_in_memory() {
        let first = LedgerTrouble::NotOpened("The disk is full.".into());
        let failure = LedgerFailure::new("record a probe", &LedgerError::Full);
        assert_eq!(LedgerTrouble::with(Some(first.clone()), failure), first);
    }
}
