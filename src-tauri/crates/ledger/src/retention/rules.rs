//! How long the rows of each table are kept: one list, with every table of the schema.

use super::sums::{DRILLS, EXCHANGES, PROBES, Sums, TESTS};
use crate::affected::stamp_delay;

pub(crate) struct Rule {
    pub(crate) table: &'static str,
    pub(crate) keeps: Keeps,
}

pub(crate) enum Keeps {
    /// It does not grow.
    Always,
    /// Deleted with their row of this table.
    With(#[cfg_attr(not(test), expect(dead_code, reason = "SQLite deletes them"))] &'static str),
    /// Deleted by the table's own code.
    Own,
    Aged(Aged),
}

/// Rows that are deleted when they are older than a limit.
pub(crate) struct Aged {
    pub(crate) limit: Limit,
    /// A column in ms; an index leads with it.
    pub(crate) age: &'static str,
    /// The rows in that index. `old` is the row.
    pub(crate) of: &'static str,
    /// Rows that are kept however old they are.
    pub(crate) unless: &'static str,
    /// Rows of the same stretch of this many ms are deleted together.
    pub(crate) stretch_ms: i64,
    pub(crate) sums: Option<Sums>,
}

/// The setting that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Exchanges,
    Incidents,
    Daily,
    Effects,
    Observations,
}

pub(crate) const NEVER: &str = "false";

/// The row may count in the figures of a closed incident, which are not stored yet.
macro_rules! not_counted {
    ($age:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM incidents i WHERE i.closed_at IS NOT NULL AND i.hit IS NULL AND i.closed_at >= old.",
            $age,
            " AND i.opened_at - 3600000 <= old.",
            $age,
            ")"
        )
    };
}

pub(crate) const RULES: &[Rule] = &[
    aged(
        "exchanges",
        Aged {
            of: "old.rehearsal = 0",
            unless: concat!(
                "EXISTS (SELECT 1 FROM review_items r WHERE r.id = old.parked AND r.state = 'open')
                 OR EXISTS (SELECT 1 FROM incidents i
                     WHERE i.closed_at IS NULL
                       AND old.started_at >= i.opened_at - 3600000 AND old.started_at + old.total_ms >= i.opened_at - ",
                stamp_delay!(),
                "
                       AND (old.carried AND old.primary_provider = i.provider
                            OR EXISTS (SELECT 1 FROM attempts a
                                WHERE a.exchange = old.id AND a.provider_failed AND a.provider = i.provider)))
                 OR ",
                not_counted!("started_at")
            ),
            sums: Some(EXCHANGES),
            ..Aged::by(Limit::Exchanges, "started_at")
        },
    ),
    aged(
        "exchanges",
        Aged {
            of: "old.rehearsal = 1",
            sums: Some(DRILLS),
            ..Aged::by(Limit::Exchanges, "started_at")
        },
    ),
    with("attempts", "exchanges"),
    aged(
        "probes",
        Aged {
            unless: concat!(
                "EXISTS (SELECT 1 FROM incidents i
                    WHERE i.closed_at IS NULL AND i.provider = old.provider AND old.at >= i.opened_at)
                 OR ",
                not_counted!("at")
            ),
            sums: Some(PROBES),
            ..Aged::by(Limit::Exchanges, "at")
        },
    ),
    aged(
        "fallback_tests",
        Aged {
            // The last result of each fallback stays.
            unless: "NOT EXISTS (SELECT 1 FROM fallback_tests later
                WHERE later.dialect = old.dialect AND later.endpoint = old.endpoint AND later.model = old.model
                  AND later.id > old.id)",
            sums: Some(TESTS),
            ..Aged::by(Limit::Exchanges, "at")
        },
    ),
    aged(
        "review_items",
        Aged {
            of: "old.closed_at IS NOT NULL",
            unless: "old.state = 'open'",
            ..Aged::by(Limit::Exchanges, "closed_at")
        },
    ),
    aged(
        "incidents",
        Aged {
            of: "old.closed_at IS NOT NULL",
            ..Aged::by(Limit::Incidents, "closed_at")
        },
    ),
    with("timeline", "incidents"),
    with("incident_pipelines", "incidents"),
    with("incident_stretches", "incidents"),
    with("incident_fallbacks", "incidents"),
    with("incident_items", "incidents"),
    with("incident_marks", "incidents"),
    with("incident_peaks", "incidents"),
    aged(
        "notices",
        Aged {
            unless: "EXISTS (SELECT 1 FROM incidents i WHERE i.id = old.incident AND i.closed_at IS NULL)",
            ..Aged::by(Limit::Incidents, "at")
        },
    ),
    aged(
        "interruptions",
        Aged {
            unless: "EXISTS (SELECT 1 FROM incidents i
                WHERE i.closed_at IS NULL AND i.provider = old.provider AND old.last_at >= i.opened_at - 600000)",
            ..Aged::by(Limit::Incidents, "last_at")
        },
    ),
    with("delivered_calls", "interruptions"),
    aged(
        "observations",
        Aged {
            unless: "EXISTS (SELECT 1 FROM incidents i
                WHERE i.closed_at IS NULL AND i.provider = old.provider AND old.at >= i.opened_at)",
            stretch_ms: 600_000,
            sums: Some(Sums::States),
            ..Aged::by(Limit::Observations, "at")
        },
    ),
    aged(
        "effects",
        Aged {
            of: "old.ended_at IS NOT NULL",
            ..Aged::by(Limit::Effects, "ended_at")
        },
    ),
    aged("daily", Aged::by(Limit::Daily, "ends")),
    with("daily_latency", "daily"),
    aged("daily_states", Aged::by(Limit::Daily, "ends")),
    // After a day, and above 256 MiB.
    rule("replays", Keeps::Own),
    rule("conversation_parts", Keeps::Own),
    // One row, one row for each model that fails, and one for each name.
    rule("conversation_bytes", Keeps::Always),
    rule("breakers", Keeps::Always),
    rule("meta", Keeps::Always),
];

impl Aged {
    const fn by(limit: Limit, age: &'static str) -> Aged {
        Aged {
            limit,
            age,
            of: "true",
            unless: NEVER,
            stretch_ms: 1,
            sums: None,
        }
    }

    pub(crate) fn stretch_start(&self, ms: i64) -> i64 {
        ms - ms.rem_euclid(self.stretch_ms)
    }

    pub(crate) fn stretch_end(&self, ms: i64) -> i64 {
        self.stretch_start(ms) + self.stretch_ms
    }

    /// The rows from age `?1` to before `?2` that may be deleted.
    pub(crate) fn expired(&self, table: &str) -> String {
        let Aged {
            age, of, unless, ..
        } = self;
        format!(
            "SELECT old.* FROM {table} AS old WHERE {of} AND old.{age} >= ?1 AND old.{age} < ?2 AND NOT ({unless})"
        )
    }
}

const fn rule(table: &'static str, keeps: Keeps) -> Rule {
    Rule { table, keeps }
}

const fn aged(table: &'static str, aged: Aged) -> Rule {
    rule(table, Keeps::Aged(aged))
}

const fn with(table: &'static str, parent: &'static str) -> Rule {
    rule(table, Keeps::With(parent))
}
