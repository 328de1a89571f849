import { expect, it } from "vitest";

import { incidentsOf, kindsIn, partsOf, segments, stripSummary, textOfDay } from "./strip";

const none = { slot: 0, calls: 0, failed: 0, uncarried: 0, carried: 0, limits: 0, local: 0 };

it("orders the kinds of a day from the worst", () => {
  const day = { ...none, calls: 12, failed: 4, uncarried: 1, carried: 3, limits: 2, local: 1 };
  expect(partsOf(day).map((part) => [part.kind, part.count])).toEqual([["uncarried", 1], ["local", 1], ["carried", 3], ["limits", 2], ["answered", 8]]);
  expect(partsOf({ ...none, limits: 5 })).toEqual([{ kind: "limits", count: 5 }]);
});

it("fills the height, with a visible part for one failure of a thousand", () => {
  const parts = segments([{ kind: "uncarried", count: 1 }, { kind: "answered", count: 999 }], 32, 4);
  expect(parts.map((part) => [part.y, Math.round(part.height)])).toEqual([[0, 4], [4, 28]]);
  const all = segments([{ kind: "uncarried", count: 1 }, { kind: "local", count: 1 }, { kind: "carried", count: 1 }, { kind: "limits", count: 1 }, { kind: "answered", count: 500 }], 32, 4);
  expect(all.reduce((sum, part) => sum + part.height, 0)).toBeCloseTo(32);
  expect(Math.min(...all.map((part) => part.height))).toBeGreaterThanOrEqual(4);
});

it("distinguishes a day without data, a limit and an outage", () => {
  expect(textOfDay(null)).toBe("no data");
  expect(textOfDay({ ...none, limits: 1 })).toBe("1 call met a limit");
  expect(textOfDay({ ...none, calls: 2, failed: 2, uncarried: 2 })).toBe("2 calls failed at the provider without a fallback's response");
});

it("sums the days and names those without data", () => {
  const points = [{ ...none, slot: 3, calls: 10 }, { ...none, slot: 89, calls: 4, failed: 2, carried: 2 }];
  expect(stripSummary("Claude", points, 90)).toBe("Claude in the last 90 days: a fallback answered 2 requests, 12 calls were answered. No data on 88 days.");
  expect(stripSummary("Claude", [], 90)).toBe("Claude: no data for the last 90 days.");
  expect(kindsIn(points)).toEqual(["carried", "answered"]);
});

it("finds the incidents of a day, also those over midnight", () => {
  const incidents = [
    { id: 1, opened: "2026-06-20T21:00:00Z", closed: "2026-06-20T23:00:00Z" },
    { id: 2, opened: "2026-06-21T10:00:00Z", closed: null },
  ];
  const of = (from: string, to: string) => incidentsOf(incidents, from, to).map((one) => one.id);
  expect(of("2026-06-19T22:00:00Z", "2026-06-20T22:00:00Z")).toEqual([1]);
  expect(of("2026-06-20T22:00:00Z", "2026-06-21T22:00:00Z")).toEqual([1, 2]);
  expect(of("2026-06-21T22:00:00Z", "2026-06-22T22:00:00Z")).toEqual([2]);
});
