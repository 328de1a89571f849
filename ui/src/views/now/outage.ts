import type { LastOutage } from "../../generated/LastOutage";

/** "Claude was down" */
export function wasDown({ product, peak }: Pick<LastOutage, "product" | "peak">): string {
  switch (peak) {
    case "major_outage":
      return `${product} was down`;
    case "partial_outage":
      return `${product} was partly down`;
    case "degraded":
      return `${product} was degraded`;
    case "maintenance":
      return `${product} was under maintenance`;
    case "operational":
    case "unknown":
      return `${product} had an incident`;
  }
}

/** Affected requests that are in none of the other numbers: answered later, done by hand, or not needed. */
export function later({ hit, carried, waiting, failed }: Pick<LastOutage, "hit" | "carried" | "waiting" | "failed">): number {
  return Math.max(0, hit - carried - waiting - failed);
}
