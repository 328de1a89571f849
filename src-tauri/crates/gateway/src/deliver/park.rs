//! The response to a request that is parked: its id is sent only after the request is on the disk.

use http::HeaderValue;

use crate::End;
use crate::deliver::client_response::ClientResponse;
use crate::open::OpenExchange;
use crate::review;

const HEADER: &str = "x-understudy-review-id";

/// The client's response, and the exchange if it has not ended yet. The error of a request that cannot be stored contains the
/// reason instead of an id.
pub(crate) async fn park(
    mut reply: ClientResponse,
    mut exchange: OpenExchange,
    how: End,
) -> (ClientResponse, Option<(OpenExchange, End)>) {
    let (dialect, id) = (exchange.dialect(), exchange.id());
    let review = exchange.review_id(&how).map(str::to_owned);
    let (Some(review), Some(waits)) = (review, exchange.waits(&how)) else {
        return (reply.cite(id), Some((exchange, how)));
    };
    // The response to another request with the same key names its item already.
    let named_before = reply.headers.remove(HEADER).is_some();
    let mut named = reply.clone();
    if !named_before {
        named.append_sentence(dialect, &waits);
    }
    let mut named = named.cite(id);
    if let Ok(review) = HeaderValue::from_str(&review) {
        named.headers.insert(HEADER, review);
    }
    exchange.handed(named.body.len());
    match exchange.park(how).await {
        Ok(()) => (named, None),
        Err(unkept) => {
            reply.append_sentence(dialect, &review::unparked(&unkept));
            (reply.cite(id), None)
        }
    }
}
