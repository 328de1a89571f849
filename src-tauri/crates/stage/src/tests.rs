//! Tests the stage from the view of its clients: bytes over a pipe with paused time, and some tests with real sockets.

mod answers;
mod caching;
mod client;
mod connections;
mod families;
mod faults;
mod field;
mod judged;
mod limits;
mod restarts;
mod rules;
mod scripts;
mod sockets;
mod variations;
