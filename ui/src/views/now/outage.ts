import type { LastOutage } from "../../engine/upcoming";

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

/** "40 s", "4 min", "2 h 5 min": an outage is not measured to the second. */
export function lasted(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours === 0) return `${minutes} min`;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}
