import { describe, expect, it } from "vitest";

import { latencyRows } from "./summary";

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
