import type { IncidentLane } from "../generated/IncidentLane";
import type { LaneCount } from "../generated/LaneCount";
import type { LaneOutcome } from "../generated/LaneOutcome";
import type { LaneRequest } from "../generated/LaneRequest";
import type { Level } from "../generated/Level";
import type { TimelineEntry } from "../generated/TimelineEntry";
import { count, plural } from "../words/format";

/** The worst first. */
export const OUTCOMES: readonly LaneOutcome[] = ["failed", "interrupted", "waiting", "carried", "answered", "other"];

export const OUTCOME: Record<LaneOutcome, string> = {
  failed: "failed",
  interrupted: "response incomplete",
  waiting: "put in the review queue",
  carried: "answered by a fallback",
  answered: "answered after a failure",
  other: "client disconnected, or rejected",
};

export function laneName({ of, name }: Pick<IncidentLane, "of" | "name">): string {
  if (of === "others" || name === null) return "Others";
  return of === "pipeline" ? `Pipeline ${name}` : name;
}

/** A request that waits is drawn until its item was closed, or until the end. */
export function endOf(request: LaneRequest, end: string): string {
  return request.outcome === "waiting" ? (request.closed ?? end) : request.ended;
}

/** For each request the first row in which it overlaps no other; with all rows full, the last one. */
export function packed(spans: readonly { from: number; to: number }[], rows: number): number[] {
  const free = new Array<number>(rows).fill(-Infinity);
  const order = spans.map((_, at) => at).sort((a, b) => (spans[a]?.from ?? 0) - (spans[b]?.from ?? 0));
  const found = new Array<number>(spans.length).fill(0);
  for (const at of order) {
    const span = spans[at];
    if (!span) continue;
    const row = free.findIndex((until) => until <= span.from);
    const used = row === -1 ? rows - 1 : row;
    free[used] = Math.max(free[used] ?? 0, span.to);
    found[at] = used;
  }
  return found;
}

/** How many requests of a lane had each outcome that occurred, the worst first. */
export function outcomesOf(lanes: readonly IncidentLane[]): { outcome: LaneOutcome; requests: number }[] {
  return OUTCOMES.map((outcome) => ({
    outcome,
    requests: lanes.reduce(
      (sum, lane) => sum + lane.bars.filter((bar) => bar.outcome === outcome).length + lane.counts.reduce((all, one) => all + (one.outcome === outcome ? one.requests : 0), 0),
      0,
    ),
  })).filter((one) => one.requests > 0);
}

/** Stacked in each slot, the worst on top: `below` requests are under it, of at most `most` in a slot. */
export function stacked(counts: readonly LaneCount[]): { most: number; parts: (LaneCount & { below: number })[] } {
  const under = (slot: number, rank: number) => counts.reduce((sum, one) => sum + (one.slot === slot && OUTCOMES.indexOf(one.outcome) > rank ? one.requests : 0), 0);
  return {
    most: Math.max(...counts.map((one) => under(one.slot, -1)), 1),
    parts: counts.map((one) => ({ ...one, below: under(one.slot, OUTCOMES.indexOf(one.outcome)) })),
  };
}

export type Stretch = { from: string; to: string; level: Level };

/** The verdict from each change to the next. */
export function stretches(entries: readonly TimelineEntry[], from: string, to: string): Stretch[] {
  const changes = entries.filter((entry) => entry.source === "understudy" && entry.level !== null).sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return changes
    .map((entry, at) => ({ from: at === 0 ? from : entry.at, to: changes[at + 1]?.at ?? to, level: entry.level ?? "unknown" }))
    .filter((one) => Date.parse(one.to) > Date.parse(one.from));
}

export function lanesSummary(lanes: readonly IncidentLane[], span: string, posts: number): string {
  const outcomes = outcomesOf(lanes).map((one) => `${count(one.requests)} ${OUTCOME[one.outcome]}`);
  const of = lanes.map((lane) => `${laneName(lane)} ${count(lane.requests)}`);
  return `${span}: ${plural(lanes.reduce((sum, lane) => sum + lane.requests, 0), "request", "requests")}: ${outcomes.join(", ")}. By pipeline or client: ${of.join(", ")}. ${plural(posts, "post", "posts")} of the status page.`;
}
