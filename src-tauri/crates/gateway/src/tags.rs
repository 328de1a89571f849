//! Headers in which a client sends the pipeline and the item of its request.

use http::{HeaderMap, HeaderValue};

use crate::name::{self, BadName};

/// Name of the pipeline of a request.
const PIPELINE: &str = "x-understudy-pipeline";
/// Name of the item in the pipeline: a sales contact, an invoice. Requests for the same item count once.
const ITEM: &str = "x-understudy-item";
/// In characters.
const LONGEST_ITEM: usize = 200;

/// The pipeline in a request's header; `None` also for a bad name ([`check_pipeline`]).
pub(crate) fn pipeline(headers: &HeaderMap) -> Option<String> {
    let name = text(headers.get(PIPELINE)?);
    check(&name).ok().map(|()| name)
}

/// # Errors The name in a request's header is too long, or has control characters.
pub(crate) fn check_pipeline(headers: &HeaderMap) -> Result<(), BadName> {
    let name = headers.get(PIPELINE).map(text);
    name.map_or(Ok(()), |name| check(&name))
}

/// # Errors [`BadName`]
pub(crate) fn check(name: &str) -> Result<(), BadName> {
    name::check("pipeline", name)
}

/// The item in a request's header.
pub(crate) fn item(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(ITEM)?.to_str().ok()?;
    Some(value.chars().take(LONGEST_ITEM).collect())
}

/// UTF-8, or Latin-1 as Node.js writes it: without its pipeline a request would not be parked.
fn text(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &[u8]) -> HeaderMap {
        let value = HeaderValue::from_bytes(value).unwrap();
        HeaderMap::from_iter([(PIPELINE.parse().unwrap(), value)])
    }

    #[test]
    fn a_pipeline_is_read_in_both_encodings() {
        for value in ["Prüfung".as_bytes(), b"Pr\xfcfung"] {
            let headers = of(value);
            assert_eq!(pipeline(&headers).as_deref(), Some("Prüfung"));
            assert_eq!(check_pipeline(&headers), Ok(()));
        }
    }

    #[test]
    fn a_bad_pipeline_is_an_error_and_no_name() {
        let long = "x".repeat(257);
        for value in [
            long.as_bytes(),
            b"a\tb",
            b"a\xc2\x9bb",
            b"a\x9bb",
            "\u{202e}a".as_bytes(),
        ] {
            let headers = of(value);
            assert_eq!(pipeline(&headers), None, "{value:?}");
            assert!(check_pipeline(&headers).is_err(), "{value:?}");
        }
    }
}
