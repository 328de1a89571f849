import type { LatencyPoint } from "../generated/LatencyPoint";
import type { UptimePoint } from "../generated/UptimePoint";
import { count, plural } from "../words/format";

/** "98.6 %", "100 %". A share below 100 % is never rounded up to it. */
export function share(part: number, all: number): string {
  if (part === all) return "100 %";
  return `${(Math.floor((part / all) * 1_000) / 10).toFixed(1)} %`;
}

/** The text alternative of the uptime bars. */
export function uptimeSummary(product: string, points: readonly UptimePoint[], days: number): string {
  const calls = points.reduce((sum, point) => sum + point.calls, 0);
  const failed = points.reduce((sum, point) => sum + point.failed, 0);
  if (calls === 0) return `${product}: no data for the last ${days} days.`;
  const missing = days - points.length;
  const without = missing > 0 ? ` No data on ${plural(missing, "day", "days")}.` : "";
  return `${product}: ${share(calls - failed, calls)} of ${plural(calls, "call was", "calls were")} answered in the last ${days} days; ${count(failed)} failed.${without}`;
}

/** The tooltip of one bar. */
export function uptimeOfDay(point: UptimePoint | null): string {
  if (!point) return "no data";
  return point.failed === 0 ? `${plural(point.calls, "call", "calls")}, none failed` : `${count(point.failed)} of ${plural(point.calls, "call", "calls")} failed`;
}

/** A row of the table of response times. */
export type LatencyRow = { slot: number; first_token: LatencyPoint | null; total: LatencyPoint | null };

/** One row for each slot with data, the newest first. */
export function latencyRows(points: readonly LatencyPoint[]): LatencyRow[] {
  const slots = [...new Set(points.map((point) => point.slot))].sort((a, b) => b - a);
  const at = (slot: number, measure: LatencyPoint["measure"]) => points.find((point) => point.slot === slot && point.measure === measure) ?? null;
  return slots.map((slot) => ({ slot, first_token: at(slot, "first_token"), total: at(slot, "total") }));
}
