//! The client side: pooled HTTP clients over any connection that the engine or a test opens.

mod dialed;
mod lanes;
mod life;
mod line;
mod preface;
mod room;
mod unsent;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Error;
use hyper_util::client::legacy::connect::capture_connection;
use tokio::sync::watch;

use crate::Config;
use lanes::Lanes;

pub use dialed::{BoxError, Connect, Dialed, Io, connect};
pub(crate) use lanes::{Arriving, Passed};
pub(crate) use line::Line;
pub(crate) use unsent::Unsent;

/// The pooled clients. They never retry: one attempt is one request.
#[derive(Clone)]
pub(crate) struct Upstream(Lanes);

impl Upstream {
    pub(crate) fn new(connect: Connect, config: watch::Receiver<Arc<Config>>) -> Self {
        Self(Lanes::new(connect, config))
    }

    /// A request whose body is not kept: it is sent once.
    pub(crate) async fn pass(
        &self,
        request: Request<Passed>,
        line: &Line,
    ) -> Result<Response<Arriving>, Unsent> {
        let sent = self.request(request, line).await;
        sent.map_err(|error| Unsent::of(&error))
    }

    /// `line` shows the connection that the request gets.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
        line: &Line,
    ) -> Result<Response<Arriving>, Unsent> {
        let again = request.clone();
        match self.request(request.map(passed), line).await {
            Err(error) if unsent::was_not_written(&error) => {
                self.pass(again.map(passed), line).await
            }
            sent => sent.map_err(|error| Unsent::of(&error)),
        }
    }

    /// After a suspend or a change of the network: new requests get new connections.
    pub(crate) fn renew(&self) {
        self.0.renew();
    }

    async fn request(
        &self,
        mut request: Request<Passed>,
        line: &Line,
    ) -> Result<Response<Arriving>, Error> {
        let slot = self.0.slot(request.uri()).await;
        line.sent(capture_connection(&mut request), slot.retired());
        let response = slot.client().request(request).await?;
        Ok(response.map(|body| Arriving::new(body, slot)))
    }
}

fn passed(body: Full<Bytes>) -> Passed {
    body.map_err(|never| match never {}).boxed_unsync()
}
