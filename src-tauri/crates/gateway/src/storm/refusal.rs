//! Refusals of requests that are repeated in a loop.

/// If the same request got no complete response this often within a minute, the next one is refused.
pub(crate) const REPEATS: usize = 40;
/// After this many consecutive refusals as too large, a session's next request of that size is refused here.
pub(crate) const TOO_LARGE: u32 = 5;

/// Why a request is refused as part of a storm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Storm {
    #[error(
        "The same request was sent over {REPEATS} times within a minute, and none of them got a complete response. It is not sent on \
         again for now, so that the loop ends: stop the client or change the request, then look at Understudy's Requests view for \
         what went wrong"
    )]
    Repeated,
    #[error(
        "{TOO_LARGE} requests in a row of this session were refused as too large, and this one is no smaller. Start a new \
         conversation or let the client compact this one"
    )]
    TooLarge,
}
