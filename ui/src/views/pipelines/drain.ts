import type { ReviewSummary } from "../../generated/ReviewSummary";

/** The same next step of several requests, which is shown once for all of them. Null: their steps differ, or it is one request. */
export function drainOfAll(summaries: ReviewSummary[]): string | null {
  const open = summaries.filter(({ state }) => state === "open");
  const first = open.length > 1 && open[0] ? drainOf(open[0]) : null;
  return first !== null && open.every((summary) => drainOf(summary) === first) ? first : null;
}

/** The next step of a waiting request without a click: "will be retried at 14:05". Null: nothing, or the engine does not send it. */
export function drainOf(summary: ReviewSummary): string | null {
  return "drain" in summary && typeof summary.drain === "string" && summary.state === "open" ? summary.drain : null;
}
