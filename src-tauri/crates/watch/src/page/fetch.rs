//! One GET: conditional, bounded in time and size, with redirects only within the host.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use health::Unreadable;
use http::HeaderValue;
use http::StatusCode;
use http::header::{ACCEPT, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION};
use reqwest::{Response, Url};

use super::response::{Miss, judge_body, judge_head};
use crate::client::{Http, cause};

const TOTAL: Duration = Duration::from_secs(20);
const MOST_REDIRECTS: usize = 5;

/// An address, and its last response for conditional requests.
#[derive(Debug)]
pub(super) struct Address {
    url: String,
    /// The largest body in bytes, after decompression.
    largest: usize,
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
    body: Bytes,
}

impl Address {
    pub(super) fn new(url: String, largest: usize) -> Self {
        Self {
            url,
            largest,
            known: None,
        }
    }

    /// The body of this response, or the last one if the server responds 304.
    pub(super) async fn get(&mut self, http: &Http, at: DateTime<Utc>) -> Result<Bytes, Miss> {
        match tokio::time::timeout(TOTAL, self.get_unbounded(http, at)).await {
            Ok(result) => result,
            Err(_) => Err(unreachable(format!(
                "no response within {} s",
                TOTAL.as_secs()
            ))),
        }
    }

    async fn get_unbounded(&mut self, http: &Http, at: DateTime<Utc>) -> Result<Bytes, Miss> {
        let response = self.follow(http).await?;
        judge_head(response.status(), response.headers(), at)?;
        if response.status() == StatusCode::NOT_MODIFIED {
            let known = self.known.as_ref().map(|known| known.body.clone());
            return known.ok_or_else(|| {
                Unreadable::Unreachable("it responded with 304 to a first request".to_owned())
                    .into()
            });
        }
        let headers = response.headers().clone();
        let body = read_body(response, self.largest).await?;
        judge_body(&headers, &body)?;
        let (etag, last_modified) = (headers.get(ETAG), headers.get(LAST_MODIFIED));
        self.known = (etag.is_some() || last_modified.is_some()).then(|| Known {
            etag: etag.cloned(),
            last_modified: last_modified.cloned(),
            body: body.clone(),
        });
        Ok(body)
    }

    /// Follows redirects within the host. A redirect to another host is an error until the catalogue names that host.
    async fn follow(&self, http: &Http) -> Result<Response, Miss> {
        let mut url = Url::parse(&self.url)
            .map_err(|e| Unreadable::Unreachable(format!("{:?} is no address: {e}", self.url)))?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.ask(http, &url).await?;
            if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED
            {
                return Ok(response);
            }
            let target = response
                .headers()
                .get(LOCATION)
                .and_then(|value| url.join(value.to_str().ok()?).ok());
            let Some(target) = target else {
                return Err(Unreadable::NotThePage("it redirects to no address".to_owned()).into());
            };
            if target.origin() != url.origin() {
                let mut origin = target;
                origin.set_query(None);
                return Err(Unreadable::NotThePage(format!("it moved to {origin}")).into());
            }
            url = target;
        }
        Err(Unreadable::NotThePage(format!("more than {MOST_REDIRECTS} redirects")).into())
    }

    async fn ask(&self, http: &Http, url: &Url) -> Result<Response, Miss> {
        let mut request = http.to(url).get(url.clone()).header(
            ACCEPT,
            "application/json, application/atom+xml;q=0.9, application/rss+xml;q=0.9, */*;q=0.5",
        );
        if let Some(known) = &self.known {
            if let Some(etag) = &known.etag {
                request = request.header(IF_NONE_MATCH, etag);
            }
            if let Some(since) = &known.last_modified {
                request = request.header(IF_MODIFIED_SINCE, since);
            }
        }
        request.send().await.map_err(|e| unreachable(cause(&e)))
    }
}

async fn read_body(mut response: Response, largest: usize) -> Result<Bytes, Miss> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| unreachable(cause(&e)))? {
        if body.len() + chunk.len() > largest {
            return Err(
                Unreadable::NotThePage(format!("it is larger than {} KB", largest >> 10)).into(),
            );
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn unreachable(why: String) -> Miss {
    Miss {
        why: Unreadable::Unreachable(why),
        retry_after: None,
        transport: true,
    }
}
