//! The steps of all tables.

use crate::schema::Step;
use crate::{
    breakers, conversations, daily, effects, exchanges, fallback_tests, figures, incidents,
    interruptions, marks, meta, notifications, observations, probes, replays, review,
};

/// Steps of one version run in this order: a table comes after those that it references.
pub(crate) const TABLES: &[&[Step]] = &[
    meta::STEPS,
    exchanges::STEPS,
    probes::STEPS,
    incidents::STEPS,
    notifications::STEPS,
    observations::STEPS,
    breakers::STEPS,
    replays::STEPS,
    review::STEPS,
    interruptions::STEPS,
    conversations::STEPS,
    fallback_tests::STEPS,
    daily::STEPS,
    figures::STEPS,
    effects::STEPS,
    marks::STEPS,
];
