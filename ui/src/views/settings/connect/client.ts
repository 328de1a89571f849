import type { ConnectClient } from "../../../generated/ConnectClient";
import type { ConnectState } from "../../../generated/ConnectState";
import type { Loss } from "../../../generated/Loss";
import type { Session } from "../../../generated/Session";
import { moment } from "../../../words/format";
import type { Tone } from "../../../words/labels";

/** Each state has a word and a mark of its own shape. */
export const STATE: Record<ConnectState, { word: string; tone: Tone }> = {
  absent: { word: "Not found", tone: "neutral" },
  not_connected: { word: "Not connected", tone: "neutral" },
  connected: { word: "Connected, no request yet", tone: "quiet" },
  confirmed: { word: "Connected", tone: "operational" },
  elsewhere: { word: "Points to another address", tone: "degraded" },
  overridden: { word: "Overridden", tone: "partial_outage" },
  unusable: { word: "Settings unreadable", tone: "major_outage" },
  unknown: { word: "Not confirmed", tone: "unknown" },
};

/** Its settings point here: without the engine, its requests fail. */
export function pointsHere(client: Pick<ConnectClient, "state" | "method">): boolean {
  return client.method === "edit" && (client.state === "connected" || client.state === "confirmed");
}

/** What to do, unless the button beside it does it. */
export function fixBeside({ fix }: Pick<ConnectClient, "fix">): string | null {
  return fix?.startsWith("understudyd connect ") ? null : fix;
}

/** One click can connect it now. */
export function canConnect({ state, method }: Pick<ConnectClient, "state" | "method">): boolean {
  return method === "edit" && (state === "not_connected" || state === "elsewhere");
}

export type Groups = { found: ConnectClient[]; byLines: ConnectClient[]; notFound: ConnectClient[] };

/** In the engine's order: those whose settings can be edited, those with lines to copy, and those that are not on this computer. */
export function grouped(clients: readonly ConnectClient[]): Groups {
  return {
    found: clients.filter((one) => one.method === "edit" && one.state !== "absent"),
    byLines: clients.filter((one) => one.method === "copy"),
    notFound: clients.filter((one) => one.method === "edit" && one.state === "absent"),
  };
}

/** What a client loses behind a base URL: what cannot be kept comes first. */
export function lossesFirst(losses: readonly Loss[]): Loss[] {
  return [...losses.filter((loss) => loss.kept_by === null), ...losses.filter((loss) => loss.kept_by !== null)];
}

export const lostFor = (losses: readonly Loss[]): Loss[] => losses.filter((loss) => loss.kept_by === null);

/** "Waiting for the first request of n8n…", then "A request of n8n arrived at 14:02." */
export function arrival({ name, last_request: at }: Pick<ConnectClient, "name" | "last_request">, now: number, zone?: string): { came: boolean; text: string } {
  return at === null
    ? { came: false, text: `Waiting for the first request of ${name}…` }
    : { came: true, text: `A request of ${name} arrived at ${moment(at, now, zone)}.` };
}

/** "Claude Code", "Claude Code and Codex", "Claude Code, Codex and aider" */
export function named(names: readonly string[], last: "and" | "or" = "and"): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} ${last} ${names.at(-1) ?? ""}`;
}

const RECENT_MS = 600_000;

/** Sessions that may send their next request here: one is open, or the last one was at most 10 minutes ago. */
export function stillOpen(sessions: readonly Session[], now: number): Session[] {
  return sessions.filter((one) => one.open > 0 || now - Date.parse(one.last_seen) < RECENT_MS);
}

export type DiffLine = { kind: "added" | "removed" | "place" | "same"; text: string };

/** The lines of a unified diff, without the names of its two files. */
export function diffLines(diff: string): DiffLine[] {
  const lines = diff.replace(/\n$/, "").split("\n");
  const header = lines[0]?.startsWith("--- ") && lines[1]?.startsWith("+++ ") ? 2 : 0;
  return lines.slice(header).map((text) => {
    const kind = text.startsWith("@@") ? "place" : text.startsWith("+") ? "added" : text.startsWith("-") ? "removed" : "same";
    return { kind, text };
  });
}
