import type { AtRisk } from "../generated/AtRisk";
import type { Command } from "../generated/Command";
import type { Level } from "../generated/Level";
import type { Snapshot } from "../generated/Snapshot";

/** The last outage that ended, and what it left. Amounts are micro-dollars. */
export type LastOutage = {
  incident: number;
  provider: string;
  product: string;
  peak: Level;
  opened: string;
  closed: string;
  duration_s: number;
  hit: number;
  carried: number;
  carried_by: string[];
  waiting: number;
  failed: number;
  cost: number;
  at_risk: AtRisk;
  said: string;
};

/** What of an estimate is measured, from items that wait or failed; micro-dollars. */
export const knownOf = (atRisk: AtRisk & { known?: number }): number => atRisk.known ?? 0;

/** "Retry all" at work. */
export type ReviewRetry = { total: number; done: number; answered: number };

export type RetryCommand = { do: "review_retry_all"; incident: number | null; pipeline: string | null; count_only: boolean } | { do: "review_retry_stop" };

export type AnyCommand = Command | RetryCommand;

type WithOutage = Snapshot & { last_outage?: LastOutage | null; review_retry?: ReviewRetry | null };

/** Null: no outage ended lately, or the engine does not report it. */
export const lastOutage = (snapshot: WithOutage): LastOutage | null => snapshot.last_outage ?? null;

/** "unsupported": this engine cannot retry all; null: no retry runs. */
export const retryOf = (snapshot: WithOutage): ReviewRetry | "unsupported" | null =>
  snapshot.review_retry === undefined ? "unsupported" : snapshot.review_retry;
