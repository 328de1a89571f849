use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The text of one value, looked at only as far as a question needs.
#[derive(Clone, Copy)]
pub(super) struct Glance<'a>(pub(super) &'a RawValue);

/// The parts of an object that tell what it asks for.
#[derive(Default, Deserialize)]
struct Shape<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    effort: Option<Cow<'a, str>>,
    #[serde(borrow)]
    format: Option<&'a RawValue>,
    enabled: Option<bool>,
}

impl<'a> Glance<'a> {
    pub(super) fn raw(self) -> &'a str {
        self.0.get()
    }

    /// Where the value stands in the body that it was read from.
    pub(super) fn range_in(self, body: &[u8]) -> Range<usize> {
        let start = self.raw().as_ptr().addr() - body.as_ptr().addr();
        start..start + self.raw().len()
    }

    pub(super) fn string(self) -> Option<String> {
        serde_json::from_str(self.raw()).ok()
    }

    pub(super) fn is_true(self) -> bool {
        self.raw() == "true"
    }

    pub(super) fn count(self) -> Option<u64> {
        serde_json::from_str(self.raw()).ok()
    }

    pub(super) fn has_elements(self) -> bool {
        let inner = self.raw().strip_prefix('[').map(str::trim_start);
        inner.is_some_and(|inner| inner != "]")
    }

    /// Messages: `{"type": "enabled" | "adaptive" | "disabled"}`.
    pub(super) fn thinks(self) -> bool {
        self.shape()
            .is_some_and(|shape| shape.kind.is_some_and(|kind| kind != "disabled"))
    }

    /// Messages: `enabled`, as opposed to `adaptive`, where the model decides.
    pub(super) fn thinks_always(self) -> bool {
        self.shape()
            .is_some_and(|shape| shape.kind.is_some_and(|kind| kind == "enabled"))
    }

    /// Responses: any object, unless its effort is `none`; routers say `enabled: false`.
    pub(super) fn reasons(self) -> bool {
        self.shape().is_some_and(|shape| {
            shape.effort.is_none_or(|effort| effort != "none") && shape.enabled != Some(false)
        })
    }

    /// A format other than plain text.
    pub(super) fn is_format(self) -> bool {
        self.shape()
            .is_some_and(|shape| shape.kind.is_some_and(|kind| kind != "text"))
    }

    /// An object whose own `format` is other than plain text.
    pub(super) fn has_format(self) -> bool {
        self.shape().is_some_and(|shape| {
            shape
                .format
                .is_some_and(|format| Glance(format).is_format())
        })
    }

    fn shape(self) -> Option<Shape<'a>> {
        if !self.raw().starts_with('{') {
            return None;
        }
        // A repeated or mistyped key in here is the provider's to refuse.
        Some(serde_json::from_str(self.raw()).unwrap_or_default())
    }
}
