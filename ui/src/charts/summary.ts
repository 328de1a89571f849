import type { LatencyPoint } from "../generated/LatencyPoint";

/** A row of the table of response times. */
export type LatencyRow = { slot: number; first_token: LatencyPoint | null; total: LatencyPoint | null };

/** One row for each slot with data, the newest first. */
export function latencyRows(points: readonly LatencyPoint[]): LatencyRow[] {
  const slots = [...new Set(points.map((point) => point.slot))].sort((a, b) => b - a);
  const at = (slot: number, measure: LatencyPoint["measure"]) => points.find((point) => point.slot === slot && point.measure === measure) ?? null;
  return slots.map((slot) => ({ slot, first_token: at(slot, "first_token"), total: at(slot, "total") }));
}
