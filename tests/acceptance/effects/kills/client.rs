//! The clients of the killed engine, and what they learn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use reqwest::{RequestBuilder, StatusCode};
use serde_json::json;
use tokio::sync::mpsc;

use crate::desk::Desk;

/// The model whose parked requests the engine sends again.
const DRAINED: &str = "drain-1";

/// What the clients learned.
#[derive(Default)]
pub(super) struct Learned {
    /// By effect and key: what the engine accepted.
    pub(super) effects: BTreeMap<(&'static str, String), Answers>,
    /// Ids of parked requests.
    pub(super) reviews: BTreeSet<String>,
    /// Ids of parked requests that the engine drains, by pipeline.
    pub(super) drains: BTreeMap<String, &'static str>,
    /// Responses that their callers fetched, by id.
    pub(super) fetched: BTreeMap<String, Vec<u8>>,
    /// Fetches of a parked request that were refused.
    pub(super) not_fetched: usize,
    /// Keyed requests with a complete response.
    pub(super) completions: BTreeMap<String, Vec<u8>>,
    /// Repeated responses with other bytes.
    pub(super) differing: usize,
}

#[derive(Default)]
pub(super) struct Answers {
    result: bool,
    /// Responses that its outcome is unknown.
    unknown: usize,
}

/// A parked effect is requested so often.
const UNKNOWN: usize = 3;

impl Answers {
    pub(super) fn are_enough(&self) -> bool {
        self.result || self.unknown >= UNKNOWN
    }
}

#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    learned: Arc<Mutex<Learned>>,
    events: mpsc::UnboundedSender<()>,
}

impl Client {
    /// With an event for each response.
    pub(super) fn new(
        desk: &Desk,
        learned: &Arc<Mutex<Learned>>,
    ) -> (Client, mpsc::UnboundedReceiver<()>) {
        let (events, happened) = mpsc::unbounded_channel();
        let client = Client {
            http: desk.http.clone(),
            base: desk.base(),
            learned: Arc::clone(learned),
            events,
        };
        (client, happened)
    }

    /// Err: the engine was killed before its response.
    pub(super) async fn effect(
        &self,
        name: &'static str,
        key: &str,
    ) -> reqwest::Result<StatusCode> {
        let request = self.http.post(format!("{}/effects/{name}", self.base));
        let response = request
            .header("idempotency-key", key)
            .json(&json!({ "order": key }))
            .send()
            .await?;
        let status = response.status();
        if response.headers().contains_key("x-understudy-effect") {
            let mut learned = self.learned.lock().unwrap();
            let answers = learned.effects.entry((name, key.to_owned())).or_default();
            answers.result |= status == StatusCode::CREATED;
            answers.unknown += usize::from(status == StatusCode::BAD_GATEWAY);
        }
        response.bytes().await?;
        let _ = self.events.send(());
        Ok(status)
    }

    /// A keyed request of a pipeline: complete, or parked.
    pub(super) async fn completion(&self, key: &str, fails: bool) -> reqwest::Result<()> {
        let model = if fails { "lead-x" } else { "m" };
        let request = self
            .request(model, key)
            .header("x-understudy-pipeline", "Leads");
        let request = match fails {
            true => request,
            false => request.header("idempotency-key", key),
        };
        let response = request.send().await?;
        let parked = parked(&response);
        let status = response.status();
        let bytes = response.bytes().await?.to_vec();
        let mut learned = self.learned.lock().unwrap();
        learned.reviews.extend(parked);
        if status.is_success() && !fails {
            let earlier = learned.completions.insert(key.to_owned(), bytes.clone());
            learned.differing += usize::from(earlier.is_some_and(|earlier| earlier != bytes));
        }
        drop(learned);
        let _ = self.events.send(());
        Ok(())
    }

    /// A request of a pipeline that is drained. `resume`: the URL at which the response is awaited.
    pub(super) async fn parks(
        &self,
        pipeline: &'static str,
        item: &str,
        resume: Option<&str>,
    ) -> reqwest::Result<()> {
        let mut request = self
            .request(DRAINED, item)
            .header("x-understudy-pipeline", pipeline);
        if let Some(url) = resume {
            request = request.header("x-understudy-resume", url);
        }
        let response = request.send().await?;
        if let Some(id) = parked(&response) {
            let mut learned = self.learned.lock().unwrap();
            learned.reviews.insert(id.clone());
            learned.drains.insert(id, pipeline);
        }
        response.bytes().await?;
        let _ = self.events.send(());
        Ok(())
    }

    /// A request of no pipeline: its response shows that the model works.
    pub(super) async fn ask(&self, content: &str) -> reqwest::Result<()> {
        let request = self.request(DRAINED, content);
        request.send().await?.bytes().await?;
        Ok(())
    }

    /// Fetches the response of a parked request. True: it has arrived, now or earlier.
    pub(super) async fn fetches(&self, id: &str) -> reqwest::Result<bool> {
        let url = format!("{}/v1/reviews/{id}", self.base);
        let response = self.http.get(url).send().await?;
        let status = response.status();
        let bytes = response.bytes().await?.to_vec();
        let mut learned = self.learned.lock().unwrap();
        match status {
            StatusCode::OK => {
                let earlier = learned.fetched.insert(id.to_owned(), bytes.clone());
                learned.differing += usize::from(earlier.is_some_and(|earlier| earlier != bytes));
                Ok(true)
            }
            StatusCode::ACCEPTED => Ok(false),
            _ => {
                learned.not_fetched += 1;
                Ok(false)
            }
        }
    }

    fn request(&self, model: &str, content: &str) -> RequestBuilder {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": content }] });
        let request = self.http.post(format!("{}/v1/chat/completions", self.base));
        request.header("x-understudy-item", content).json(&body)
    }
}

fn parked(response: &reqwest::Response) -> Option<String> {
    let id = response.headers().get("x-understudy-review-id")?;
    Some(id.to_str().unwrap().to_owned())
}
