import type { PipelineMark } from "../../generated/PipelineMark";
import type { PipelineView } from "../../generated/PipelineView";
import type { ReviewSummary } from "../../generated/ReviewSummary";

/** Most pipelines on Now. */
const MOST = 8;

const ORDER: Record<PipelineMark, number> = { stopped: 0, watched_outage: 1, carried: 2, fine: 3, watched: 4 };

/** Those that need the owner first, then by name; and the number of further ones. */
export function shown(pipelines: readonly PipelineView[]): { pipelines: PipelineView[]; more: number } {
  const sorted = [...pipelines].sort((a, b) => ORDER[a.mark] - ORDER[b.mark] || a.name.localeCompare(b.name));
  return { pipelines: sorted.slice(0, MOST), more: Math.max(0, sorted.length - MOST) };
}

/** The number of waiting items of each pipeline. */
export function waitingOf(items: readonly ReviewSummary[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { pipeline, state } of items) {
    if (pipeline !== null && state === "open") counts.set(pipeline, (counts.get(pipeline) ?? 0) + 1);
  }
  return counts;
}
