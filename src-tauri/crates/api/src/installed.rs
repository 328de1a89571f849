use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How Understudy was installed, and how it is removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Installed {
    /// "the Debian package"
    pub as_what: String,
    /// A command for a terminal. None: there is only a sentence.
    pub removal: Option<String>,
    /// "Delete the folder in which you built it."
    pub explained: String,
}
