//! The tables of a report. The same columns are in CSV, where each cell has its exact value.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::text::grouped;

/// More rows are in CSV and JSON.
pub(crate) const ROWS: usize = 60;

/// A table by its name in CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableName {
    Uptime,
    Models,
    Incidents,
    Cost,
    Requests,
    Review,
    /// Of a customer's report.
    Items,
}

impl TableName {
    /// Of the owner's report.
    pub const OWNER: [TableName; 6] = [
        TableName::Uptime,
        TableName::Models,
        TableName::Incidents,
        TableName::Cost,
        TableName::Requests,
        TableName::Review,
    ];
    pub const CUSTOMER: [TableName; 1] = [TableName::Items];

    pub fn as_str(self) -> &'static str {
        match self {
            TableName::Uptime => "uptime",
            TableName::Models => "models",
            TableName::Incidents => "incidents",
            TableName::Cost => "cost",
            TableName::Requests => "requests",
            TableName::Review => "review",
            TableName::Items => "items",
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TableName {
    type Err = String;

    fn from_str(text: &str) -> Result<TableName, String> {
        let mut known = TableName::OWNER.into_iter().chain(TableName::CUSTOMER);
        known.find(|name| name.as_str() == text).ok_or_else(|| {
            let names: Vec<_> = TableName::OWNER.map(TableName::as_str).into();
            format!(
                "there is no such table; the tables are {}, and items in a report for a customer",
                names.join(", ")
            )
        })
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) numeric: bool,
}

impl Table {
    pub(crate) fn new<const N: usize>(columns: [(&str, bool); N]) -> Table {
        let columns = columns.map(|(name, numeric)| Column {
            name: name.to_owned(),
            numeric,
        });
        Table {
            columns: columns.into(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Keeps the first rows, and returns a sentence with the number of all.
    pub(crate) fn cut(&mut self) -> Option<String> {
        let all = self.rows.len();
        self.rows.truncate(ROWS);
        let all_text = grouped(all as u64);
        (all > ROWS).then(|| format!("The first {ROWS} of {all_text}. CSV and JSON have all."))
    }
}
