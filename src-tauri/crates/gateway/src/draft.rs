//! An exchange whose end is not known yet.

use std::sync::Arc;
use std::time::Duration;

use catalog::Dialect;
use chrono::{DateTime, Utc};
use http::StatusCode;
use http::request::Parts;

use crate::tags;
use crate::{Attempt, Dropped, End, Exchange, ExchangeId, ExchangeKind, NamedToken, Review};

/// An [`Exchange`] without its end. It cannot be copied, and [`Draft::end`] consumes it, so an exchange has one end.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) id: ExchangeId,
    pub(crate) started: DateTime<Utc>,
    pub(crate) client: wire::Client,
    pub(crate) dialect: Dialect,
    pub(crate) kind: ExchangeKind,
    pub(crate) route: String,
    pub(crate) model: String,
    pub(crate) streamed: bool,
    pub(crate) rehearsal: bool,
    pub(crate) pipeline: Option<String>,
    pub(crate) item: Option<String>,
    pub(crate) token: Option<Arc<str>>,
    pub(crate) restarts: u32,
    pub(crate) shown_early: bool,
    pub(crate) passed_over: Vec<Dropped>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) ttft: Option<Duration>,
    pub(crate) bytes_out: u64,
    pub(crate) tools_held: bool,
    pub(crate) tool_results: Vec<String>,
}

/// The part of an [`Exchange`] that is known at its end.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) end: End,
    pub(crate) total: Duration,
    pub(crate) review: Option<Review>,
}

impl Draft {
    /// For a request of which only the headers were read. `pipeline`: from the request's path; the header has precedence.
    pub(crate) fn of_head(
        id: ExchangeId,
        head: &Parts,
        pipeline: Option<String>,
        dialect: Dialect,
        started: DateTime<Utc>,
    ) -> Draft {
        Draft {
            id,
            started,
            client: wire::Client::identify(&head.headers),
            dialect,
            kind: ExchangeKind::Generate,
            route: String::new(),
            model: String::new(),
            streamed: false,
            rehearsal: false,
            pipeline: tags::pipeline_of(head, pipeline),
            item: tags::item(&head.headers),
            token: head
                .extensions
                .get::<NamedToken>()
                .map(|token| token.name.clone()),
            restarts: 0,
            shown_early: false,
            passed_over: Vec::new(),
            attempts: Vec::new(),
            status: None,
            ttft: None,
            bytes_out: 0,
            tools_held: true,
            tool_results: Vec::new(),
        }
    }

    pub(crate) fn end(self, Ending { end, total, review }: Ending) -> Exchange {
        let Draft {
            id,
            started,
            client,
            dialect,
            kind,
            route,
            model,
            streamed,
            rehearsal,
            pipeline,
            item,
            token,
            restarts,
            shown_early,
            passed_over,
            attempts,
            status,
            ttft,
            bytes_out,
            tools_held,
            tool_results,
        } = self;
        Exchange {
            id,
            started,
            client,
            dialect,
            kind,
            route,
            model,
            streamed,
            rehearsal,
            pipeline,
            item,
            token,
            restarts,
            shown_early,
            passed_over,
            attempts,
            end,
            status,
            ttft,
            total,
            bytes_out,
            tools_held,
            tool_results,
            review,
        }
    }
}
