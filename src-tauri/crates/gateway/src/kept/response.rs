//! A response of the Responses dialect, observed while it is released. Pure.

use std::collections::BTreeMap;

use wire::fields::Fields;
use wire::sse;

/// A complete response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) id: String,
    /// The JSON texts of its items.
    pub(super) output: Vec<String>,
}

impl Response {
    /// Approximate size in memory.
    pub(super) fn bytes(&self) -> usize {
        self.output.iter().map(String::len).sum()
    }
}

/// Maximum bytes of a stored response, and of one of its events.
const MOST: usize = 16 << 20;

/// The events of a stream so far.
#[derive(Debug)]
pub(super) struct Observer {
    events: sse::Reader,
    /// By output index. Codex's backend sends them one by one and leaves the last event's output empty.
    items: BTreeMap<u64, String>,
    bytes: usize,
}

impl Default for Observer {
    fn default() -> Self {
        Self {
            events: sse::Reader::new(MOST),
            items: BTreeMap::new(),
            bytes: 0,
        }
    }
}

impl Observer {
    /// The response after its last event. A stream that cannot be parsed gives none.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Option<Response> {
        let Self {
            events,
            items,
            bytes: total,
        } = self;
        let mut complete = None;
        let read = events.push(bytes, &mut |event| {
            let Ok(data) = Fields::read(event.data) else {
                return;
            };
            let reported = data.text("type");
            match reported.as_deref().unwrap_or(event.name) {
                "response.output_item.done" => {
                    if let (Some(at), Some(item)) =
                        (data.number("output_index"), data.non_null("item"))
                    {
                        *total += item.len();
                        items.insert(at, item.to_owned());
                    }
                }
                "response.completed" | "response.incomplete" => {
                    let items = std::mem::take(items).into_values().collect();
                    complete = data
                        .object("response")
                        .and_then(|response| read_object(&response, items));
                }
                _ => {}
            }
        });
        let fits = read.is_ok() && *total <= MOST;
        complete.filter(|_| fits)
    }
}

/// A response in one document.
pub(super) fn read_document(document: &[u8]) -> Option<Response> {
    read_object(&Fields::read(document).ok()?, Vec::new())
}

/// `items`: the items that were streamed.
fn read_object(response: &Fields<'_>, items: Vec<String>) -> Option<Response> {
    let status = response.text("status");
    let ended = ["completed", "incomplete"];
    if status.is_some_and(|status| !ended.contains(&&*status)) {
        return None;
    }
    let output: Vec<String> = response
        .objects("output")
        .iter()
        .map(ToString::to_string)
        .collect();
    Some(Response {
        id: response.text("id").filter(|id| !id.is_empty())?,
        output: if output.is_empty() { items } else { output },
    })
}
