//! Answers `POST /effects/<name>`.

use std::time::Duration;

use bytes::Bytes;
use gateway::{EffectRefusal, EffectRequest};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, Response, StatusCode};
use ledger::{EffectBegun, End, NewEffect};
use tokio::time::{Instant, sleep, timeout_at};

use super::book::NotKept;
use super::key;
use super::relay::{Relay, Run};
use super::reply::{self, Refused, shown_id};
use super::run::Progress;
use crate::settings::EffectSettings;

const AFTER: &str = "x-understudy-after";
/// A client waits this much longer than one attempt.
const BEYOND_TIMEOUT: Duration = Duration::from_secs(10);
/// A response reaches its client before its request is recorded.
const RECORDED_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Relay {
    pub(crate) async fn respond(&self, request: EffectRequest) -> Response<Bytes> {
        let page = request.page.clone();
        let mut response = match self.relay(request).await {
            Ok(response) => response,
            Err(refused) => refused.response(),
        };
        response.headers_mut().extend(page);
        response
    }

    pub(crate) fn refuse(refusal: EffectRefusal, page: HeaderMap) -> Response<Bytes> {
        let refused = Refused::new(refusal.status, "invalid_request", refusal.why);
        let mut response = refused.response();
        response.headers_mut().extend(page);
        response
    }

    async fn relay(&self, request: EffectRequest) -> Result<Response<Bytes>, Refused> {
        let settings = self
            .settings(&request.name)
            .ok_or_else(|| self.unknown(&request.name))?;
        let pipeline = pipeline(&settings, request.pipeline.as_deref())?;
        let invalid = |why: key::NoKey| {
            Refused::new(StatusCode::BAD_REQUEST, "invalid_request", why.to_string())
        };
        let own = request.key.clone();
        let (key, item) = key::key(&request.headers, own, pipeline.as_deref(), &settings.name)
            .map_err(invalid)?;
        let after = key::text(&request.headers, AFTER).map_err(invalid)?;
        let scope = key::digest(&[settings.name.as_bytes(), key.as_bytes()]);
        let known = self.book().with(move |ledger, _| ledger.effect_of(&scope));
        if known.await.map_err(not_kept)?.is_none() {
            self.check_new(&settings, after.as_deref()).await?;
        }
        let sender = request.sender.as_deref().unwrap_or_default();
        let new = NewEffect {
            scope,
            request: key::digest(&[sender.as_bytes(), &request.body]),
            name: settings.name.clone(),
            key: key.clone(),
            pipeline,
            item,
            after,
            content_type: header(&request.headers, &CONTENT_TYPE),
            content_encoding: header(&request.headers, &CONTENT_ENCODING),
            body: request.body.to_vec(),
        };
        let begun = self
            .book()
            .with(move |ledger, now| ledger.begin_effect(&new, now));
        let (id, is_first) = match begun.await.map_err(not_kept)? {
            EffectBegun::First(id) => (id, true),
            EffectBegun::Known(id) => (id, false),
            EffectBegun::OtherRequest(id) => {
                let why = format!(
                    "This key belongs to another request ({}): the same key with another body, or another client's token. Use a new key for a new action.",
                    shown_id(id)
                );
                let refused = Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "key_in_use", why);
                return Ok(reply::named(refused.response(), id, &key));
            }
        };
        let run = self.join(id);
        if !is_first {
            run.again.notify_one();
        }
        let until = Instant::now() + settings.timeout + BEYOND_TIMEOUT;
        let ended = self.ended(run, until).await;
        let response = match ended {
            Progress::NotKept(error) => not_kept(error).response(),
            Progress::Begins
            | Progress::Waits
            | Progress::Sends
            | Progress::Ended
            | Progress::Stopping => {
                let kept = self.book().with(move |ledger, _| ledger.effect(id)).await;
                match kept.map_err(not_kept)? {
                    Some(kept) => reply::of(&kept, !is_first),
                    None => gone().response(),
                }
            }
        };
        // A stop waits until the result is read; a run that only waits ends at a stop.
        drop(request.work);
        Ok(reply::named(response, id, &key))
    }

    /// The last progress of this run, or the one at `until`. A stop waits for a request that is sent, and for no other.
    async fn ended(&self, mut run: Run, until: Instant) -> Progress {
        let ended = async {
            let is_end = |progress: &Progress| match progress {
                Progress::Ended | Progress::Stopping | Progress::NotKept(_) => true,
                Progress::Begins | Progress::Waits | Progress::Sends => false,
            };
            // An error means that the run was dropped.
            let _ = run.progress.wait_for(is_end).await;
            run.progress.borrow().clone()
        };
        // The run itself ends at a stop, if it is not sending.
        timeout_at(until, ended).await.unwrap_or(Progress::Waits)
    }

    /// What a new effect needs before it is accepted.
    async fn check_new(
        &self,
        settings: &EffectSettings,
        after: Option<&str>,
    ) -> Result<(), Refused> {
        if self.is_draining() {
            let why = "The engine is stopping, and nothing was accepted. Retry in some seconds.";
            let refused = Refused::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", why);
            return Err(refused.retry_after(5));
        }
        if after.is_none() && settings.after_completion {
            let why = format!(
                "The effect \"{}\" needs a complete response before it: send its id in {AFTER}. The id is in the header x-understudy-exchange of that response.",
                settings.name
            );
            return Err(Refused::new(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                why,
            ));
        }
        if let Some(id) = after {
            self.check_after(id).await?;
        }
        self.headers(settings).await.map(drop).map_err(|why| {
            let why = format!(
                "The effect \"{}\" is not ready, and nothing was accepted: {why}.",
                settings.name
            );
            Refused::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", why)
        })
    }

    async fn check_after(&self, id: &str) -> Result<(), Refused> {
        let until = Instant::now() + RECORDED_WITHIN;
        let end = loop {
            let wanted = id.to_owned();
            let found = self.book().with(move |ledger, _| ledger.end_of(&wanted));
            match found.await.map_err(not_kept)? {
                Some(end) => break end,
                None if Instant::now() < until => sleep(LOOK_EVERY).await,
                None => {
                    let why = format!(
                        "Request {} has not ended, or has no record. Send the effect after its response is complete.",
                        id.escape_debug()
                    );
                    let early = StatusCode::TOO_EARLY;
                    return Err(Refused::new(early, "not_complete", why).retry_after(5));
                }
            }
        };
        let Some(reason) = incomplete(end) else {
            return Ok(());
        };
        let why = format!(
            "Request {} {reason}, so nothing was sent. Repeat the request, then send the effect after its complete response.",
            id.escape_debug()
        );
        Err(Refused::new(StatusCode::CONFLICT, "not_complete", why))
    }

    fn unknown(&self, name: &str) -> Refused {
        let names = self.names();
        let known = match names.is_empty() {
            true => "the settings have none; add it as [[effect]]".to_owned(),
            false => format!("known are {}", names.join(", ")),
        };
        let why = format!("There is no effect \"{name}\": {known}.");
        Refused::new(StatusCode::NOT_FOUND, "no_such_effect", why)
    }
}

fn pipeline(settings: &EffectSettings, named: Option<&str>) -> Result<Option<String>, Refused> {
    match (&settings.pipeline, named) {
        (Some(own), Some(named)) if own != named => {
            let why = format!(
                "The effect \"{}\" belongs to the pipeline \"{own}\", and this request names another one.",
                settings.name
            );
            Err(Refused::new(StatusCode::FORBIDDEN, "other_pipeline", why))
        }
        (Some(own), _) => Ok(Some(own.clone())),
        (None, named) => Ok(named.map(str::to_owned)),
    }
}

/// None: its response was complete.
fn incomplete(end: End) -> Option<&'static str> {
    match end {
        End::Complete | End::Replayed => None,
        End::Truncated => Some("stopped at a token limit"),
        End::Refused => Some("was declined by the model"),
        End::Cut => Some("ended in the middle of its response"),
        End::Exhausted => Some("got no response from any provider"),
        End::CallersFault | End::TurnedAway => Some("was rejected"),
        End::ClientLeft => Some("ended when its client left"),
        End::OurFault => Some("failed by a fault of Understudy"),
    }
}

fn not_kept(error: NotKept) -> Refused {
    let why = format!(
        "The effect could not be written down first, so nothing new was sent: {error}. Retry later."
    );
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, "not_kept", why).retry_after(10)
}

fn gone() -> Refused {
    let why = "This effect was deleted while its request waited. Send the request again.";
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, "no_result", why).retry_after(1)
}

fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}
