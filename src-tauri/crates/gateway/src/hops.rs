//! A mark against loops through another proxy or another engine: each engine adds its id to a request for a server that may send
//! it back, and refuses a request that has its own id, or too many.

use std::hash::{BuildHasher, RandomState};

use catalog::Endpoint;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The ids of the engines that a request has passed, separated by commas.
const HEADER: HeaderName = HeaderName::from_static("x-understudy-via");
/// Engines that a request may have passed.
const MOST: usize = 4;

/// The id of this engine until it ends. It identifies nothing else.
#[derive(Debug)]
pub(crate) struct Hops(String);

/// Why a request is refused as part of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Loop {
    #[error(
        "This request was sent by this engine and came back through another proxy. Correct the settings of one of them: an \
         endpoint's `base` in Understudy's settings, or the proxy's address for this model"
    )]
    CameBack,
    #[error(
        "This request has passed {MOST} engines of Understudy, which is the limit. Correct the `base` of an endpoint in the \
         settings of one of them"
    )]
    TooManyHops,
}

impl Default for Hops {
    fn default() -> Self {
        Self::new(RandomState::new().hash_one(HEADER.as_str()))
    }
}

impl Hops {
    fn new(id: u64) -> Self {
        Self(format!("{id:016x}"))
    }

    /// # Errors [`Loop`]
    pub(crate) fn check(&self, request: &HeaderMap) -> Result<(), Loop> {
        if passed(request).any(|id| id == self.0) {
            return Err(Loop::CameBack);
        }
        if passed(request).count() >= MOST {
            return Err(Loop::TooManyHops);
        }
        Ok(())
    }

    /// Marks the request of an attempt. A vendor's own server gets no mark: it sends nothing back.
    pub(crate) fn mark(&self, client: &HeaderMap, endpoint: &Endpoint, headers: &mut HeaderMap) {
        if !endpoint.may_loop {
            return;
        }
        let ids: Vec<&str> = passed(client).chain([self.0.as_str()]).collect();
        if let Ok(mark) = HeaderValue::try_from(ids.join(", ")) {
            headers.insert(HEADER, mark);
        }
    }
}

fn passed(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(HEADER).into_iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let ids = values.flat_map(|value| value.split(','));
    ids.map(str::trim).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use catalog::Dialect;

    use super::*;

    fn via(mark: &str) -> HeaderMap {
        HeaderMap::from_iter([(HEADER, mark.parse().unwrap())])
    }

    #[test]
    fn a_request_passes_other_engines_and_never_the_same_one_twice() {
        let own = Hops::new(7);
        assert_eq!(own.check(&HeaderMap::new()), Ok(()));
        assert_eq!(own.check(&via("a, b,,c")), Ok(()));
        assert_eq!(own.check(&via("a, b, c, d")), Err(Loop::TooManyHops));
        let back = format!("a,{}", own.0);
        assert_eq!(own.check(&via(&back)), Err(Loop::CameBack));
        let mut two = via("a");
        two.append(HEADER, own.0.parse().unwrap());
        assert_eq!(own.check(&two), Err(Loop::CameBack));
    }

    #[test]
    fn only_a_server_that_is_no_vendor_gets_the_mark() {
        let own = Hops::new(7);
        let mut endpoint = Endpoint::new("x".into(), "x".into(), "http://x", Dialect::ALL);
        for (may_loop, mark) in [(true, Some("a, 0000000000000007")), (false, None)] {
            endpoint.may_loop = may_loop;
            let mut headers = HeaderMap::new();
            own.mark(&via("a"), &endpoint, &mut headers);
            let found = headers.get(HEADER).map(|mark| mark.to_str().unwrap());
            assert_eq!(found, mark);
        }
    }
}
