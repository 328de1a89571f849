//! Responses that the stage stored, as OpenAI does unless store is false: later requests may refer to them.

use std::collections::VecDeque;

use serde_json::Value;

use crate::request::list;

/// The newest responses with their owners.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    responses: VecDeque<Stored>,
}

#[derive(Debug)]
struct Stored {
    owner: String,
    id: String,
    items: Vec<String>,
    /// Tool calls without results, of this response and of earlier ones.
    calls: Vec<String>,
}

const MOST: usize = 1024;

impl Kept {
    /// `answered`: calls whose results are in the request of this response.
    pub(crate) fn keep(&mut self, owner: &str, response: &Value, answered: &[&str]) {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let Some(id) = text(&response["id"]) else {
            return;
        };
        let output = list(&response["output"]);
        let before = response["previous_response_id"].as_str();
        let before = before.and_then(|id| self.response(owner, id));
        let mut calls: Vec<String> = before.map(<[String]>::to_vec).unwrap_or_default();
        calls.retain(|call| !answered.contains(&call.as_str()));
        calls.extend(output.iter().filter_map(|item| text(&item["call_id"])));
        self.responses.push_back(Stored {
            owner: owner.to_owned(),
            id,
            items: output.iter().filter_map(|item| text(&item["id"])).collect(),
            calls,
        });
        if self.responses.len() > MOST {
            self.responses.pop_front();
        }
    }

    /// The calls without results after this response.
    pub(crate) fn response(&self, owner: &str, id: &str) -> Option<&[String]> {
        let mut stored = self.responses.iter().rev();
        let found = stored.find(|stored| stored.owner == owner && stored.id == id)?;
        Some(&found.calls)
    }

    /// True if this item is stored.
    pub(crate) fn item(&self, owner: &str, id: &str) -> bool {
        let mut stored = self.responses.iter();
        stored.any(|stored| stored.owner == owner && stored.items.iter().any(|item| item == id))
    }
}
