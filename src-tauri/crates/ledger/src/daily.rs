//! Sums of a day, which stay when the rows behind them are deleted. A day is the owner's, from midnight to midnight, as in the
//! charts. See `docs/decisions/15-retention.md`.

use crate::schema::Step;

pub(crate) const STEPS: &[Step] = &[
    Step {
    version: 9,
    sql: "
CREATE TABLE daily (
    id             INTEGER PRIMARY KEY,
    begins         INTEGER NOT NULL, -- ms; the owner's midnight
    ends           INTEGER NOT NULL, -- ms
    provider       TEXT NOT NULL,    -- empty, as the next three: none
    endpoint       TEXT NOT NULL,
    model          TEXT NOT NULL,
    pipeline       TEXT NOT NULL,
    requests       INTEGER NOT NULL DEFAULT 0, -- of this primary, with the next twelve
    complete       INTEGER NOT NULL DEFAULT 0,
    replayed       INTEGER NOT NULL DEFAULT 0,
    truncated      INTEGER NOT NULL DEFAULT 0,
    refused        INTEGER NOT NULL DEFAULT 0,
    cut            INTEGER NOT NULL DEFAULT 0,
    exhausted      INTEGER NOT NULL DEFAULT 0,
    callers_fault  INTEGER NOT NULL DEFAULT 0,
    client_left    INTEGER NOT NULL DEFAULT 0,
    turned_away    INTEGER NOT NULL DEFAULT 0,
    our_fault      INTEGER NOT NULL DEFAULT 0,
    other          INTEGER NOT NULL DEFAULT 0, -- an end that this version does not know
    carried        INTEGER NOT NULL DEFAULT 0, -- answered by a fallback
    attempts       INTEGER NOT NULL DEFAULT 0, -- at this candidate
    probes         INTEGER NOT NULL DEFAULT 0,
    tests          INTEGER NOT NULL DEFAULT 0,
    calls          INTEGER NOT NULL DEFAULT 0, -- attempts and probes that show whether the provider works
    calls_failed   INTEGER NOT NULL DEFAULT 0,
    cost_measured  INTEGER NOT NULL DEFAULT 0, -- micro-dollars, from reported tokens
    cost_estimated INTEGER NOT NULL DEFAULT 0, -- micro-dollars, from tokens estimated from bytes
    UNIQUE (begins, provider, endpoint, model, pipeline),
    CHECK (requests = complete + replayed + truncated + refused + cut + exhausted + callers_fault + client_left
                      + turned_away + our_fault + other)
) STRICT;
CREATE INDEX daily_by_end ON daily (ends);

CREATE TABLE daily_latency (
    daily     INTEGER NOT NULL REFERENCES daily (id) ON DELETE CASCADE,
    measure   TEXT NOT NULL,    -- first_token, total
    ms        INTEGER NOT NULL, -- rounded by less than 1 %
    responses INTEGER NOT NULL,
    PRIMARY KEY (daily, measure, ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE daily_states (
    begins   INTEGER NOT NULL, -- ms
    ends     INTEGER NOT NULL, -- ms
    provider TEXT NOT NULL,
    surface  TEXT NOT NULL,    -- of the status page; empty: the page itself
    state    TEXT NOT NULL,    -- a level, or unreadable
    seconds  INTEGER NOT NULL,
    readings INTEGER NOT NULL,
    PRIMARY KEY (begins, provider, surface, state)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_states_by_end ON daily_states (ends);

CREATE INDEX exchanges_of_rehearsals ON exchanges (started_at) WHERE rehearsal = 1;
CREATE INDEX review_items_closed ON review_items (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX incidents_closed ON incidents (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX notices_by_time ON notices (at);
CREATE INDEX interruptions_by_time ON interruptions (last_at);
",
},
    // The rows behind older sums are deleted: a failed call counts as carried as far as its model has carried requests, and a
    // model that was no primary on that day was a fallback.
    Step {
        version: 15,
        sql: "
ALTER TABLE daily ADD COLUMN calls_carried INTEGER NOT NULL DEFAULT 0; -- of calls_failed: their request of this provider was carried
ALTER TABLE daily ADD COLUMN limits INTEGER NOT NULL DEFAULT 0; -- calls that met a limit
ALTER TABLE daily ADD COLUMN local INTEGER NOT NULL DEFAULT 0; -- calls and requests that failed because of this computer
ALTER TABLE daily ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0; -- requests that billed a key, without a known cost
ALTER TABLE daily ADD COLUMN cost_fallback INTEGER NOT NULL DEFAULT 0; -- micro-dollars, of both costs: fallbacks, their tests, drills
ALTER TABLE daily ADD COLUMN cost_probes INTEGER NOT NULL DEFAULT 0; -- micro-dollars, of both costs
UPDATE daily SET calls_carried = min(calls_failed, carried),
    cost_probes = iif(attempts = 0 AND tests = 0, CAST(0.0 + cost_measured + cost_estimated AS INTEGER), 0),
    cost_fallback = iif(requests = 0 AND attempts + tests > 0, CAST(0.0 + cost_measured + cost_estimated AS INTEGER), 0);
CREATE INDEX review_items_by_first ON review_items (first_at);
",
    },
];

/// Daily row `d` belongs to slot `s`. The middle of the day decides, so that a day of another time zone counts once. The bound
/// of 26 hours is for the index: the longest day has 25.
macro_rules! in_slot {
    () => {
        "d.begins >= s.begins - 93600000 AND d.begins < s.ends
         AND d.begins + (d.ends - d.begins) / 2 >= s.begins AND d.begins + (d.ends - d.begins) / 2 < s.ends"
    };
}
pub(crate) use in_slot;
