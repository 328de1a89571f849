import { expect, it } from "vitest";

import { amount, costByDay, costOfDay, scale, total } from "./spending";

const point = (slot: number, own_micro_usd: number, fallback_micro_usd: number, probes_micro_usd: number, unpriced = 0) => ({
  slot, own_micro_usd, fallback_micro_usd, probes_micro_usd, estimated_micro_usd: 0, unpriced,
});

it("prints sums that are the sums of the bars", () => {
  const providers = [
    { provider: "anthropic", points: [point(0, 3, 0, 1), point(2, 5, 0, 1, 2)] },
    { provider: "openai", points: [point(2, 0, 7, 0)] },
  ];
  const days = costByDay(providers, 3);
  expect(days.map((day) => [day.own, day.fallback, day.probes])).toEqual([[3, 0, 1], [0, 0, 0], [5, 7, 1]]);
  const all = total(days);
  expect(all).toEqual({ own: 8, fallback: 7, probes: 2, estimated: 0, unpriced: 2 });
  expect(days.reduce((sum, day) => sum + amount(day), 0)).toBe(amount(all));
  expect(providers.flatMap((one) => one.points).reduce((sum, one) => sum + one.own_micro_usd + one.fallback_micro_usd + one.probes_micro_usd, 0)).toBe(amount(all));
});

it("draws the cap only beside fallbacks, and not where it would flatten the bars", () => {
  const day = (own: number, fallback: number) => ({ own, fallback, probes: 0, estimated: 0, unpriced: 0 });
  expect(scale([day(3_000_000, 1_000_000)], 5_000_000)).toEqual({ top: 5_000_000, cap: 5_000_000 });
  expect(scale([day(3_000_000, 0)], 5_000_000).cap).toBeNull();
  expect(scale([day(30_000, 10_000)], 10_000_000)).toEqual({ top: 50_000, cap: null });
});

it("says which requests have no known cost", () => {
  expect(costOfDay({ own: 0, fallback: 0, probes: 0, estimated: 0, unpriced: 1 })).toBe("no cost, and 1 request without a known cost");
  expect(costOfDay({ own: 2_000_000, fallback: 500_000, probes: 0, estimated: 500_000, unpriced: 0 })).toBe("$2.50: $2 own, $0.50 fallbacks, $0 probes, $0.50 of it from estimated tokens");
});
