import { describe, expect, it } from "vitest";

import type { Attempt } from "../../generated/Attempt";
import type { AttemptOutcome } from "../../generated/AttemptOutcome";
import type { Exchange } from "../../generated/Exchange";
import { matches } from "./filter";
import { joined } from "./joined";

const attempt = (endpoint: string, outcome: AttemptOutcome): Attempt => ({
  number: 1, provider: endpoint, endpoint, model: "m", started_ms: 0, total_ms: 10, ttft_ms: null, status: 200, outcome, detail: null,
  stop_reason: null, input_tokens: null, output_tokens: null, cache_read_tokens: null, cache_write_tokens: null, tokens_estimated: false,
  cost_estimate: null, by_subscription: false, spoken: null, left_out: [],
});

const exchange = (id: number, changes: Partial<Exchange> = {}): Exchange => ({
  id, request_id: null, pipeline: null, item: null, token: null, started: "2026-06-21T20:04:00Z", client: "Claude Code", session: null, dialect: "anthropic", route: "claude", model: "claude-opus-4-5",
  streamed: true, rehearsal: false, end: "complete", story: "answered by first", status: 200, total_ms: 10, ttft_ms: 5, cost_estimate: null,
  cost_of_estimated_tokens: 0, stand_in: false, restarts: 0, shown_early: false, passed_over: [],
  attempts: [attempt("first", "complete")], ...changes,
});

describe("matches", () => {
  it("requires every word, in any field and any case", () => {
    expect(matches(exchange(1), "claude OPUS", "all")).toBe(true);
    expect(matches(exchange(1), "claude gpt", "all")).toBe(false);
    expect(matches(exchange(1), "  ", "all")).toBe(true);
  });

  it("filters by result", () => {
    expect(matches(exchange(1, { end: "cut" }), "", "problems")).toBe(true);
    expect(matches(exchange(1), "", "problems")).toBe(false);
    expect(matches(exchange(1, { end: "client_left" }), "", "client_left")).toBe(true);
    expect(matches(exchange(1, { stand_in: true }), "", "carried")).toBe(true);
    expect(matches(exchange(1), "", "carried")).toBe(false);
  });
});

describe("joined", () => {
  const ids = (rows: Exchange[] | null) => rows?.map((row) => row.id);
  const rows = (...list: number[]) => list.map((id) => exchange(id));

  it("joins the newest page and the known rows without duplicates", () => {
    expect(ids(joined(rows(7, 6, 5), rows(5, 4, 3)))).toEqual([7, 6, 5, 4, 3]);
    expect(ids(joined(rows(5, 4), rows(5, 4, 3)))).toEqual([5, 4, 3]);
  });

  it("returns null if there is a gap", () => {
    expect(joined(rows(90, 89), rows(5, 4))).toBeNull();
    expect(joined(rows(2, 1), [])).toBeNull();
    expect(joined([], rows(2, 1))).toBeNull();
  });
});
