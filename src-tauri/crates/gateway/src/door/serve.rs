//! Routes requests by path, and makes the checks that need no plan.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response};
use tokio::time::Instant;

use super::admission::ReadRequest;
use super::place::{Place, Target};
use super::unread::Unread;
use super::{Gateway, admit, models, pass, vendor};
use crate::draft::Draft;
use crate::exchange_id::LazyId;
use crate::once;
use crate::open::OpenExchange;
use crate::{Body, BoxError, Config, ExchangeKind, tags};

/// Route name of requests that are forwarded unparsed.
const PASSED: &str = "pass-through";

const MODELS: &str = "/v1/models";

const GREETING: &str = "{\"understudy\":\"ready\"}";

impl Gateway {
    /// Checks the headers, reads the body, and hands the request to its handler.
    pub(super) async fn serve<B>(
        &self,
        id: &LazyId,
        config: Arc<Config>,
        mut head: Parts,
        body: Unread<B>,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let began = Instant::now();
        let path = head.uri.path().to_owned();
        let place = Place::of(&path);
        let dialect = admit::spoken(&place.target, &head.headers);
        match admit::check_sender(&head, place.token, &config) {
            Ok(Some(token)) => drop(head.extensions.insert(token)),
            Ok(None) => {}
            Err(rejected) => return self.reject(&head, rejected, dialect),
        }
        let body = body.of_known_sender();
        if let Err(why) = admit::check(&head, &place, &config) {
            return self.turn_away((id, began), &head, dialect, why);
        }
        let named = place.check_pipeline();
        if let Err(why) = named.and_then(|()| tags::check_pipeline(&head.headers)) {
            return self.turn_away((id, began), &head, dialect, why.into());
        }
        if let Err(why) = self.0.hops().check(&head.headers) {
            return self.turn_away((id, began), &head, dialect, why.into());
        }
        let (dialect, kind) = match &place.target {
            Target::Ask(dialect, kind) => (*dialect, *kind),
            Target::Models if vendor::has_own_list(&head, MODELS, &config) => {
                return self
                    .pass((id, began), &config, (head, body), &place, MODELS)
                    .await;
            }
            Target::Models => return json(id, models::list(&self.0, &config, &head).await),
            Target::Review(review) => return self.fetch(id, &config, &head, review).await,
            Target::Other(path) => {
                return self
                    .pass((id, began), &config, (head, body), &place, path)
                    .await;
            }
            Target::Base | Target::Nothing => return json(id, GREETING),
        };
        let key = match once::key(&head.headers) {
            Ok(key) => key,
            Err(why) => return self.turn_away((id, began), &head, dialect, why),
        };
        let (body, share) = match admit::body(&mut head, body, self.0.bodies(), &config).await {
            Ok(read) => read,
            Err(why) => return self.turn_away((id, began), &head, dialect, why),
        };
        let request = ReadRequest {
            id,
            began,
            config,
            pipeline: place.pipeline(),
            head,
            body,
            share,
            dialect,
            kind,
            key,
        };
        self.admit(request).await
    }

    /// Forwards requests for other endpoints to the client's own vendor.
    async fn pass<B>(
        &self,
        (id, began): (&LazyId, Instant),
        config: &Config,
        (head, body): (Parts, B),
        place: &Place<'_>,
        path: &str,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let dialect = admit::spoken(&place.target, &head.headers);
        if let Some(full) = self.full(config) {
            return self.reject(&head, full, dialect);
        }
        let vendor = match vendor::vendor(&head, path, config) {
            Ok(vendor) => vendor,
            Err(why) => return self.turn_away((id, began), &head, dialect, why),
        };
        let draft = Draft {
            kind: ExchangeKind::Passed,
            route: PASSED.to_owned(),
            model: vendor.pattern.to_owned(),
            ..Draft::of_head(id.get(), &head, place.pipeline(), dialect, self.0.now())
        };
        let exchange = OpenExchange::begin(self.0.reports(), began, draft);
        pass::pass(&self.0, config, vendor, (&head, body), path, exchange).await
    }
}

fn json(id: &LazyId, body: impl Into<Bytes>) -> Response<Body> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = Response::new(Body::plain(body));
    *response.headers_mut() = headers;
    id.get().name_in(response.headers_mut());
    response
}
