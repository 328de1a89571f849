//! The key of an effect: the client's own, or one that is equal for every repetition of a step. Pure.

use http::HeaderMap;
use ledger::Digest;
use sha2::{Digest as _, Sha256};

const ITEM: &str = "x-understudy-item";
const STEP: &str = "x-understudy-step";
/// In bytes.
const LONGEST: usize = 500;

/// Why a request has no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoKey {
    #[error(
        "This effect needs a key, so that a repeated step does not act twice. Add the header Idempotency-Key with a value that is unique to this action, or x-understudy-item with the name of the item (an order, an invoice) and x-understudy-pipeline with the workflow's name."
    )]
    Missing,
    #[error("The header {0} is longer than {LONGEST} bytes: use a shorter name or an id.")]
    TooLong(&'static str),
}

/// The key of this request, and the item that it names.
pub(crate) fn key(
    headers: &HeaderMap,
    own: Option<String>,
    pipeline: Option<&str>,
    effect: &str,
) -> Result<(String, Option<String>), NoKey> {
    let item = text(headers, ITEM)?;
    let step = text(headers, STEP)?;
    match (own, item) {
        (Some(key), item) => Ok((key, item)),
        (None, Some(item)) => {
            let step = step.as_deref().unwrap_or(effect);
            let digest = digest(&[pipeline.unwrap_or_default(), &item, step].map(str::as_bytes));
            let hex: String = digest[..16].iter().map(|b| format!("{b:02x}")).collect();
            Ok((format!("understudy-{hex}"), Some(item)))
        }
        (None, None) => Err(NoKey::Missing),
    }
}

/// Parts are hashed with their lengths, so that no part can be confused with the end of another.
pub(crate) fn digest(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// UTF-8, or Latin-1 as Node.js writes it. None: absent or empty.
pub(crate) fn text(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, NoKey> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    if value.len() > LONGEST {
        return Err(NoKey::TooLong(name));
    }
    let text = match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    };
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            (HeaderName::from_static(name), value)
        });
        pairs.collect()
    }

    fn of(pairs: &[(&'static str, &str)], pipeline: &str) -> String {
        key(&headers(pairs), None, Some(pipeline), "invoice")
            .unwrap()
            .0
    }

    #[test]
    fn a_key_is_equal_for_a_repeated_step_and_for_nothing_else() {
        let item = (ITEM, "lead-17");
        let first = of(&[item], "Leads");
        assert_eq!(first, of(&[item], "Leads"));
        assert_eq!(first, of(&[item, (STEP, "invoice")], "Leads"));
        assert!(
            first.starts_with("understudy-") && first.len() == 43,
            "{first}"
        );
        let others = [
            of(&[(ITEM, "lead-18")], "Leads"),
            of(&[item], "Lead"),
            of(&[item, (STEP, "reminder")], "Leads"),
            of(&[(ITEM, "Prüfung")], "Leads"),
        ];
        for other in &others {
            assert_ne!(*other, first);
        }
        // "ab" + "c" is not "a" + "bc".
        assert_ne!(of(&[(ITEM, "bc")], "a"), of(&[(ITEM, "c")], "ab"));
    }

    #[test]
    fn the_clients_own_key_is_used_unchanged() {
        let named = headers(&[(ITEM, "lead-17")]);
        let own = key(&named, Some("order 17".to_owned()), None, "invoice");
        assert_eq!(own, Ok(("order 17".to_owned(), Some("lead-17".to_owned()))));
    }

    #[test]
    fn without_a_key_and_an_item_the_error_names_what_to_add() {
        let none = key(&HeaderMap::new(), None, Some("Leads"), "invoice");
        let text = none.unwrap_err().to_string();
        assert!(
            text.contains("Idempotency-Key") && text.contains(ITEM),
            "{text}"
        );
        let long = headers(&[(ITEM, &"x".repeat(501))]);
        assert_eq!(key(&long, None, None, "invoice"), Err(NoKey::TooLong(ITEM)));
    }
}
