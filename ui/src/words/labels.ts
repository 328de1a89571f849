import type { AttemptOutcome } from "../generated/AttemptOutcome";
import type { CheckState } from "../generated/CheckState";
import type { Dialect } from "../generated/Dialect";
import type { Exchange } from "../generated/Exchange";
import type { ExchangeEnd } from "../generated/ExchangeEnd";
import type { KeyState } from "../generated/KeyState";
import type { Level } from "../generated/Level";
import type { ReviewState } from "../generated/ReviewState";

/** Marks: each has a different shape and colour. */
export type Tone = Level | "carried" | "limited" | "quiet" | "paused" | "neutral";

export const LEVEL: Record<Level, string> = {
  operational: "Operational",
  maintenance: "Maintenance",
  degraded: "Degraded",
  partial_outage: "Partial outage",
  major_outage: "Major outage",
  unknown: "Unknown",
};

/** The token of requests without a named one. */
export const THIS_COMPUTER = "this computer";

export const PRICE_METHOD = "Tokens × list prices, or × your prices in the settings. Tokens that a provider did not report are estimated from bytes.";

export type Result = { word: string; tone: Tone; means: string };

export const END: Record<ExchangeEnd, Result> = {
  complete: { word: "Complete", tone: "operational", means: "The client received a complete response." },
  replayed: { word: "Replayed", tone: "operational", means: "The client received the stored response of an earlier request with the same idempotency key, at no cost." },
  truncated: { word: "Truncated", tone: "degraded", means: "The provider stopped at a token limit." },
  refused: { word: "Refused", tone: "neutral", means: "The model declined because of the content." },
  cut: { word: "Incomplete", tone: "major_outage", means: "The response ended in the middle, and the client's connection was aborted." },
  exhausted: { word: "All failed", tone: "major_outage", means: "Every provider failed." },
  callers_fault: { word: "Bad request", tone: "neutral", means: "The provider rejected the request itself. The client received its error unchanged." },
  client_left: { word: "Client disconnected", tone: "neutral", means: "The client closed the connection." },
  turned_away: { word: "Rejected", tone: "neutral", means: "Understudy rejected the request because of its token, host or size." },
  our_fault: { word: "Internal error", tone: "major_outage", means: "An error in Understudy." },
};

export const KEY_REFUSED: Result = { word: "Key refused", tone: "degraded", means: "The provider refused the client's key or login." };

/** How a request ended. A provider that refuses the key is a state of the login, not a bad request. */
export function resultOf({ end, status }: Pick<Exchange, "end" | "status">): Result {
  return end === "callers_fault" && (status === 401 || status === 403) ? KEY_REFUSED : END[end];
}

export const KEY: Record<KeyState, { word: string; tone: Tone; means: string }> = {
  not_needed: { word: "Not needed", tone: "operational", means: "This provider needs no key." },
  missing: { word: "Missing", tone: "unknown", means: "No key yet: this provider cannot answer." },
  keychain: { word: "In the keychain", tone: "operational", means: "Stored in this computer's keychain." },
  environment: { word: "From the environment", tone: "operational", means: "Read from an environment variable when the engine started." },
  memory: { word: "In memory only", tone: "degraded", means: "The key will be forgotten when the engine stops: this computer has no keychain." },
  client_login: { word: "Client's own login", tone: "operational", means: "Clients send their own login." },
};

export const CHECK: Record<CheckState, { word: string; tone: Tone }> = {
  good: { word: "Good", tone: "operational" },
  note: { word: "Note", tone: "degraded" },
  bad: { word: "Problem", tone: "major_outage" },
};

export const REVIEW: Record<ReviewState, { word: string; tone: Tone; means: string }> = {
  open: { word: "Waiting", tone: "degraded", means: "Parked: no provider could answer it." },
  answered: { word: "Answered", tone: "operational", means: "Answered" },
  done: { word: "Done by hand", tone: "operational", means: "Done by hand" },
  dismissed: { word: "Dismissed", tone: "neutral", means: "Dismissed" },
};

/** A dialect by the name of its API. */
export const DIALECT: Record<Dialect, string> = {
  anthropic: "Messages",
  "openai-chat": "Chat Completions",
  "openai-responses": "Responses",
  other: "Another API",
};

/** Like `END`: a refusal of the content or of the request is neutral, and a limit or a refused key is no outage. */
export const OUTCOME_TONE: Record<AttemptOutcome, Tone> = {
  complete: "operational",
  continues: "operational",
  "unknown stop reason": "degraded",
  "token limit": "degraded",
  declined: "neutral",
  broken: "major_outage",
  failed: "major_outage",
  "rate limit": "degraded",
  limit: "degraded",
  silent: "major_outage",
  "out of quota": "degraded",
  "key refused": "degraded",
  "model not served": "major_outage",
  "request at fault": "neutral",
  "context too long": "neutral",
  "content policy": "neutral",
  "not reached: offline": "major_outage",
  "not reached: certificate not trusted": "major_outage",
  "not reached: certificate dates": "major_outage",
  "not reached: out of resources": "major_outage",
  "dead connection": "major_outage",
  "client left": "neutral",
  "made by a drill": "neutral",
  other: "unknown",
};
