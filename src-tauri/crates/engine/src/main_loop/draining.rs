//! Runs parked requests, and sends their responses to their receivers. Everything is written before it is done.

use api::{Accepted, ControlError};
use chrono::{DateTime, Utc};
use http::StatusCode;
use ledger::{Delivery, LedgerError, NextDelivery, ReviewRun, ReviewState};

use super::MainLoop;
use crate::delivery::{self, Attempt, Letter, Sent, Target, secret_of};
use crate::desk::{Event, RunResult};
use crate::parked_run::Ran;
use crate::settings::{Receiver, Settings, switched};
use crate::{private_file, text_file, view};

impl MainLoop {
    /// Starts the run of an item.
    pub(super) fn drain(&mut self, id: String) -> Vec<Event> {
        let not_run = |id| {
            vec![Event::Drained {
                id,
                result: RunResult::NotRun,
            }]
        };
        match self.ledger.review(&id) {
            Ok(Some(item)) if item.row.state == ReviewState::Open && item.body.is_some() => {
                self.outlets.courier.run(item);
                Vec::new()
            }
            Ok(_) => not_run(id),
            Err(error) => {
                self.ledger_trouble("read a parked request", &error);
                not_run(id)
            }
        }
    }

    /// The response is on the disk before it is sent.
    pub(super) fn drained(&mut self, now: DateTime<Utc>, id: &str, ran: Ran) {
        let status = StatusCode::from_u16(ran.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let result = match status {
            StatusCode::CONFLICT => RunResult::NotRun,
            status if status.is_success() => RunResult::Answered,
            // Of the request itself: another one may succeed.
            status
                if status.is_client_error()
                    && status != StatusCode::TOO_MANY_REQUESTS
                    && status != StatusCode::REQUEST_TIMEOUT =>
            {
                RunResult::Refused
            }
            _ => RunResult::ModelFailed,
        };
        if result != RunResult::NotRun {
            let run = ReviewRun {
                at: now,
                status: ran.status,
                content_type: ran.content_type,
                body: ran.body,
            };
            let kept = self.review_ran(id, run, true);
            self.trouble("store the response of a parked request", kept);
        }
        let id = id.to_owned();
        self.decide(Event::Drained { id, result });
    }

    /// True: the response is sent to its receiver. False: its caller fetches it.
    pub(super) fn is_sent(&self, id: &str) -> Result<bool, LedgerError> {
        let Some(item) = self.ledger.review(id)? else {
            return Ok(false);
        };
        let row = &item.row;
        let receiver = self
            .desk
            .receiver_of(row.pipeline.as_deref(), row.resume.as_ref());
        Ok(matches!(
            receiver,
            Some(Receiver::Webhook { .. } | Receiver::Resume)
        ))
    }

    pub(super) fn deliver(&mut self, id: String, receiver: Receiver) -> Vec<Event> {
        match self.begin_delivery(&id, receiver) {
            Ok(None) => Vec::new(),
            Ok(Some(event)) => vec![event],
            Err(error) => {
                self.ledger_trouble("record a delivery", &error);
                vec![Event::NotSent(id)]
            }
        }
    }

    /// Returns the event of a delivery that does not begin.
    fn begin_delivery(
        &mut self,
        id: &str,
        receiver: Receiver,
    ) -> Result<Option<Event>, LedgerError> {
        let not_sent = Ok(Some(Event::NotSent(id.to_owned())));
        let target = match receiver {
            Receiver::Webhook { url, secret_env } => {
                let secret = secret_env.map_or_else(
                    || self.state().keys.webhook_secret(&url),
                    |variable| secret_of(&variable),
                );
                Target::Webhook { url, secret }
            }
            Receiver::Resume => match self.ledger.resume_url(id)? {
                Some(url) => Target::of_resume_url(&url),
                None => return not_sent,
            },
            Receiver::Fetch => return not_sent,
        };
        let Some(before) = self.ledger.delivery_begins(id)? else {
            return not_sent;
        };
        let maybe_arrived = before == Delivery::Sending;
        if let Some(next) = delivery::before(&target, maybe_arrived, self.now()) {
            return self.end_delivery(id, next).map(Some);
        }
        let Some((item, run)) = self
            .ledger
            .review(id)?
            .and_then(|mut item| item.run.take().map(|run| (item, run)))
        else {
            return not_sent;
        };
        let row = item.row;
        let attempt = Attempt {
            id: row.id.clone(),
            target: target.clone(),
            runs: row.delivery_attempts,
            maybe_arrived,
        };
        let letter = Letter {
            id: row.id,
            target,
            pipeline: row.pipeline,
            item: row.item,
            model: row.model,
            status: run.status,
            content_type: run.content_type,
            body: run.body,
        };
        self.outlets.courier.deliver(letter, attempt);
        Ok(None)
    }

    pub(super) fn sent(&mut self, now: DateTime<Utc>, attempt: &Attempt, sent: &Sent) {
        let so_far = (attempt.runs, attempt.maybe_arrived);
        let next = delivery::after(&attempt.target, sent, so_far, now);
        tracing::info!(id = attempt.id, note = next.note, "a response was sent");
        match self.end_delivery(&attempt.id, next) {
            Ok(event) => self.decide(event),
            Err(error) => {
                self.ledger_trouble("record a delivery", &error);
                self.decide(Event::NotSent(attempt.id.clone()));
            }
        }
        self.count_reviews();
    }

    fn end_delivery(&mut self, id: &str, next: NextDelivery) -> Result<Event, LedgerError> {
        self.ledger.delivery_ended(id, &next)?;
        let id = id.to_owned();
        Ok(Event::DeliveryEnded { id, next })
    }

    pub(super) fn drain_offer(&self, pipeline: &str) -> Result<api::DrainOffer, ControlError> {
        view::drain::offer(self.state(), pipeline)
    }

    /// Writes the owner's switch into the settings file.
    pub(super) fn switch_drain(
        &mut self,
        pipeline: &str,
        on: bool,
    ) -> Result<Accepted, ControlError> {
        let offer = self.drain_offer(pipeline)?;
        if on && offer.receiver.is_none() {
            return Err(ControlError {
                error: format!("the pipeline {pipeline} has no receiver for its responses"),
                fix: Some("write delivery = \"fetch\", \"resume\" or { url = \"https://…\" } into its [[pipeline]] of the settings".into()),
            });
        }
        let unwritten = |why: String| ControlError {
            error: format!("the settings could not be changed: {why}"),
            fix: Some(format!(
                "write drain = {on} into the [[pipeline]] of {pipeline} yourself"
            )),
        };
        let file = self.state().places.settings.clone();
        let text = text_file::read(&file).map_err(|error| unwritten(error.to_string()))?;
        let text = switched(&text, pipeline, on)
            .ok_or_else(|| unwritten("they have no [[pipeline]] with this name".into()))?;
        let parsed = Settings::parse_change(&text, self.desk.base_catalog());
        if let Some(error) = parsed.as_ref().err().and_then(|errors| errors.first()) {
            return Err(unwritten(error.to_string()));
        }
        private_file::rewrite(&file, text.as_bytes())
            .map_err(|error| unwritten(error.to_string()))?;
        self.read_settings(Ok(text));
        let message = match on {
            true => format!("Draining of {pipeline} is on. {}", offer.sentence),
            false => {
                format!("Draining of {pipeline} is off: its parked requests wait for a click.")
            }
        };
        Ok(Accepted { message })
    }
}
