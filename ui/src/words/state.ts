import type { Link } from "../engine/live.svelte";
import type { Level } from "../generated/Level";
import type { Snapshot } from "../generated/Snapshot";
import type { TrayIcon } from "../generated/TrayIcon";
import { LEVEL, type Tone } from "./labels";

/** The tray's icons. "carried": a provider is down and a fallback answers; "quiet": no problem is known, by status pages alone; "limited": a limit of the owner's login is used up. */
export type StateIcon = TrayIcon;

const SIGN: Record<StateIcon, string> = { operational: "●", quiet: "◎", degraded: "▲", carried: "↷", limited: "⧗", outage: "✕", unknown: "○", paused: "‖" };

const OUTAGES: readonly Level[] = ["partial_outage", "major_outage"];

/** The state of the desk as one mark and one word: the window, its title and the tray show the same. */
export type State = { icon: StateIcon; tone: Tone; word: string };

export function stateOf({ tray, headline, engine }: Snapshot): State {
  const icon = tray.icon;
  if (engine.draining) return { icon, tone: "paused", word: "Stopping" };
  if (engine.paused) return { icon, tone: "paused", word: "Paused" };
  if (tray.rehearsal) return { icon, tone: toneOf(icon), word: icon === "operational" ? "Rehearsal" : "Simulated outage" };
  if (icon === "carried") return { icon, tone: "carried", word: "Down, fallback answers" };
  if (icon === "limited") return { icon, tone: "limited", word: "Limit used up" };
  if (icon === "quiet") return { icon, tone: "quiet", word: "No problem known" };
  return { icon, tone: headline.level, word: LEVEL[headline.level] };
}

/** A provider that is down is not red while fallbacks answer all its requests: red means that the user must act. */
export function providerTone(level: Level, icon: StateIcon): Tone {
  return icon === "carried" && OUTAGES.includes(level) ? "carried" : level;
}

/** "✕ Claude is down - Understudy" */
export function titleOf(snapshot: Snapshot | null, link: Link["link"]): string {
  if (snapshot === null || link !== "live") return titled("unknown", "No connection");
  const state = stateOf(snapshot);
  const said = state.tone === "paused" || snapshot.tray.rehearsal ? state.word : firstClause(snapshot.headline.sentence);
  return titled(state.icon, said);
}

export function iconOf(snapshot: Snapshot | null, link: Link["link"]): StateIcon {
  return snapshot === null || link !== "live" ? "unknown" : snapshot.tray.icon;
}

function titled(icon: StateIcon, said: string): string {
  return `${SIGN[icon]} ${said} - Understudy`;
}

/** "Claude is down: it is them, not you (since 20:04)." → "Claude is down" */
function firstClause(sentence: string): string {
  return sentence.split(/[:.;,] | \(|[.]$/)[0] ?? sentence;
}

function toneOf(icon: StateIcon): Tone {
  return icon === "outage" ? "major_outage" : icon;
}
