import type { CostPoint } from "../generated/CostPoint";
import type { ProviderCost } from "../generated/ProviderCost";
import { exactMoney, plural } from "../words/format";
import { niceTop } from "./geometry";

export type Spending = { fallback: number; own: number; probes: number; estimated: number; unpriced: number };
export type DayCost = Spending & { slot: number; parts: ({ provider: string } & CostPoint)[] };

const NOTHING: Spending = { fallback: 0, own: 0, probes: 0, estimated: 0, unpriced: 0 };

/** A row for each day, also those without a cost. */
export function costByDay(providers: readonly ProviderCost[], days: number): DayCost[] {
  return Array.from({ length: Math.max(days, 0) }, (_, slot) => {
    const parts = providers.flatMap(({ provider, points }) => points.filter((point) => point.slot === slot).map((point) => ({ provider, ...point })));
    const sum = (of: (part: CostPoint) => number) => parts.reduce((all, part) => all + of(part), 0);
    return {
      slot, parts,
      fallback: sum((part) => part.fallback_micro_usd), own: sum((part) => part.own_micro_usd), probes: sum((part) => part.probes_micro_usd),
      estimated: sum((part) => part.estimated_micro_usd), unpriced: sum((part) => part.unpriced),
    };
  });
}

export function total(rows: readonly Spending[]): Spending {
  return rows.reduce(
    (all, row) => ({
      fallback: all.fallback + row.fallback, own: all.own + row.own, probes: all.probes + row.probes,
      estimated: all.estimated + row.estimated, unpriced: all.unpriced + row.unpriced,
    }),
    NOTHING,
  );
}

export const amount = ({ fallback, own, probes }: Spending): number => fallback + own + probes;

/** The top of the axis, and the cap's line if it does not flatten the bars. */
export function scale(rows: readonly Spending[], cap: number): { top: number; cap: number | null } {
  const highest = Math.max(...rows.map(amount), 0);
  const drawn = cap > 0 && cap <= 3 * highest && rows.some((row) => row.fallback > 0);
  return { top: niceTop(drawn ? Math.max(highest, cap) : highest), cap: drawn ? cap : null };
}

/** "$0.31: $0.02 for fallbacks, …" */
export function costOfDay(row: Spending): string {
  const known = amount(row) === 0 ? "no cost" : `${exactMoney(amount(row))}: ${exactMoney(row.own)} own, ${exactMoney(row.fallback)} fallbacks, ${exactMoney(row.probes)} probes`;
  const estimated = row.estimated > 0 ? `, ${exactMoney(row.estimated)} of it from estimated tokens` : "";
  return `${known}${estimated}${row.unpriced > 0 ? `, and ${plural(row.unpriced, "request", "requests")} without a known cost` : ""}`;
}
