//! Sent twice, run once: requests with an idempotency key, and clients that close their connection and repeat the request. Two
//! open identical requests without a key are two requests.

mod attended;
mod away;
mod completion_check;
mod departure;
mod identity;
mod keyed;
mod keyed_runs;
mod lingering;
mod replay_ask;
mod replays;
mod runs;
mod tape;
mod unattended;

use catalog::Dialect;
use chrono::{DateTime, Utc};
use http::Response;
use ledger::ReplayAnswer;
use wire::{Client, Kind};

use crate::admitted::Admitted;
use crate::deliver::outlet::Outlet;
use crate::deliver::{rescue, respond};
use crate::exchange_id::LazyId;
use crate::open::OpenExchange;
use crate::pending::PendingWork;
use crate::services::Services;
use crate::{Body, ExchangeId};
use away::Found;
use departure::Departure;
use keyed_runs::Claim;
use lingering::Wanted;
use tape::{Next, Reader, Tape, TapeEnd};

pub(crate) use attended::Attended;
pub(crate) use away::Item;
pub use identity::KeyedRequest;
pub(crate) use identity::{RequestIdentity, credential, credential_of, key};
pub(crate) use keyed::replay_kept;
pub use replay_ask::ReplayAsk;
pub(crate) use runs::Once;

/// The response that a client left and retrieves again.
pub(crate) async fn rejoin(
    once: &Once,
    id: &LazyId,
    identity: &RequestIdentity,
    client: &Client,
    dialect: Dialect,
) -> Option<Response<Body>> {
    if !client.retries() {
        return None;
    }
    let reader = once.lingering_runs().rejoin(identity)?;
    Some(give(once, reader, dialect, id.get()).await)
}

/// The result of a pipeline's request whose client repeats it.
pub(crate) async fn again(once: &Once, id: ExchangeId, item: &Item, now: DateTime<Utc>) -> Again {
    match once.unattended().find(&item.key.scope).await {
        Found::Running(reader) => {
            return Again::Running(give(once, reader, item.dialect, id).await);
        }
        Found::Ended | Found::Nothing => {}
    }
    match once.replays().take(item.key, now).await {
        Ok(Some(answer)) => Again::Kept(answer),
        Ok(None) => Again::First,
        Err(unkept) => {
            tracing::warn!(%unkept, "the check for a stored response failed");
            Again::First
        }
    }
}

/// How a request is run once.
pub(crate) enum Run {
    /// It has an idempotency key.
    Keyed(KeyedRequest),
    /// A request of a pipeline.
    Item(Item),
    /// Its client may retrieve it.
    MayReturn(RequestIdentity),
}

/// The state of a pipeline's earlier request.
pub(crate) enum Again {
    First,
    /// It is running.
    Running(Response<Body>),
    /// It ended after its client had disconnected.
    Kept(ReplayAnswer),
}

/// Answers an admitted request, and runs it at most once.
pub(crate) async fn answer(
    services: &Services,
    admitted: Admitted,
    exchange: OpenExchange,
    run: Run,
) -> Response<Body> {
    match run {
        Run::Keyed(key) => answer_keyed(services, admitted, exchange, key).await,
        Run::Item(item) if runs_unattended(&admitted) => {
            answer_unattended(services, admitted, exchange, item).await
        }
        Run::MayReturn(identity) if may_come_back(&admitted) => {
            answer_lingering(services, admitted, exchange, identity).await
        }
        Run::Item(_) | Run::MayReturn(_) => respond::answer(services, admitted, exchange).await,
    }
}

fn may_come_back(admitted: &Admitted) -> bool {
    Client::identify(&admitted.head.headers).retries() && runs_unattended(admitted)
}

/// Before HTTP/1.1 a client gets a body with its length or with its connection's end.
fn runs_unattended(admitted: &Admitted) -> bool {
    respond::has_chunks(admitted) && admitted.kind == Kind::Generate
}

async fn answer_keyed(
    services: &Services,
    mut admitted: Admitted,
    exchange: OpenExchange,
    key: KeyedRequest,
) -> Response<Body> {
    let (dialect, kind, id) = (admitted.plan.dialect, admitted.kind, exchange.id());
    let streamed = admitted.streamed() && respond::has_chunks(&admitted);
    match services.once().keyed().claim(key, services.now()).await {
        Claim::Run(ticket) => {
            let (recorder, reader) = services.once().tape(&admitted.config.limits);
            let tape = recorder.tape().clone();
            let mut exchange = exchange.attended(Attended::new(services.stopped(), &tape, dialect));
            let departure = departure(services, &mut admitted, &mut exchange);
            let asking = asking(services, admitted, exchange);
            let running = keyed::run(
                ticket,
                recorder,
                id,
                (dialect, kind),
                asking,
                services.clone(),
            );
            tokio::spawn(watched(departure, tape, running));
            give(services.once(), reader, dialect, id).await
        }
        Claim::Wait(waiting) => waiting.answer(dialect, streamed, exchange).await,
        Claim::Replay(answer) => keyed::replay_kept(dialect, answer, exchange).await,
        Claim::Refused(why) => keyed::refuse(dialect, why, exchange),
    }
}

async fn answer_unattended(
    services: &Services,
    mut admitted: Admitted,
    exchange: OpenExchange,
    item: Item,
) -> Response<Body> {
    let (dialect, id) = (item.dialect, exchange.id());
    let (recorder, reader) = services.once().tape(&admitted.config.limits);
    let mut exchange =
        exchange.attended(Attended::new(services.stopped(), recorder.tape(), dialect));
    let departure = departure(services, &mut admitted, &mut exchange);
    let asking = asking(services, admitted, exchange);
    tokio::spawn(unattended::run(
        services.clone(),
        item,
        recorder,
        departure,
        asking,
    ));
    give(services.once(), reader, dialect, id).await
}

/// The effect of its client's disconnect on a request that continues without it.
fn departure(
    services: &Services,
    admitted: &mut Admitted,
    exchange: &mut OpenExchange,
) -> Departure {
    let departure = Departure::new(services.clone(), exchange.exit_group(), admitted.began);
    admitted.left = Some(departure.gone());
    departure
}

/// Runs this, and detects a disconnect of the client.
async fn watched(mut departure: Departure, tape: Tape, running: impl Future<Output = ()>) {
    let ran = tokio::select! {
        biased;
        () = running => true,
        () = departure.watch(&tape) => false,
    };
    if ran {
        departure.ended(&tape);
    }
}

async fn answer_lingering(
    services: &Services,
    admitted: Admitted,
    mut exchange: OpenExchange,
    identity: RequestIdentity,
) -> Response<Body> {
    let (dialect, id) = (admitted.plan.dialect, exchange.id());
    let (recorder, reader) = services.once().tape(&admitted.config.limits);
    let all = services.once().lingering_runs().clone();
    let departure = Departure::new(services.clone(), exchange.exit_group(), admitted.began);
    let wanted = Wanted::new(
        departure,
        services.clone(),
        all,
        recorder.tape().clone(),
        identity,
        dialect,
    );
    let asking = asking(services, admitted, exchange);
    tokio::spawn(lingering::run(wanted, recorder, asking));
    give(services.once(), reader, dialect, id).await
}

/// The request itself, with or without a reader.
fn asking(
    services: &Services,
    admitted: Admitted,
    exchange: OpenExchange,
) -> impl Future<Output = Response<Body>> + Send + 'static {
    let (services, id) = (services.clone(), exchange.id());
    async move {
        let mut response = respond::answer(&services, admitted, exchange).await;
        // A client that joins it later gets this id.
        id.name_in(response.headers_mut());
        response
    }
}

/// Converts the reader's first step into a response.
async fn give(once: &Once, reader: Reader, dialect: Dialect, id: ExchangeId) -> Response<Body> {
    let (head, body) = match reader.begin().await {
        Ok((head, Some(document))) => (head, Body::plain(document)),
        Ok((head, None)) => {
            let reading = once.replays().pending();
            (head, Body::driven(|outlet| pass(reader, outlet, reading)))
        }
        Err(_) => return rescue::plain(rescue::our_fault(dialect), Some(id)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    response
}

async fn pass(reader: Reader, outlet: Outlet, _reading: PendingWork) {
    loop {
        match reader.next().await {
            Next::Piece(piece) => {
                if outlet.give(piece).await.is_err() {
                    return;
                }
            }
            Next::End(TapeEnd::Complete) => return,
            Next::End(TapeEnd::Broken(why)) => return outlet.abort(why).await,
        }
    }
}
