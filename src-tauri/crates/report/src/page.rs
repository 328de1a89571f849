//! A report as sections of text, tables and charts: the form that HTML and Markdown share.

use serde::Serialize;

use crate::table::Table;

#[derive(Debug, Default, Serialize)]
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) owner: Option<String>,
    pub(crate) logo: Option<String>,
    pub(crate) lead: Vec<Figure>,
    pub(crate) sections: Vec<Section>,
    /// How the figures were counted.
    pub(crate) method: Vec<String>,
    pub(crate) footer: String,
}

/// A large number.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) value: String,
    pub(crate) label: String,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) text: Vec<String>,
    pub(crate) points: Vec<String>,
    pub(crate) chart: Option<Chart>,
    pub(crate) table: Option<Table>,
    /// Below the table.
    pub(crate) note: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Chart {
    /// One SVG element, made here: not escaped.
    pub(crate) svg: String,
    pub(crate) legend: Vec<Legend>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Legend {
    /// Class of its colour.
    pub(crate) class: &'static str,
    pub(crate) text: &'static str,
}

impl Figure {
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>) -> Figure {
        Figure {
            value: value.into(),
            label: label.into(),
        }
    }
}
