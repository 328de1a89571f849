//! How expired rows become daily rows: as data, from which the statements are made. In each of them `old` is an expired row.

use crate::drills::is_drills;
use crate::sums::{
    judged_probes, limit_outcomes, local_outcomes, of_fallback, shows_health, unpriced,
};

/// The sums of one kind of row. Parameters of all statements: `?1` and `?2` bound the age, `?3` and `?4` the day.
pub(crate) enum Sums {
    /// Into `daily` and `daily_latency`.
    Calls(&'static [Part]),
    /// Into `daily_states`.
    States,
}

/// Rows that count in one column of `daily`.
pub(crate) struct Part {
    from: &'static str,
    /// Provider, endpoint, model, pipeline.
    key: [&'static str; 4],
    /// The column in which each row counts.
    counted: &'static str,
    columns: &'static [(&'static str, &'static str)],
    /// Rows with a response time, and its columns.
    latency: Option<(&'static str, [(&'static str, &'static str); 2])>,
}

/// Statements of one part.
pub(crate) struct Statements {
    pub(crate) inserts: Vec<String>,
    /// Parameters `?1`, `?2`: how many rows are to be summed.
    pub(crate) source: String,
    /// Parameter `?1`: how many rows the day's sums contain.
    pub(crate) target: String,
}

pub(crate) const EXCHANGES: Sums = Sums::Calls(&[
    Part {
        from: "old JOIN attempts a ON a.exchange = old.id",
        key: [
            "a.provider",
            "a.endpoint",
            "a.model",
            "coalesce(old.pipeline, '')",
        ],
        counted: "attempts",
        columns: &[
            ("calls", shows_health!()),
            ("calls_failed", "a.provider_failed"),
            (
                "calls_carried",
                "a.provider_failed AND old.carried AND a.provider IS old.primary_provider",
            ),
            (
                "limits",
                concat!(
                    "NOT ",
                    shows_health!(),
                    " AND a.outcome IN ",
                    limit_outcomes!()
                ),
            ),
            (
                "local",
                concat!(
                    "NOT ",
                    shows_health!(),
                    " AND a.outcome IN ",
                    local_outcomes!()
                ),
            ),
            ("unpriced", unpriced!("old")),
            (
                "cost_fallback",
                concat!(
                    "iif(old.ended <> 'turned_away' AND old.cost IS NOT NULL AND (",
                    of_fallback!("old"),
                    "), a.cost, 0)"
                ),
            ),
            (
                "cost_measured",
                "iif(old.ended <> 'turned_away' AND old.cost IS NOT NULL AND NOT a.tokens_estimated, a.cost, 0)",
            ),
            (
                "cost_estimated",
                "iif(old.ended <> 'turned_away' AND old.cost IS NOT NULL AND a.tokens_estimated, a.cost, 0)",
            ),
        ],
        latency: Some((
            "a.outcome = 'complete'",
            [("first_token", "a.ttft_ms"), ("total", "a.total_ms")],
        )),
    },
    Part {
        from: "old LEFT JOIN attempts a ON a.exchange = old.id AND a.number = 1",
        key: [
            "coalesce(old.primary_provider, a.provider, '')",
            "iif(old.primary_provider IS NULL, coalesce(a.endpoint, ''), old.primary_endpoint)",
            "iif(old.primary_provider IS NULL, coalesce(a.model, old.model), old.primary_model)",
            "coalesce(old.pipeline, '')",
        ],
        counted: "requests",
        columns: &ENDS,
        latency: None,
    },
]);

pub(crate) const ENDS: [(&str, &str); 13] = [
    ("complete", "old.ended = 'complete'"),
    ("replayed", "old.ended = 'replayed'"),
    ("truncated", "old.ended = 'truncated'"),
    ("refused", "old.ended = 'refused'"),
    ("cut", "old.ended = 'cut'"),
    ("exhausted", "old.ended = 'exhausted'"),
    ("callers_fault", "old.ended = 'callers_fault'"),
    ("client_left", "old.ended = 'client_left'"),
    ("turned_away", "old.ended = 'turned_away'"),
    ("our_fault", "old.ended = 'our_fault'"),
    (
        "other",
        "old.ended NOT IN ('complete', 'replayed', 'truncated', 'refused', 'cut', 'exhausted', 'callers_fault', 'client_left', 'turned_away', 'our_fault')",
    ),
    ("carried", "old.carried"),
    ("local", "old.ended = 'our_fault' AND a.number IS NULL"),
];

pub(crate) const PROBES: Sums = Sums::Calls(&[Part {
    from: "old",
    key: ["old.provider", "old.endpoint", "old.model", "''"],
    counted: "probes",
    columns: &[
        ("calls", concat!("old.outcome IN ", judged_probes!())),
        (
            "calls_failed",
            concat!(
                "old.outcome <> 'complete' AND old.outcome IN ",
                judged_probes!()
            ),
        ),
        ("limits", concat!("old.outcome IN ", limit_outcomes!())),
        ("local", concat!("old.outcome IN ", local_outcomes!())),
        ("cost_measured", "old.cost"),
        ("cost_probes", "old.cost"),
    ],
    latency: Some((
        "old.outcome = 'complete'",
        [("first_token", "old.ttft_ms"), ("total", "old.total_ms")],
    )),
}]);

pub(crate) const TESTS: Sums = Sums::Calls(&[Part {
    from: "old",
    key: ["old.provider", "old.endpoint", "old.model", "''"],
    counted: "tests",
    columns: &[
        ("cost_measured", "iif(old.tokens_estimated, 0, old.cost)"),
        ("cost_estimated", "iif(old.tokens_estimated, old.cost, 0)"),
        ("cost_fallback", "old.cost"),
    ],
    latency: None,
}]);

/// A drill's request counts as a test of the fallback. The rest of a rehearsal has no sum.
pub(crate) const DRILLS: Sums = Sums::Calls(&[Part {
    from: concat!(
        "old JOIN attempts a ON a.exchange = old.id AND ",
        is_drills!()
    ),
    key: ["a.provider", "a.endpoint", "a.model", "''"],
    counted: "tests",
    columns: &[
        (
            "cost_fallback",
            "iif(old.ended <> 'turned_away' AND old.cost IS NOT NULL, a.cost, 0)",
        ),
        (
            "cost_measured",
            "iif(old.ended <> 'turned_away' AND old.cost IS NOT NULL AND NOT a.tokens_estimated, a.cost, 0)",
        ),
        (
            "cost_estimated",
            "iif(old.ended <> 'turned_away' AND old.cost IS NOT NULL AND a.tokens_estimated, a.cost, 0)",
        ),
    ],
    latency: None,
}]);

impl Sums {
    /// `expired`: a query for the rows that are to be deleted.
    pub(crate) fn statements(&self, expired: &str) -> Vec<Statements> {
        match self {
            Sums::Calls(parts) => parts.iter().map(|part| part.statements(expired)).collect(),
            Sums::States => vec![states(expired)],
        }
    }
}

impl Part {
    fn statements(&self, expired: &str) -> Statements {
        let (from, counted) = (self.from, self.counted);
        let key = self.key.join(", ");
        let names: String = self
            .columns
            .iter()
            .map(|(name, _)| format!(", {name}"))
            .collect();
        // SQLite's `sum` fails on integer overflow. `total` does not, and the cast saturates.
        let values: String = self
            .columns
            .iter()
            .map(|(_, value)| format!(", CAST(total({value}) AS INTEGER)"))
            .collect();
        let adds: String = self
            .columns
            .iter()
            .map(|(name, _)| format!(", {name} = CAST(0.0 + {name} + excluded.{name} AS INTEGER)"))
            .collect();
        let mut inserts = vec![format!(
            "WITH old AS ({expired})
             INSERT INTO daily (begins, ends, provider, endpoint, model, pipeline, {counted}{names})
             SELECT ?3, ?4, {key}, count(*){values} FROM {from} WHERE true GROUP BY {key}
             ON CONFLICT (begins, provider, endpoint, model, pipeline)
             DO UPDATE SET ends = max(ends, excluded.ends), {counted} = {counted} + excluded.{counted}{adds}"
        )];
        if let Some((complete, measures)) = self.latency {
            inserts.extend(measures.map(|(measure, ms)| {
                let rounded = rounded(ms);
                format!(
                    "WITH old AS ({expired})
                     INSERT INTO daily_latency (daily, measure, ms, responses)
                     SELECT d.id, '{measure}', {rounded}, count(*)
                       FROM {from}
                       JOIN daily d ON d.begins = ?3 AND d.ends >= ?4
                        AND (d.provider, d.endpoint, d.model, d.pipeline) = ({key})
                      WHERE {complete} AND {ms} IS NOT NULL
                      GROUP BY d.id, {rounded}
                     ON CONFLICT (daily, measure, ms) DO UPDATE SET responses = responses + excluded.responses"
                )
            }));
        }
        Statements {
            inserts,
            source: format!("WITH old AS ({expired}) SELECT count(*) FROM {from}"),
            target: format!("SELECT coalesce(sum({counted}), 0) FROM daily WHERE begins = ?1"),
        }
    }
}

/// A state lasts for its share of the readings in ten minutes; without a reading it is unknown. Rows of this age have one row
/// for each state in ten minutes.
fn states(expired: &str) -> Statements {
    let pages = format!("SELECT * FROM ({expired}) WHERE source = 'page'");
    Statements {
        inserts: vec![format!(
            "WITH old AS ({pages})
             INSERT INTO daily_states (begins, ends, provider, surface, state, seconds, readings)
             SELECT ?3, ?4, provider, subject, said, sum(600 * readings / all_readings), sum(readings)
               FROM (
                SELECT *, sum(readings) OVER (PARTITION BY provider, subject, at / 600000) AS all_readings FROM old
               )
              WHERE true
              GROUP BY provider, subject, said
             ON CONFLICT (begins, provider, surface, state)
             DO UPDATE SET seconds = seconds + excluded.seconds, readings = readings + excluded.readings"
        )],
        source: format!("WITH old AS ({pages}) SELECT coalesce(sum(readings), 0) FROM old"),
        target: "SELECT coalesce(sum(readings), 0) FROM daily_states WHERE begins = ?1".to_owned(),
    }
}

/// Exact below 128 ms, then the middle of a range of at most 1/64 of the time.
fn rounded(ms: &str) -> String {
    let ranges: String = (1..=21)
        .map(|octave| {
            format!(
                " WHEN {ms} < {} THEN {}",
                128_i64 << octave,
                1_i64 << octave
            )
        })
        .collect();
    let width = format!(
        "CASE WHEN {ms} < 128 THEN 1{ranges} ELSE {} END",
        1_i64 << 22
    );
    format!("({ms} / ({width}) * ({width}) + ({width}) / 2)")
}
