//! Charts as inline SVG. Their colours are classes of the page, so that they follow its theme.

pub(crate) mod bars;
pub(crate) mod cost;
pub(crate) mod lanes;
pub(crate) mod strip;
mod svg;
