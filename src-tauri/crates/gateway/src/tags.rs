//! The pipeline and the item of a request.

use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use crate::NamedToken;
use crate::name::{self, BadName};

/// Name of the pipeline of a request.
const PIPELINE: &str = "x-understudy-pipeline";
/// Name of the item in the pipeline: a sales contact, an invoice. Requests for the same item count once.
const ITEM: &str = "x-understudy-item";
/// In characters.
const LONGEST_ITEM: usize = 200;

/// The pipeline of a request: from its path, else its token, else its header.
pub(crate) fn pipeline_of(head: &Parts, in_path: Option<String>) -> Option<String> {
    let of_token = || {
        let token = head.extensions.get::<NamedToken>()?;
        token.pipeline.as_deref().map(str::to_owned)
    };
    in_path
        .or_else(of_token)
        .or_else(|| pipeline(&head.headers))
}

/// The pipeline in a request's header; `None` also for a bad name ([`check_pipeline`]).
fn pipeline(headers: &HeaderMap) -> Option<String> {
    let name = text(headers.get(PIPELINE)?);
    check(&name).ok().map(|()| name)
}

/// # Errors The name in a request's header is too long, or has control characters.
pub(crate) fn check_pipeline(headers: &HeaderMap) -> Result<(), BadName> {
    let name = headers.get(PIPELINE).map(text);
    name.map_or(Ok(()), |name| check(&name))
}

/// A pipeline's name that requests may have.
///
/// # Errors [`BadName`]
pub fn check(name: &str) -> Result<(), BadName> {
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
    fn the_path_has_priority_over_the_token_and_the_token_over_the_header() {
        let token = |pipeline: Option<&str>| {
            let token = NamedToken::new("n8n", "0123456789abcdef0123456789abcdef");
            pipeline.map_or(token.clone(), |name| token.of_pipeline(name))
        };
        for (path, key, header, expected) in [
            (Some("P"), Some(Some("K")), Some("H"), Some("P")),
            (Some("P"), None, Some("H"), Some("P")),
            (None, Some(Some("K")), Some("H"), Some("K")),
            (None, Some(None), Some("H"), Some("H")),
            (None, None, Some("H"), Some("H")),
            (None, Some(Some("K")), None, Some("K")),
            (None, None, None, None),
        ] {
            let mut head = http::Request::new(()).into_parts().0;
            if let Some(name) = header {
                head.headers.insert(PIPELINE, name.parse().unwrap());
            }
            if let Some(pipeline) = key {
                head.extensions.insert(token(pipeline));
            }
            let found = pipeline_of(&head, path.map(str::to_owned));
            assert_eq!(found.as_deref(), expected, "{path:?} {key:?} {header:?}");
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
