import { expect, it } from "vitest";

import { endOf, laneName, lanesSummary, outcomesOf, packed, stacked, stretches } from "./lanes";

const bar = (id: number, outcome: "failed" | "carried" | "waiting", closed: string | null = null) => ({ id, began: "2026-06-21T20:00:00Z", ended: "2026-06-21T20:00:04Z", outcome, closed });

it("puts overlapping requests in rows, and reuses a row that is free", () => {
  expect(packed([{ from: 0, to: 10 }, { from: 5, to: 8 }, { from: 10, to: 12 }, { from: 9, to: 20 }], 3)).toEqual([0, 1, 0, 1]);
  expect(packed([{ from: 0, to: 10 }, { from: 1, to: 10 }, { from: 2, to: 10 }], 2)).toEqual([0, 1, 1]);
  expect(packed([], 2)).toEqual([]);
});

it("draws a waiting request until its item was closed", () => {
  expect(endOf(bar(1, "waiting"), "2026-06-21T22:00:00Z")).toBe("2026-06-21T22:00:00Z");
  expect(endOf(bar(1, "waiting", "2026-06-21T21:00:00Z"), "2026-06-21T22:00:00Z")).toBe("2026-06-21T21:00:00Z");
  expect(endOf(bar(1, "failed"), "2026-06-21T22:00:00Z")).toBe("2026-06-21T20:00:04Z");
});

it("counts bars and slots alike", () => {
  const lanes = [
    { of: "client" as const, name: "n8n", requests: 2, bars: [bar(1, "failed"), bar(2, "carried")], counts: [] },
    { of: "pipeline" as const, name: "Leads", requests: 500, bars: [], counts: [{ slot: 0, outcome: "carried" as const, requests: 499 }, { slot: 1, outcome: "failed" as const, requests: 1 }] },
  ];
  expect(outcomesOf(lanes)).toEqual([{ outcome: "failed", requests: 2 }, { outcome: "carried", requests: 500 }]);
  expect(lanesSummary(lanes, "20:00 to 20:42", 1)).toBe("20:00 to 20:42: 502 requests: 2 failed, 500 answered by a fallback. By pipeline or client: n8n 2, Pipeline Leads 500. 1 post of the status page.");
  expect(laneName({ of: "others", name: null })).toBe("Others");
});

it("stacks the outcomes of a slot, the worst on top", () => {
  const of = (slot: number, outcome: "failed" | "carried" | "waiting", requests: number) => ({ slot, outcome, requests });
  const { most, parts } = stacked([of(0, "carried", 5), of(0, "failed", 2), of(1, "waiting", 1)]);
  expect(most).toBe(7);
  expect(parts.map((part) => part.below)).toEqual([0, 5, 0]);
  expect(stacked([])).toEqual({ most: 1, parts: [] });
});

it("makes stretches of the verdict's changes, from the opening to the end", () => {
  const entry = (at: string, level: "degraded" | "major_outage" | null, source: "understudy" | "status_page" = "understudy") => ({ at, level, source, text: "", spans: [] });
  const found = stretches([entry("20:05", "degraded"), entry("20:06", "major_outage", "status_page"), entry("20:30", "major_outage"), entry("20:31", null)].map((one) => ({ ...one, at: `2026-06-21T${one.at}:00Z` })), "2026-06-21T20:04:00Z", "2026-06-21T20:42:00Z");
  expect(found.map((one) => [one.from.slice(11, 16), one.to.slice(11, 16), one.level])).toEqual([["20:04", "20:30", "degraded"], ["20:30", "20:42", "major_outage"]]);
});
