import { expect, it } from "vitest";

import type { IncidentSummary } from "../../generated/IncidentSummary";
import { merged } from "./merged";

const incident = (id: number, opened: string, closed: string | null, hit = 0): IncidentSummary => ({
  id, provider: "p", title: "t", level: "degraded", peak: "degraded", opened, closed, exchanges_hit: hit, carried_by_fallback: 0,
  at_risk: { state: "no_estimate", why: "w" }, impact: null,
});

it("lists open incidents first, each once, as the snapshot has them", () => {
  const page = [incident(3, "2026-06-21T20:04:00Z", "2026-06-21T21:00:00Z"), incident(2, "2026-06-21T19:00:00Z", null, 1)];
  const open = [incident(2, "2026-06-21T19:00:00Z", null, 5)];
  const list = merged(page, open);
  expect(list.map((one) => [one.id, one.exchanges_hit])).toEqual([[2, 5], [3, 0]]);
});
