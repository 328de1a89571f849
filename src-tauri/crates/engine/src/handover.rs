//! A newer engine takes the port over from an older one. The older one ends its open responses, then passes its listening socket
//! on: connections that arrive in between wait in the socket's queue, and none is refused.

#[cfg(unix)]
mod passing;
mod successor;
mod take;
#[cfg(unix)]
mod waiting;

pub(crate) use successor::Successor;
pub(crate) use take::{NotTaken, take_over};
