import type { UptimeIncident } from "../generated/UptimeIncident";
import type { UptimePoint } from "../generated/UptimePoint";
import { count, plural } from "../words/format";

export type DayKind = "uncarried" | "local" | "carried" | "limits" | "answered";

/** What happened on a day, the worst first. */
export const DAY_KINDS: readonly { kind: DayKind; name: string; of: (point: UptimePoint) => number }[] = [
  { kind: "uncarried", name: "the provider failed", of: (point) => point.uncarried },
  { kind: "local", name: "this computer, its network or a key", of: (point) => point.local },
  { kind: "carried", name: "a fallback answered", of: (point) => point.carried },
  { kind: "limits", name: "limit reached", of: (point) => point.limits },
  { kind: "answered", name: "answered", of: (point) => point.calls - point.failed },
];

export type Part = { kind: DayKind; count: number };

/** The kinds that occurred, the worst first. */
export function partsOf(point: UptimePoint): Part[] {
  return DAY_KINDS.map(({ kind, of }) => ({ kind, count: of(point) })).filter((part) => part.count > 0);
}

export type Segment = Part & { y: number; height: number };

/** Heights in proportion, the worst on top. Each is at least `least` high: one failure of a thousand calls is visible. */
export function segments(parts: readonly Part[], height: number, least: number): Segment[] {
  const all = parts.reduce((sum, part) => sum + part.count, 0);
  const heights = parts.map((part) => Math.max((part.count / all) * height, Math.min(least, height / parts.length)));
  const surplus = heights.reduce((sum, one) => sum + one, 0) - height;
  const largest = heights.indexOf(Math.max(...heights));
  let y = 0;
  return parts.map((part, at) => {
    const segment = { ...part, y, height: (heights[at] ?? 0) - (at === largest ? surplus : 0) };
    y += segment.height;
    return segment;
  });
}

/** "3 a fallback answered" reads badly: each kind has its own phrase. */
function phrase({ kind, count: number }: Part): string {
  switch (kind) {
    case "uncarried":
      return `${plural(number, "call", "calls")} failed at the provider without a fallback's response`;
    case "local":
      return `${plural(number, "call", "calls")} failed because of this computer, its network or a key`;
    case "carried":
      return `a fallback answered ${plural(number, "request", "requests")}`;
    case "limits":
      return `${plural(number, "call", "calls")} met a limit`;
    case "answered":
      return `${plural(number, "call was", "calls were")} answered`;
  }
}

export function textOfDay(point: UptimePoint | null): string {
  return point === null ? "no data" : partsOf(point).map(phrase).join(", ");
}

/** The text alternative of the strip. */
export function stripSummary(product: string, points: readonly UptimePoint[], days: number): string {
  if (points.length === 0) return `${product}: no data for the last ${days} days.`;
  const parts = DAY_KINDS.map(({ kind, of }) => ({ kind, count: points.reduce((sum, point) => sum + of(point), 0) })).filter((part) => part.count > 0);
  const missing = days - points.length;
  const without = missing > 0 ? ` No data on ${plural(missing, "day", "days")}.` : "";
  return `${product} in the last ${days} days: ${parts.map(phrase).join(", ")}.${without}`;
}

/** The kinds of a legend: those that occurred, and "answered". */
export function kindsIn(points: readonly UptimePoint[]): DayKind[] {
  return DAY_KINDS.filter(({ kind, of }) => kind === "answered" || points.some((point) => of(point) > 0)).map(({ kind }) => kind);
}

/** Incidents that were open between two instants. */
export function incidentsOf(incidents: readonly UptimeIncident[], from: string, to: string): UptimeIncident[] {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  return incidents.filter((one) => Date.parse(one.opened) < end && (one.closed === null || Date.parse(one.closed) > begin));
}

export const counted = (point: UptimePoint, kind: DayKind): string => count(DAY_KINDS.find((one) => one.kind === kind)?.of(point) ?? 0);
