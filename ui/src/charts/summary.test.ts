import { describe, expect, it } from "vitest";

import { latencyRows, share, uptimeOfDay, uptimeSummary } from "./summary";

it("never rounds a share with failures up to 100 %", () => {
  expect(share(99_999, 100_000)).toBe("99.9 %");
  expect(share(12, 12)).toBe("100 %");
  expect(share(0, 3)).toBe("0.0 %");
});

it("names the days without data", () => {
  const points = [{ slot: 3, calls: 10, failed: 0 }, { slot: 89, calls: 4, failed: 2 }];
  expect(uptimeSummary("Claude", points, 90)).toBe("Claude: 85.7 % of 14 calls were answered in the last 90 days; 2 failed. No data on 88 days.");
  expect(uptimeSummary("Claude", [], 90)).toBe("Claude: no data for the last 90 days.");
});

it("distinguishes a day without data from a day without failures", () => {
  expect(uptimeOfDay(null)).toBe("no data");
  expect(uptimeOfDay({ slot: 0, calls: 1, failed: 0 })).toBe("1 call, none failed");
  expect(uptimeOfDay({ slot: 0, calls: 8, failed: 2 })).toBe("2 of 8 calls failed");
});

describe("the table of response times", () => {
  const point = (slot: number, measure: "first_token" | "total", p50_ms: number) => ({ slot, measure, responses: slot + 1, p50_ms, p95_ms: 2 * p50_ms, rounded: false });

  it("has a row for each slot with data, the newest first, with both measures", () => {
    const rows = latencyRows([point(0, "first_token", 300), point(0, "total", 900), point(4, "total", 800)]);
    expect(rows.map((row) => row.slot)).toEqual([4, 0]);
    expect(rows[0]?.first_token).toBeNull();
    expect(rows[0]?.total?.p95_ms).toBe(1600);
    expect(rows[1]?.first_token?.p50_ms).toBe(300);
  });
});

it("counts one call in the singular", () => {
  expect(uptimeSummary("Claude", [{ slot: 0, calls: 1, failed: 0 }], 1)).toContain("100 % of 1 call was answered");
});
