//! The short id of an exchange in its response, its error texts, the log and the ledger.

use std::fmt::{self, Display, Formatter};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue};

/// On every response: the exchange to which it belongs.
pub(crate) const HEADER: &str = "x-understudy-exchange";
/// Ids count from 2026-01-01, so that they stay short.
const EPOCH: i64 = 1_767_225_600;
/// Ids per second, as a number of bits.
const PER_SECOND_BITS: u32 = 10;
/// Crockford's alphabet: no letter that looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Unique within an installation, and increasing: the second of its creation and a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(u64);

impl ExchangeId {
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// Replaces an existing id.
    pub(crate) fn name_in(self, headers: &mut HeaderMap) {
        headers.insert(HEADER, self.header());
    }

    /// Keeps the id of a response that another exchange began.
    pub(crate) fn name_where_missing(self, headers: &mut HeaderMap) {
        headers.entry(HEADER).or_insert_with(|| self.header());
    }

    fn header(self) -> HeaderValue {
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static("0"))
    }
}

impl Display for ExchangeId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut digits = Vec::new();
        let mut rest = self.0;
        loop {
            digits.push(ALPHABET[(rest % 32) as usize]);
            rest /= 32;
            if rest == 0 {
                break;
            }
        }
        digits
            .iter()
            .rev()
            .try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

/// The id of a request, which is created when it is first needed: a rejected request uses none.
#[derive(Debug)]
pub(crate) struct LazyId {
    ids: ExchangeIds,
    at: DateTime<Utc>,
    created: OnceLock<ExchangeId>,
}

impl LazyId {
    pub(crate) fn get(&self) -> ExchangeId {
        *self.created.get_or_init(|| self.ids.next(self.at))
    }

    pub(crate) fn created(&self) -> Option<ExchangeId> {
        self.created.get().copied()
    }
}

/// Creates ids. A burst of more than 1024 within a second uses those of the following seconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExchangeIds(Arc<AtomicU64>);

impl ExchangeIds {
    pub(crate) fn lazy(&self, at: DateTime<Utc>) -> LazyId {
        LazyId {
            ids: self.clone(),
            at,
            created: OnceLock::new(),
        }
    }

    pub(crate) fn next(&self, now: DateTime<Utc>) -> ExchangeId {
        let second = u64::try_from(now.timestamp() - EPOCH).unwrap_or_default();
        let first = second << PER_SECOND_BITS;
        let following = |last: u64| first.max(last + 1);
        let last = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(following(last))
            });
        let (Ok(last) | Err(last)) = last;
        ExchangeId(following(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(EPOCH + second, 0).unwrap_or_default()
    }

    #[test]
    fn ids_are_unique_within_a_second_and_over_a_restart() {
        let ids = ExchangeIds::default();
        let mut all: Vec<ExchangeId> = (0..3000).map(|_| ids.next(at(9_000_000))).collect();
        // If the clock is set back, no id of this run is repeated.
        all.extend((0..10).map(|_| ids.next(at(8_999_990))));
        let restarted = ExchangeIds::default();
        all.extend((0..1000).map(|_| restarted.next(at(9_000_010))));
        let mut sorted = all.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), all.len());
    }

    #[test]
    fn an_id_is_short_and_has_no_ambiguous_letter() {
        let id = ExchangeIds::default().next(at(28_857_600)).to_string();
        assert!((6..=8).contains(&id.len()), "{id}");
        assert!(!id.contains(['i', 'l', 'o', 'u']), "{id}");
        assert_eq!(ExchangeId::new(0).to_string(), "0");
        assert_eq!(ExchangeId::new(32 * 32 + 31).to_string(), "10z");
    }
}
