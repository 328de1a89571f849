//! One provider's status page: a list of sources, best first, polled at a limited rate.

mod doubt;
mod fetch;
mod response;

use std::time::Duration;

use bytes::Bytes;
use catalog::{ProviderId, Source, StatusPage, Surface};
use chrono::{DateTime, Utc};
use health::{Page, Unreadable};
use tokio::time::Instant;
use tracing::debug;

use crate::client::Http;
use crate::status::{self, Expected};
use doubt::Doubt;
use fetch::Address;
use response::Miss;

/// How long a source is skipped after a refusal without `Retry-After`.
const REFUSED_PAUSE: Duration = Duration::from_secs(900);
/// How long a source is skipped after a failure.
const FAILED_PAUSE: Duration = Duration::from_secs(600);

/// Reads one status page, and keeps the data for the next reading.
#[derive(Debug)]
pub(crate) struct PageReader {
    pub(crate) provider: ProviderId,
    page: StatusPage,
    surfaces: Vec<Surface>,
    sources: Vec<SourceState>,
}

#[derive(Debug)]
struct SourceState {
    source: Source,
    main: Address,
    /// Incidents or components that the main address does not contain.
    more: Option<Address>,
    /// The last page, for incidents that are no longer listed and for an incidents file that cannot be read.
    last: Option<Page>,
    doubt: Doubt,
    /// The source is skipped until this time, for this reason.
    paused: Option<(Instant, Unreadable)>,
}

/// Result of reading a page.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The address that responded, or else that of the best source.
    pub(crate) url: String,
    /// False: no recording of its format exists.
    pub(crate) verified: bool,
    pub(crate) result: Result<Page, Miss>,
}

impl PageReader {
    pub(crate) fn new(provider: ProviderId, page: StatusPage, surfaces: Vec<Surface>) -> Self {
        let sources = page.sources.iter().cloned().map(SourceState::new).collect();
        Self {
            provider,
            page,
            surfaces,
            sources,
        }
    }

    /// Whether it still reads this page. False: the owner has changed the sources or surfaces.
    pub(crate) fn reads(&self, page: &StatusPage, surfaces: &[Surface]) -> bool {
        self.page == *page && self.surfaces == surfaces
    }

    /// Reads the sources in order until one returns the page. `at` is the wall clock, for dates in `Retry-After`.
    pub(crate) async fn read(&mut self, http: &Http, at: DateTime<Utc>) -> Reading {
        let now = Instant::now();
        let mut best: Option<Reading> = None;
        for index in self.available(now) {
            let source = &mut self.sources[index];
            let url = source.source.url.clone();
            let result = source.read(&self.page, &self.surfaces, http, at).await;
            let reading = Reading {
                url,
                verified: source.source.verified,
                result,
            };
            if reading.result.is_ok() {
                return reading;
            }
            if let Some(known) = &mut best {
                if let (Err(known), Err(this)) = (&mut known.result, &reading.result) {
                    known.transport |= this.transport;
                }
            } else {
                best = Some(reading);
            }
        }
        best.unwrap_or_else(|| self.all_paused(now))
    }

    /// The sources to try, best first. Sources that failed without refusing are tried when no others are left.
    fn available(&self, now: Instant) -> Vec<usize> {
        let pick = |may_try: &dyn Fn(&(Instant, Unreadable)) -> bool| -> Vec<usize> {
            let indexes = 0..self.sources.len();
            indexes
                .filter(|i| self.sources[*i].paused.as_ref().is_none_or(may_try))
                .collect()
        };
        let ready = pick(&|(until, _)| *until <= now);
        if ready.is_empty() {
            pick(&|(until, why)| *until <= now || !matches!(why, Unreadable::Blocked(_)))
        } else {
            ready
        }
    }

    /// Every source has refused and none is due: returns the refusal without a request.
    fn all_paused(&self, now: Instant) -> Reading {
        let soonest = self
            .sources
            .iter()
            .filter_map(|source| Some((source.paused.as_ref()?, &source.source.url)))
            .min_by_key(|((until, _), _)| *until);
        let (url, why, wait) = match soonest {
            Some(((until, why), url)) => (url.clone(), why.clone(), *until - now),
            None => (
                self.page.page.clone(),
                Unreadable::Unreachable("the catalogue names no source for it".to_owned()),
                REFUSED_PAUSE,
            ),
        };
        Reading {
            url,
            verified: true,
            result: Err(Miss {
                why,
                retry_after: Some(wait),
                transport: false,
            }),
        }
    }
}

impl SourceState {
    fn new(source: Source) -> Self {
        let largest = status::largest(source.dialect);
        let more = status::more_url(source.dialect, &source.url);
        Self {
            main: Address::new(source.url.clone(), largest),
            more: more.map(|url| Address::new(url, largest)),
            source,
            last: None,
            doubt: Doubt::default(),
            paused: None,
        }
    }

    async fn read(
        &mut self,
        page: &StatusPage,
        surfaces: &[Surface],
        http: &Http,
        at: DateTime<Utc>,
    ) -> Result<Page, Miss> {
        let result = self.fetch(page, surfaces, http, at).await;
        self.paused = match &result {
            Ok(page_read) => {
                self.last = Some(page_read.clone());
                None
            }
            Err(miss) => {
                debug!(url = self.source.url, why = ?miss.why, "status source cannot be read");
                let rest = match miss.why {
                    Unreadable::Blocked(_) => miss.retry_after.unwrap_or(REFUSED_PAUSE),
                    Unreadable::Offline
                    | Unreadable::Unreachable(_)
                    | Unreadable::NotThePage(_) => FAILED_PAUSE,
                };
                Some((Instant::now() + rest, miss.why.clone()))
            }
        };
        result
    }

    async fn fetch(
        &mut self,
        page: &StatusPage,
        surfaces: &[Surface],
        http: &Http,
        at: DateTime<Utc>,
    ) -> Result<Page, Miss> {
        let dialect = self.source.dialect;
        let parse = Parse {
            page,
            surfaces,
            source: &self.source,
            at,
        };
        let body = self.main.get(http, at).await?;
        let first = parse.read(&body, None).await?;
        let wanted = status::needs_more(dialect) || self.lacks_known_incident(&first);
        let mut page_read = match self.more.as_mut().filter(|_| wanted) {
            None => first,
            Some(more) => match more.get(http, at).await {
                Ok(more) => parse.read(&body, Some(more)).await?,
                Err(miss) => {
                    debug!(url = self.source.url, why = ?miss.why, "its second part cannot be read");
                    self.with_known_incidents(first)
                }
            },
        };
        if status::replaces_texts(dialect) {
            doubt::keep_earlier_texts(&mut page_read, self.last.as_ref(), at);
        }
        if status::flaps(dialect) {
            self.doubt.confirm(&mut page_read);
        }
        Ok(page_read)
    }

    /// An incident that was open is no longer listed: its last updates are in another file.
    fn lacks_known_incident(&self, page_read: &Page) -> bool {
        let known = self.last.iter().flat_map(|last| &last.incidents);
        known
            .filter(|incident| incident.resolved.is_none())
            .any(|incident| page_read.incidents.iter().all(|i| i.id != incident.id))
    }

    /// For a source without incidents, keeps those of its last good reading.
    fn with_known_incidents(&self, mut page_read: Page) -> Page {
        if status::needs_more(self.source.dialect) {
            page_read.incidents = self
                .last
                .as_ref()
                .map(|last| last.incidents.clone())
                .unwrap_or_default();
        }
        page_read
    }
}

/// A payload from this size on is parsed on another thread: it takes tens of milliseconds.
const LARGE: usize = 128 << 10;

struct Parse<'a> {
    page: &'a StatusPage,
    surfaces: &'a [Surface],
    source: &'a Source,
    at: DateTime<Utc>,
}

impl Parse<'_> {
    async fn read(&self, body: &Bytes, more: Option<Bytes>) -> Result<Page, Unreadable> {
        let dialect = self.source.dialect;
        let (page, surfaces) = (self.page.clone(), self.surfaces.to_vec());
        let (body, url, at) = (body.clone(), self.source.url.clone(), self.at);
        let is_large = body.len() + more.as_ref().map_or(0, Bytes::len) >= LARGE;
        let read = move || {
            let expected = Expected {
                page: &page,
                surfaces: &surfaces,
                url: &url,
                at,
            };
            status::read(dialect, &body, more.as_deref(), expected)
        };
        match is_large {
            false => read(),
            true => tokio::task::spawn_blocking(read).await.unwrap_or_else(|e| {
                Err(Unreadable::NotThePage(format!(
                    "an error in Understudy: {e}"
                )))
            }),
        }
    }
}

#[cfg(test)]
mod tests;
