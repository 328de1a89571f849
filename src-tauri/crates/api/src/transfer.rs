use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// `POST /control/import`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Import {
    /// Content of the file that `understudyd export` or `GET /control/export` wrote.
    pub text: String,
    /// Show the changes, and write nothing.
    #[serde(default)]
    pub dry_run: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Imported {
    /// Unified diffs of all files that change; empty: nothing does.
    pub diff: String,
    /// Provider files that only this computer has; they stay.
    pub kept: Vec<String>,
    /// Copies of the replaced files. Empty after a dry run.
    pub copies: Vec<String>,
    /// A provider file changes: a restart of the engine puts it in force.
    pub needs_restart: bool,
    /// The file also has a log of requests, which is not imported.
    pub has_log: bool,
}
