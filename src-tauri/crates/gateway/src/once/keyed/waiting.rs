//! Another request with the same key, while the first is running.

use bytes::Bytes;
use catalog::Dialect;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Response, StatusCode};
use tokio::time::timeout;

use super::super::keyed_runs::{RunResult, Waiting};
use super::{TRUE, replayed};
use crate::attempt::headers::REPLAYED;
use crate::deliver::KEEP_ALIVE;
use crate::deliver::client_response::ClientResponse;
use crate::deliver::outlet::Outlet;
use crate::deliver::park::park;
use crate::deliver::rescue;
use crate::deliver::respond;
use crate::open::OpenExchange;
use crate::{Body, End, TurnedAway};

type RunResultFuture = BoxFuture<'static, Option<RunResult>>;

impl Waiting {
    /// The first request's response, when it is available. `streamed`: the client reads an event stream, and can be kept alive.
    pub(crate) async fn answer(
        self,
        dialect: Dialect,
        streamed: bool,
        exchange: OpenExchange,
    ) -> Response<Body> {
        let mut result_future = self.result_future();
        let result = if streamed {
            match timeout(KEEP_ALIVE, &mut result_future).await {
                Ok(result) => result,
                // The status can no longer change.
                Err(_) => {
                    let kept_alive = |outlet| wait(result_future, dialect, exchange, outlet);
                    let mut response = respond::kept_alive(Body::driven(kept_alive));
                    response.headers_mut().insert(REPLAYED, TRUE);
                    return response;
                }
            }
        } else {
            result_future.await
        };
        let (reply, end) = reply(result, dialect);
        respond::end_or_park(reply, exchange, end).await
    }

    fn result_future(mut self) -> RunResultFuture {
        async move {
            match self.0.wait_for(Option::is_some).await {
                Ok(result) => result.clone(),
                Err(_) => None,
            }
        }
        .boxed()
    }
}

async fn wait(
    mut result_future: RunResultFuture,
    dialect: Dialect,
    mut exchange: OpenExchange,
    outlet: Outlet,
) {
    let result = loop {
        if outlet.give(respond::WAITING).await.is_err() {
            return;
        }
        if let Ok(result) = timeout(KEEP_ALIVE, &mut result_future).await {
            break result;
        }
    };
    exchange.answered(StatusCode::OK);
    let (reply, end) = reply(result, dialect);
    let succeeded = reply.status.is_success();
    let (reply, open) = park(reply, exchange, end).await;
    let body: Bytes = if succeeded {
        reply.body
    } else {
        rescue::as_event(dialect, &reply)
    };
    let open = open.map(|(mut exchange, end)| {
        exchange.handed(body.len());
        (exchange, end)
    });
    if outlet.give(body).await.is_ok() {
        if let Some((exchange, end)) = open {
            exchange.end(end);
        }
        if !succeeded {
            outlet
                .abort("the request with this key failed".to_owned())
                .await;
        }
    }
}

/// `None`: the first ended without a result.
fn reply(result: Option<RunResult>, dialect: Dialect) -> (ClientResponse, End) {
    let away = |why: TurnedAway| (rescue::turned_away(dialect, &why), End::TurnedAway(why));
    match result {
        Some(RunResult::Released(reply)) => replayed(reply),
        Some(RunResult::TooLarge) => away(TurnedAway::AnswerGone),
        Some(RunResult::Unkept(why)) => away(TurnedAway::Unkept(why.to_string())),
        Some(RunResult::Broken(why)) => (rescue::truncated_response(dialect, &why), End::Exhausted),
        None => (rescue::our_fault(dialect), End::OurFault),
    }
}
