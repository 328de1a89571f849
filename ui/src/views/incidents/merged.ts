import type { IncidentSummary } from "../../generated/IncidentSummary";

/** Open ones first, then newest first. The snapshot is newer than the page: its version of an open incident counts. */
export function merged(page: IncidentSummary[], open: IncidentSummary[]): IncidentSummary[] {
  const byId = new Map([...page, ...open].map((incident) => [incident.id, incident]));
  return [...byId.values()].sort(
    (a, b) => Number(a.closed !== null) - Number(b.closed !== null) || Date.parse(b.opened) - Date.parse(a.opened),
  );
}
