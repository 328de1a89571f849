//! The stage as its clients see it: bytes over a pipe under paused time, and a few tests over real sockets.

mod answers;
mod caching;
mod client;
mod connections;
mod families;
mod faults;
mod field;
mod judged;
mod limits;
mod manners;
mod restarts;
mod rules;
mod scripts;
mod sockets;
