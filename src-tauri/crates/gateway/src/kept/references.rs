//! The references of a Responses request, and their stored content. Pure.

use std::collections::BTreeMap;

use ledger::Digest;
use memchr::memmem;
use wire::fields::Fields;

/// The references of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct References {
    /// `previous_response_id`.
    pub(super) previous: Option<String>,
    /// The ids of `item_reference`s.
    pub(super) items: Vec<String>,
}

/// The stored content of the references.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) previous: Option<Previous>,
    pub(super) items: BTreeMap<String, FoundItem>,
}

impl Found {
    /// Bytes of its texts.
    pub(super) fn bytes(&self) -> usize {
        let previous = self.previous.iter().flat_map(|previous| &previous.items);
        let items = self.items.values().filter_map(|found| found.item.as_ref());
        previous.chain(items).map(|item| item.text.len()).sum()
    }
}

/// The conversation up to the end of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Previous {
    pub(super) items: Vec<Item>,
    pub(super) anchors: Anchors,
}

/// By endpoint: the last response of the conversation that the endpoint stores, and the number of items in it.
pub(super) type Anchors = BTreeMap<String, (String, usize)>;

/// An item's JSON text, and its name in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) name: Digest,
    pub(super) text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundItem {
    /// The endpoint that stores it.
    pub(super) holder: Option<String>,
    /// `None`: only its own vendor can use it (reasoning).
    pub(super) item: Option<Item>,
}

impl References {
    /// `None`: it has no references that could be kept.
    pub(super) fn of(body: &[u8]) -> Option<References> {
        let mentions = |name: &str| memmem::find(body, name.as_bytes()).is_some();
        if !mentions("previous_response_id") && !mentions("item_reference") {
            return None;
        }
        let fields = Fields::read(body).ok()?;
        let references = References {
            previous: fields.text("previous_response_id"),
            items: fields
                .objects("input")
                .iter()
                .filter_map(reference)
                .collect(),
        };
        (references != References::default()).then_some(references)
    }
}

/// The id to which an input item refers.
pub(super) fn reference(item: &Fields<'_>) -> Option<String> {
    item.text("id")
        .filter(|_| item.text("type").as_deref() == Some("item_reference"))
}
