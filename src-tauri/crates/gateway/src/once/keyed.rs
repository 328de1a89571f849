//! A request with an idempotency key: it runs once, to its end, and its response is on the disk before its terminal event is
//! sent.

mod run;
mod waiting;

use catalog::Dialect;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use ledger::ReplayAnswer;

use crate::attempt::headers::REPLAYED;
use crate::deliver::client_response::ClientResponse;
use crate::deliver::rescue;
use crate::deliver::respond;
use crate::open::OpenExchange;
use crate::{Body, End, TurnedAway};
pub(crate) use run::run;

const TRUE: HeaderValue = HeaderValue::from_static("true");

pub(crate) fn refuse(dialect: Dialect, why: TurnedAway, exchange: OpenExchange) -> Response<Body> {
    let reply = rescue::turned_away(dialect, &why);
    respond::end(reply, exchange, End::TurnedAway(why))
}

/// A response from the ledger.
pub(crate) async fn replay_kept(
    dialect: Dialect,
    answer: ReplayAnswer,
    exchange: OpenExchange,
) -> Response<Body> {
    let Ok(status) = StatusCode::from_u16(answer.status) else {
        return refuse(dialect, TurnedAway::AnswerGone, exchange);
    };
    let content_type = answer
        .content_type
        .and_then(|text| HeaderValue::try_from(text).ok());
    let headers = content_type.map(|value| (CONTENT_TYPE, value));
    let reply = ClientResponse {
        status,
        headers: HeaderMap::from_iter(headers),
        body: answer.body.into(),
        ours: false,
    };
    replay(reply, exchange).await
}

/// The response to another request.
async fn replay(reply: ClientResponse, exchange: OpenExchange) -> Response<Body> {
    let (reply, end) = replayed(reply);
    respond::end_or_park(reply, exchange, end).await
}

fn replayed(mut reply: ClientResponse) -> (ClientResponse, End) {
    reply.headers.insert(REPLAYED, TRUE);
    let end = match reply.status {
        status if status.is_success() => End::Replayed,
        status if status.is_client_error() => End::CallersFault,
        _ => End::Exhausted,
    };
    (reply, end)
}
