import type { EffectSettle } from "../../../generated/EffectSettle";
import type { EffectState } from "../../../generated/EffectState";
import type { EffectSummary } from "../../../generated/EffectSummary";
import type { Tone } from "../../../words/labels";

export type Decision = EffectSettle["as"];

/** A decision with its effect. `twice`: why the receiver may act twice; null: it cannot. */
export type Offer = { decision: Decision; label: string; consequence: string; twice: string | null };

const STATE: Record<EffectState, { word: string; tone: Tone }> = {
  unknown: { word: "Outcome unknown", tone: "degraded" },
  unsent: { word: "Not sent", tone: "degraded" },
  waiting: { word: "Waiting", tone: "neutral" },
  sending: { word: "Sending", tone: "neutral" },
  done: { word: "Done", tone: "operational" },
  dropped: { word: "Not needed", tone: "neutral" },
};

/** The receiver's complete response is an error. */
export const isRefused = ({ state, status }: Pick<EffectSummary, "state" | "status">): boolean => state === "done" && status !== null && status >= 400;

export function markOf(effect: Pick<EffectSummary, "state" | "status">): { word: string; tone: Tone } {
  return isRefused(effect) ? { word: `Status ${effect.status}`, tone: "degraded" } : STATE[effect.state];
}

/** The owner decides about it. */
export const isOpen = ({ state }: Pick<EffectSummary, "state">): boolean => state === "unknown" || state === "unsent";

/** It changes without the owner. */
export const isMoving = ({ state }: Pick<EffectSummary, "state">): boolean => state === "waiting" || state === "sending";

/** Those that need a decision, then those with a next attempt, then the others; each in the order of the page. */
export function inOrder(effects: readonly EffectSummary[]): EffectSummary[] {
  const rank = (effect: EffectSummary) => (isOpen(effect) ? 0 : isMoving(effect) ? 1 : 2);
  return [...effects].sort((a, b) => rank(a) - rank(b));
}

/** "invoice: order-17" */
export const titleOf = ({ name, item, key }: Pick<EffectSummary, "name" | "item" | "key">): string => `${name}: ${item ?? key}`;

/** What the owner looks for at the receiver. */
export function lookFor({ item, key, receiver }: Pick<EffectSummary, "item" | "key" | "receiver">): string {
  return `Look at ${receiver ?? "its receiver"} whether ${item ?? key} exists, then choose.`;
}

const DROPPED = "Nothing is sent. Its key is free: a later request with this key is sent as a new one.";

/** The decisions that are possible now; the first is the usual one. */
export function offersOf(effect: EffectSummary): Offer[] {
  const drop: Offer = { decision: "drop", label: "Not needed", consequence: DROPPED, twice: null };
  switch (effect.state) {
    case "unknown":
      return [
        { decision: "arrived", label: "It arrived", consequence: "Nothing is sent. The workflow gets a success as its result.", twice: null },
        { decision: "send_again", label: "Send again", consequence: "The same request is sent now, with the same key.", twice: twiceOf(effect, "no complete response arrived") },
        drop,
      ];
    case "unsent":
      return [
        { decision: "send_again", label: "Send again", consequence: "The request is sent now. It was never sent before, so it runs once.", twice: null },
        { decision: "arrived", label: "It arrived", consequence: "Nothing is sent, for example because you did it by hand. The workflow gets a success as its result.", twice: null },
        drop,
      ];
    case "waiting":
      return effect.first_sent === null ? [drop] : [];
    case "done":
      return isRefused(effect)
        ? [{ decision: "send_again", label: "Send again", consequence: "The same request is sent now, with the same key. Its result replaces this one.", twice: twiceOf(effect, "it ended with an error") }]
        : [];
    case "sending":
    case "dropped":
      return [];
  }
}

function twiceOf({ honours_key, receiver }: EffectSummary, how: string): string {
  const host = receiver ?? "The receiver";
  return honours_key
    ? `The request was sent before, and ${how}. ${host} acts once for each key, but only as long as it keeps the key. If it has forgotten the key and the first request arrived, it runs twice.`
    : `The request was sent before, and ${how}. ${host} does not recognise repeated keys: if the first request arrived, it runs twice, such as a second invoice.`;
}

/** The fields of a request in JSON, one a line; null: it is no object. */
export function fieldsOf(body: string): string | null {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) return null;
  const lines = Object.entries(document).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return lines.length === 0 ? null : lines.join("\n");
}
