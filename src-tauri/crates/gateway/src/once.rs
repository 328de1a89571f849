//! Asked twice, run once: requests with an idempotency key, and clients that close their connection and ask again.
//! Two open identical requests without a key are two requests.

mod identity;
mod keyed;
mod lingering;
mod proof;
mod replays;
mod tape;

use catalog::Dialect;
use http::Response;
use tokio::sync::mpsc;
use wire::{Client, Kind};

use crate::admitted::Admitted;
use crate::deliver::outlet::Outlet;
use crate::deliver::{rescue, respond};
use crate::held::Held;
use crate::open::OpenExchange;
use crate::services::Services;
use crate::{Body, Limits};
use keyed::{Claim, Keyed};
use lingering::{Lingering, Wanted};
use replays::Replays;
use tape::{Next, Reader, Recorder, TapeEnd, tape};

pub(crate) use identity::{Asker, key};
pub use replays::{ReplayAsk, Unkept};

/// What may be asked twice.
#[derive(Debug)]
pub(crate) struct Once {
    keyed: Keyed,
    lingering: Lingering,
    recorded: Held,
}

impl Once {
    pub(crate) fn new(replays: mpsc::Sender<ReplayAsk>) -> Self {
        Self {
            keyed: Keyed::new(Replays::new(replays)),
            lingering: Lingering::default(),
            recorded: Held::default(),
        }
    }

    fn tape(&self, limits: &Limits) -> (Recorder, Reader) {
        tape(self.recorded.share(), limits.recorded)
    }

    /// How many requests wait for their clients to come back.
    pub(crate) fn lingering(&self) -> usize {
        self.lingering.len()
    }

    /// The answer that a client left and comes back for.
    pub(crate) async fn rejoin(
        &self,
        asker: &Asker,
        client: &Client,
        dialect: Dialect,
    ) -> Option<Response<Body>> {
        if !client.asks_again() {
            return None;
        }
        let reader = self.lingering.rejoin(asker)?;
        Some(give(reader, dialect).await)
    }
}

/// Answer a request that was admitted, and run it no more than once.
pub(crate) async fn answer(
    services: &Services,
    admitted: Admitted,
    exchange: OpenExchange,
    asker: Asker,
    key: Option<String>,
) -> Response<Body> {
    match key {
        Some(key) => answer_keyed(services, admitted, exchange, &asker, &key).await,
        None if may_come_back(&admitted) => {
            answer_lingering(services, admitted, exchange, asker).await
        }
        None => respond::answer(services, admitted, exchange).await,
    }
}

/// Before HTTP/1.1 a client is given a body with its length or its connection's end.
fn may_come_back(admitted: &Admitted) -> bool {
    let client = Client::identify(&admitted.head.headers);
    client.asks_again() && respond::has_chunks(admitted) && admitted.kind == Kind::Generate
}

async fn answer_keyed(
    services: &Services,
    admitted: Admitted,
    exchange: OpenExchange,
    asker: &Asker,
    key: &str,
) -> Response<Body> {
    let (dialect, kind) = (admitted.plan.dialect, admitted.kind);
    let streamed = admitted.streamed() && respond::has_chunks(&admitted);
    let replay_key = asker.keyed(&admitted.plan.route, key);
    match services
        .once()
        .keyed
        .claim(replay_key, services.now())
        .await
    {
        Claim::Run(ticket) => {
            let (recorder, reader) = services.once().tape(&admitted.config.limits);
            let asking = asking(services, admitted, exchange);
            let clock = services.clock();
            tokio::spawn(keyed::run(ticket, recorder, (dialect, kind), asking, clock));
            give(reader, dialect).await
        }
        Claim::Wait(twin) => twin.answer(dialect, streamed, exchange).await,
        Claim::Replay(answer) => keyed::replay_kept(dialect, answer, exchange),
        Claim::Refused(why) => keyed::refuse(dialect, why, exchange),
    }
}

async fn answer_lingering(
    services: &Services,
    admitted: Admitted,
    exchange: OpenExchange,
    asker: Asker,
) -> Response<Body> {
    let dialect = admitted.plan.dialect;
    let (recorder, reader) = services.once().tape(&admitted.config.limits);
    let all = services.once().lingering.clone();
    let wanted = Wanted::new(
        services.clone(),
        all,
        recorder.tape().clone(),
        asker,
        dialect,
    );
    let asking = asking(services, admitted, exchange);
    tokio::spawn(lingering::run(wanted, recorder, asking));
    give(reader, dialect).await
}

/// The request itself, whoever waits for it.
fn asking(
    services: &Services,
    admitted: Admitted,
    exchange: OpenExchange,
) -> impl Future<Output = Response<Body>> + Send + 'static {
    let services = services.clone();
    async move { respond::answer(&services, admitted, exchange).await }
}

/// What a reader meets, as a response.
async fn give(reader: Reader, dialect: Dialect) -> Response<Body> {
    let (head, body) = match reader.begin().await {
        Ok((head, Some(whole))) => (head, Body::plain(whole)),
        Ok((head, None)) => (head, Body::driven(|outlet| pass(reader, outlet))),
        Err(_) => return rescue::plain(rescue::our_fault(dialect)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    response
}

async fn pass(reader: Reader, outlet: Outlet) {
    loop {
        match reader.next().await {
            Next::Piece(piece) => {
                if outlet.give(piece).await.is_err() {
                    return;
                }
            }
            Next::End(TapeEnd::Whole) => return,
            Next::End(TapeEnd::Broken(why)) => return outlet.abort(why).await,
        }
    }
}
