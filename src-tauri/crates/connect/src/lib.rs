//! Connects clients: changes single keys of their settings files, and undoes it. The files are read for each change; nothing is
//! written from a stored copy.

mod address;
mod apply;
mod client;
mod diff;
mod disconnect;
mod file;
mod format;
mod hide;
mod layers;
mod notes;
mod path;
mod plan;
mod receipt;
mod refusal;
mod shell;
mod surroundings;
mod survey;
mod test_file;

pub use address::Address;
pub use apply::connect;
pub use client::Client;
pub use disconnect::{Undone, disconnect, disconnect_all};
pub use notes::shadowed;
pub use plan::{Plan, plan};
pub use receipt::Store;
pub use refusal::{Refusal, RefusalKind};
pub use surroundings::{Surroundings, System};
pub use survey::{Standing, Survey, survey};
pub use test_file::{TestSettings, test_settings};

#[cfg(test)]
mod tests;
