import { expect, it } from "vitest";

import { share, uptimeOfDay, uptimeSummary } from "./summary";

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
