//! A request whose references are replaced by their content. Pure.

use bytes::Bytes;
use translate::{LeftOut, Why};
use wire::fields::{Fields, array};

use super::item::{inputs, quoted};
use super::references::{Found, Item, reference};

/// A request with the content of the client's references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expanded {
    pub(crate) body: Bytes,
    /// The replaced references, and the parts that only their own vendor can read.
    pub(crate) listed: Vec<LeftOut>,
}

const PREVIOUS: &str = "previous_response_id";
const REFERENCE: &str = "input[]: item_reference";
const REASONING: &str = "input[]: reasoning";

/// Builds an [`Expanded`] request.
struct Writer<'a> {
    body: Fields<'a>,
    items: Vec<String>,
    listed: Vec<LeftOut>,
}

impl Expanded {
    /// For a candidate that stores nothing. `None`: not all of it is kept, or it is longer than `most` bytes.
    pub(super) fn in_full(body: &[u8], found: &Found, most: usize) -> Option<Self> {
        let mut writer = Writer::of(body)?;
        if writer.body.non_null(PREVIOUS).is_some() {
            let previous = found.previous.as_ref()?;
            writer.write_before(&previous.items);
            writer.body.remove(PREVIOUS);
        }
        for raw in inputs(&writer.body) {
            match referred(&raw) {
                None => writer.items.push(raw),
                Some(id) => writer.replace(found.items.get(&id)?.item.as_ref()),
            }
        }
        let expanded = writer.finish();
        (expanded.body.len() <= most).then_some(expanded)
    }

    /// For the account `holder`, which stores its own responses. `None`: it stores everything, so the bytes stay unchanged.
    pub(super) fn for_holder(body: &[u8], found: &Found, holder: &str) -> Option<Self> {
        let mut writer = Writer::of(body)?;
        if let (Some(id), Some(previous)) = (writer.body.text(PREVIOUS), &found.previous) {
            match previous.anchors.get(holder) {
                Some((held, _)) if *held == id => {}
                Some((held, covered)) => {
                    writer.write_before(previous.items.get(*covered..).unwrap_or_default());
                    writer.body.set_raw(PREVIOUS, quoted(held));
                }
                None => {
                    writer.write_before(&previous.items);
                    writer.body.remove(PREVIOUS);
                }
            }
        }
        for raw in inputs(&writer.body) {
            let known = referred(&raw).and_then(|id| found.items.get(&id));
            match known.filter(|known| known.holder.as_deref() != Some(holder)) {
                None => writer.items.push(raw),
                Some(known) => writer.replace(known.item.as_ref()),
            }
        }
        (!writer.listed.is_empty()).then(|| writer.finish())
    }
}

impl<'a> Writer<'a> {
    fn of(body: &'a [u8]) -> Option<Self> {
        Some(Self {
            body: Fields::read(body).ok()?,
            items: Vec::new(),
            listed: Vec::new(),
        })
    }

    fn write_before(&mut self, items: &[Item]) {
        self.list(PREVIOUS, Why::Expanded);
        self.items
            .extend(items.iter().map(|item| item.text.clone()));
    }

    fn replace(&mut self, item: Option<&Item>) {
        match item {
            Some(item) => {
                self.list(REFERENCE, Why::Expanded);
                self.items.push(item.text.clone());
            }
            None => self.list(REASONING, Why::Thinking),
        }
    }

    fn list(&mut self, what: &str, why: Why) {
        let what = what.to_owned();
        let entry = LeftOut { what, why };
        if !self.listed.contains(&entry) {
            self.listed.push(entry);
        }
    }

    fn finish(mut self) -> Expanded {
        let items = array(self.items.iter().map(String::as_str));
        self.body.set_raw("input", items);
        Expanded {
            body: self.body.to_string().into(),
            listed: self.listed,
        }
    }
}

fn referred(raw: &str) -> Option<String> {
    reference(&Fields::read(raw.as_bytes()).ok()?)
}
