//! Scenes with paused time: one subject per file.

#![expect(clippy::unwrap_used, reason = "a scene that cannot go on fails")]

mod after_the_end;
mod agent;
mod announced;
mod applications;
mod bounded;
mod by_hand;
mod compressed;
mod conversations;
mod credentials;
mod delivery;
mod demand;
mod documents;
mod drained;
mod drill;
mod exchange_ids;
mod exhausted;
mod failover;
mod families;
mod http2;
mod identity;
mod keyed;
mod last_event;
mod limits;
mod lingering;
mod load;
mod local_cause;
mod loops;
mod names;
mod order;
#[path = "../../../../../tests/scenarios/mod.rs"]
mod outage_scenarios;
mod own_headers;
mod patience;
mod pin;
mod port;
mod promised;
mod reached;
mod recovery;
mod redirect;
mod rejected;
mod restart;
mod returns;
mod rules;
mod scenarios;
mod siblings;
mod stop_reasons;
mod stopping;
mod timeouts;
mod traps;
mod unattended;
mod understudy;
mod week_old;
mod world;
