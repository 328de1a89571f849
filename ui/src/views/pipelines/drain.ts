import type { ReviewSummary } from "../../generated/ReviewSummary";

/** The next step of a waiting request without a click: "will be retried at 14:05". Null: nothing, or the engine does not send it. */
export function drainOf(summary: ReviewSummary): string | null {
  return "drain" in summary && typeof summary.drain === "string" && summary.state === "open" ? summary.drain : null;
}
