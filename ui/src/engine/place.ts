import { connection, engineState, inShell, type EngineProcess } from "./shell";

/** Address and token of the control API. `computer`: the other one on which the engine runs. */
export type Place = { address: string; token: string; computer?: string | null };

export type Found =
  | { found: "engine"; place: Place }
  | { found: "no_engine"; process: EngineProcess }
  | { found: "no_token" };

/** Called before each attempt to connect: a restarted engine has a new token and may have a new address. */
export async function find(): Promise<Found> {
  if (!inShell) {
    const token = rememberedToken();
    return token ? { found: "engine", place: { address: location.origin, token } } : { found: "no_token" };
  }
  const place = await connection();
  return place ? { found: "engine", place } : { found: "no_engine", process: await engineState() };
}

const KEY = "understudy.token";
let inMemory: string | null = null;

/**
 * Moves a token from the address's fragment (`#token=…`) into this tab's memory, out of the address bar and the
 * history. Returns true if there was one.
 */
export function takeToken(): boolean {
  const hash = new URLSearchParams(location.hash.slice(1));
  const token = hash.get("token");
  if (!token) return false;
  inMemory = token;
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // Storage is switched off: the token is lost with the page.
  }
  const view = hash.get("view");
  history.replaceState(null, "", location.pathname + location.search + (view ? `#${view}` : ""));
  return true;
}

function rememberedToken(): string | null {
  try {
    return inMemory ?? sessionStorage.getItem(KEY);
  } catch {
    return inMemory;
  }
}
