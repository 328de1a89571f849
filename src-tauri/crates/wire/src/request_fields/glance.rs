use std::ops::Range;

use serde_json::value::RawValue;

use crate::fields::Fields;
use crate::text;

/// The JSON text of one value, parsed only as far as the caller needs.
#[derive(Clone, Copy)]
pub(super) struct Glance<'a>(pub(super) &'a RawValue);

impl<'a> Glance<'a> {
    pub(super) fn raw(self) -> &'a str {
        self.0.get()
    }

    /// The position of the value in the body that it was read from.
    pub(super) fn range_in(self, body: &[u8]) -> Range<usize> {
        let start = self.raw().as_ptr().addr() - body.as_ptr().addr();
        start..start + self.raw().len()
    }

    pub(super) fn string(self) -> Option<String> {
        text::lenient(self.raw())
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

    /// Messages: `enabled`, as opposed to `adaptive`, where the model decides.
    pub(super) fn thinks_always(self) -> bool {
        self.kind().is_some_and(|kind| kind == "enabled")
    }

    /// Responses: any object, unless its effort is `none`; routers write `enabled: false`.
    pub(super) fn reasons(self) -> bool {
        self.object().is_some_and(|object| {
            let effort = object.text("effort");
            effort.is_none_or(|effort| effort != "none") && object.raw("enabled") != Some("false")
        })
    }

    /// A format other than plain text.
    pub(super) fn is_format(self) -> bool {
        is_format(self.object())
    }

    /// An object whose `format` field is not plain text.
    pub(super) fn has_format(self) -> bool {
        self.object()
            .is_some_and(|object| is_format(object.object("format")))
    }

    fn kind(self) -> Option<String> {
        self.object()?.text("type")
    }

    /// The provider reports fields of a wrong type.
    fn object(self) -> Option<Fields<'a>> {
        Fields::read(self.raw().as_bytes()).ok()
    }
}

fn is_format(object: Option<Fields<'_>>) -> bool {
    let kind = object.and_then(|object| object.text("type"));
    kind.is_some_and(|kind| kind != "text")
}
