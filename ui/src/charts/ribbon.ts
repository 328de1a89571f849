import type { Level } from "../generated/Level";
import type { RibbonCalls } from "../generated/RibbonCalls";
import type { RibbonPage } from "../generated/RibbonPage";
import type { RibbonSeries } from "../generated/RibbonSeries";

export type RibbonState = "operational" | "maintenance" | "degraded" | "limit" | "outage" | "unknown";
export type Lane = "page" | "probes" | "traffic";

export const LANES: Record<Lane, string> = { page: "Status page", probes: "Probes", traffic: "Requests" };

/** Height of a state, 0 to 1: it shows the state without its colour. */
export const HEIGHT: Record<RibbonState, number> = { unknown: 0.35, operational: 0.35, maintenance: 0.5, limit: 0.55, degraded: 0.7, outage: 1 };

export const STATE: Record<RibbonState, string> = {
  operational: "operational", maintenance: "maintenance", degraded: "degraded", limit: "limit reached", outage: "outage", unknown: "unknown",
};

/** A failure beside responses is degraded. A limit is no outage; a fault of this computer shows nothing about the provider. */
export function stateOfCalls(point: RibbonCalls | undefined): RibbonState {
  if (!point) return "unknown";
  if (point.failed > 0) return point.answered > 0 ? "degraded" : "outage";
  if (point.limits > 0) return "limit";
  return point.answered > 0 ? "operational" : "unknown";
}

const RANK: Level[] = ["unknown", "operational", "maintenance", "degraded", "partial_outage", "major_outage"];

/** The worst of the watched surfaces; a page that could not be read shows nothing. */
export function stateOfPage(points: readonly RibbonPage[], watched: ReadonlySet<string>): RibbonState {
  const levels = points.filter((point) => watched.has(point.surface)).map((point) => point.level);
  const worst = levels.reduce<Level>((one, other) => (RANK.indexOf(other) > RANK.indexOf(one) ? other : one), "unknown");
  return worst === "partial_outage" || worst === "major_outage" ? "outage" : worst;
}

export type Slot = { slot: number } & Record<Lane, RibbonState>;

export function ribbonSlots({ bounds, page, probes, traffic }: RibbonSeries, watched: ReadonlySet<string>): Slot[] {
  return Array.from({ length: Math.max(bounds.length - 1, 0) }, (_, slot) => ({
    slot,
    page: stateOfPage(page.filter((point) => point.slot === slot), watched),
    probes: stateOfCalls(probes.find((point) => point.slot === slot)),
    traffic: stateOfCalls(traffic.find((point) => point.slot === slot)),
  }));
}

export type Run<State> = { from: number; to: number; state: State };

/** Neighbours with the same state become one; `to` is the first slot after it. */
export function runsOf<State>(states: readonly State[], same: (one: State, other: State) => boolean = Object.is): Run<State>[] {
  const found: Run<State>[] = [];
  states.forEach((state, slot) => {
    const last = found.at(-1);
    if (last && same(last.state, state)) last.to = slot + 1;
    else found.push({ from: slot, to: slot + 1, state });
  });
  return found;
}

/** "Status page: outage 1 h 15 min; Probes: no data" */
export function ribbonSummary(slots: readonly Slot[]): string {
  const lanes = (Object.keys(LANES) as Lane[]).map((lane) => {
    const parts = (["outage", "degraded", "limit", "maintenance", "operational"] as const)
      .map((state) => ({ state, quarters: slots.filter((slot) => slot[lane] === state).length }))
      .filter((one) => one.quarters > 0)
      .map((one) => `${STATE[one.state]} ${hours(one.quarters)}`);
    return `${LANES[lane]}: ${parts.length > 0 ? parts.join(", ") : "no data"}`;
  });
  return `${lanes.join("; ")}. The rest is unknown.`;
}

function hours(quarters: number): string {
  const [whole, rest] = [Math.floor(quarters / 4), (quarters % 4) * 15];
  if (whole === 0) return `${rest} min`;
  return rest === 0 ? `${whole} h` : `${whole} h ${rest} min`;
}
