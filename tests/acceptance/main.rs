//! The real `understudyd` over loopback: the tests use only its commands, its port and its files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod breakers;
mod clients;
mod commands;
#[cfg(unix)]
mod connect;
#[cfg(unix)]
mod connect_clients;
mod conversations;
mod costs;
#[cfg(all(debug_assertions, target_os = "linux"))]
mod crash;
mod descriptors;
mod desk;
#[cfg(target_os = "linux")]
mod documents;
mod drain;
mod drill;
mod effects;
mod equivalents;
mod evening;
mod faces;
mod failover;
mod fallback_test;
mod fallbacks;
#[cfg(target_os = "linux")]
mod files;
mod first_start;
mod flood;
#[cfg(target_os = "linux")]
mod found;
mod handover;
mod incidents;
mod installed;
mod interrupted;
#[cfg(unix)]
mod kept;
#[cfg(target_os = "linux")]
mod keychain;
mod keys;
#[cfg(target_os = "linux")]
mod ledger;
mod listening;
#[cfg(unix)]
mod litellm;
mod load;
mod log;
#[cfg(target_os = "linux")]
mod login;
mod observed;
mod once;
mod one_engine;
#[path = "../scenarios/mod.rs"]
mod outage_scenarios;
mod own_fallback;
#[cfg(target_os = "linux")]
mod packages;
mod parsers;
mod pipelines;
#[cfg(unix)]
mod recipes;
mod refusals;
mod replay;
mod report;
mod requests;
mod retention;
mod review;
mod routing;
mod scenarios;
mod series;
mod settings;
mod status_page;
mod steadfast;
mod tasks;
mod team;
mod transfer;
mod translation;
mod trust;
mod update;
mod use_now;
mod week_old;
