//! Scenes under paused time: one story a file.

#![expect(clippy::unwrap_used, reason = "a scene that cannot go on fails")]

mod delivery;
mod failover;
mod restart;
mod world;
