import type { CheckState } from "../generated/CheckState";
import type { ExchangeEnd } from "../generated/ExchangeEnd";
import type { KeyState } from "../generated/KeyState";
import type { Level } from "../generated/Level";
import type { ReviewState } from "../generated/ReviewState";

/** How a mark is drawn: each differs by shape as well as colour. */
export type Tone = Level | "neutral";

export const LEVEL: Record<Level, string> = {
  operational: "Operational",
  maintenance: "Maintenance",
  degraded: "Degraded",
  partial_outage: "Partial outage",
  major_outage: "Major outage",
  unknown: "Unknown",
};

export const END: Record<ExchangeEnd, { word: string; tone: Tone; means: string }> = {
  complete: { word: "Complete", tone: "operational", means: "A whole answer reached the client." },
  replayed: { word: "Replayed", tone: "operational", means: "The kept answer of an earlier request with the same idempotency key was given again; it cost nothing." },
  truncated: { word: "Truncated", tone: "degraded", means: "The provider stopped at a token limit; passed on as such." },
  refused: { word: "Refused", tone: "neutral", means: "The model declined because of the content." },
  cut: { word: "Cut", tone: "major_outage", means: "The answer broke off after its first part; the client's connection was aborted." },
  exhausted: { word: "All failed", tone: "major_outage", means: "Every candidate failed." },
  callers_fault: { word: "Caller's fault", tone: "neutral", means: "The request itself was at fault; returned unchanged." },
  client_left: { word: "Client left", tone: "neutral", means: "The client closed the connection." },
  turned_away: { word: "Turned away", tone: "neutral", means: "Refused at Understudy's own door: token, host or size." },
  our_fault: { word: "Our fault", tone: "major_outage", means: "An error of Understudy's own." },
};

export const KEY: Record<KeyState, { word: string; tone: Tone; means: string }> = {
  not_needed: { word: "Not needed", tone: "operational", means: "This endpoint asks for no key." },
  missing: { word: "Missing", tone: "unknown", means: "No key yet: requests that need this endpoint are refused." },
  keychain: { word: "In the keychain", tone: "operational", means: "Kept in the operating system's keychain." },
  environment: { word: "From the environment", tone: "operational", means: "Read from an environment variable when the engine started." },
  memory: { word: "In memory only", tone: "degraded", means: "There is no keychain here: the key is gone when the engine stops." },
  client_login: { word: "Client's own login", tone: "operational", means: "No key of yours, but clients' own logins pass through." },
};

export const CHECK: Record<CheckState, { word: string; tone: Tone }> = {
  good: { word: "Good", tone: "operational" },
  note: { word: "Note", tone: "degraded" },
  bad: { word: "Needs mending", tone: "major_outage" },
};

export const REVIEW: Record<ReviewState, { word: string; tone: Tone; means: string }> = {
  open: { word: "Waits for you", tone: "degraded", means: "Nobody could answer this request; it waits for you." },
  answered: { word: "Answered", tone: "operational", means: "A later try was answered, or another request of the same pipeline and item." },
  done: { word: "Done by hand", tone: "operational", means: "Done by hand." },
  dismissed: { word: "Dismissed", tone: "neutral", means: "Dismissed." },
};

const BLAME: Record<string, string> = {
  them: "It is them, not you.",
  us: "It is this machine or its network.",
  shared_infrastructure: "It is infrastructure that several providers share.",
  undetermined: "It is not known yet whose fault it is.",
};

/** The engine may say it in words of its own, which then stand as they are. */
export const blame = (said: string): string => BLAME[said] ?? said;

const DIALECT: Record<string, string> = {
  anthropic: "Messages",
  "openai-chat": "Chat Completions",
  "openai-responses": "Responses",
};

/** A dialect by the name of its API; one that is not known here stands as the engine says it. */
export const dialect = (said: string): string => DIALECT[said] ?? said;

export function outcomeTone(outcome: string): Tone {
  if (outcome === "complete") return "operational";
  return outcome === "client left" || outcome === "refused" ? "neutral" : "major_outage";
}
