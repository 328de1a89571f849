import type { Drill } from "../../generated/Drill";
import type { DrillOffer } from "../../generated/DrillOffer";
import type { Snapshot } from "../../generated/Snapshot";
import type { Tone } from "../../words/labels";

/** A report is open for this long; later only its first line is shown. */
const RECENT_MS = 10 * 60_000;

/** A simulated outage of the rehearsal provider, as `understudyd rehearse` starts it. */
export function isRehearsed(snapshot: Snapshot): boolean {
  const stage = snapshot.providers.find((provider) => provider.rehearsal);
  return stage !== undefined && stage.level !== "operational" && stage.level !== "unknown";
}

export function isRecent(drill: Drill, now: number): boolean {
  return drill.ended === null || now - Date.parse(drill.ended) < RECENT_MS;
}

/** Seconds until the time limit of a live drill. */
export function secondsLeft(drill: Drill, now: number): number {
  return Math.max(0, Math.ceil((Date.parse(drill.until) - now) / 1000));
}

export function resultOf(drill: Drill): { tone: Tone; word: string } {
  if (drill.report === null) return { tone: "unknown", word: "Running" };
  return drill.report.passed ? { tone: "operational", word: "Passed" } : { tone: "degraded", word: "Not passed" };
}

/** An offer without a cost needs no confirmation, except for live requests. */
export function needsYes(offer: DrillOffer, live: boolean): boolean {
  return offer.cost.needs_yes || live;
}

/** "Add a fallback: Settings → Keys" as a link. */
export function fixLink(fix: string): { label: string; href: string } {
  const [label = fix, place = ""] = fix.split(": ");
  return { label, href: place.endsWith("General") ? "#settings/general" : "#settings/keys" };
}

/** Micro-dollars: a drill costs less than a cent, as a rule. */
export function costOf(micro: number | null): string {
  if (micro === null) return "Cost: not known.";
  if (micro === 0) return "Cost: nothing.";
  if (micro < 1_000) return "Cost: under $0.001.";
  return micro < 9_500 ? `Cost: $${(micro / 1_000_000).toFixed(3)}.` : `Cost: $${(micro / 1_000_000).toFixed(2)}.`;
}
