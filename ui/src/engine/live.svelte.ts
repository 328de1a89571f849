import type { Snapshot } from "../generated/Snapshot";
import { backoff, pause } from "./backoff";
import { find, type Place } from "./place";
import type { EngineProcess } from "./shell";
import { eventsOf } from "./sse";

/** The connection of this page to the engine. */
export type Link =
  | { link: "connecting" }
  | { link: "live" }
  /** Times are ms since the epoch. */
  | { link: "lost"; since: number; retryAt: number; why: string }
  | { link: "refused" }
  | { link: "no_token" }
  | { link: "no_engine"; process: EngineProcess };

class Refused extends Error {}

/** The engine's snapshots, and the state of the connection. */
class Live {
  snapshot = $state.raw<Snapshot | null>(null);
  link = $state.raw<Link>({ link: "connecting" });
  place = $state.raw<Place | null>(null);

  #now = new AbortController();

  /** Ends the present wait. */
  retryNow() {
    this.#now.abort();
  }

  /** Follows the engine, also over its restarts, until `signal` aborts. */
  async follow(signal: AbortSignal) {
    let failures = 0;
    let lostSince = 0;
    while (!signal.aborted) {
      this.#now = new AbortController();
      try {
        const found = await find();
        if (found.found === "engine") {
          this.place = found.place;
          for await (const snapshot of snapshots(found.place, signal)) {
            failures = 0;
            this.snapshot = snapshot;
            this.link = { link: "live" };
          }
          throw new Error("The engine closed the connection.");
        }
        this.place = null;
        this.link = found.found === "no_token" ? { link: "no_token" } : { link: "no_engine", process: found.process };
        await pause(1_000, signal, this.#now.signal);
      } catch (error) {
        if (signal.aborted) return;
        if (failures === 0) lostSince = Date.now();
        failures += 1;
        const wait = backoff(failures);
        this.link =
          error instanceof Refused
            ? { link: "refused" }
            : { link: "lost", since: lostSince, retryAt: Date.now() + wait, why: words(error) };
        await pause(wait, signal, this.#now.signal);
      }
    }
  }
}

export const live = new Live();

async function* snapshots(place: Place, signal: AbortSignal): AsyncGenerator<Snapshot> {
  const response = await fetch(`${place.address}/control/events`, {
    headers: { "x-understudy-control": place.token, accept: "text/event-stream" },
    cache: "no-store",
    signal,
  });
  if (response.status === 401 || response.status === 403) throw new Refused();
  if (!response.ok || !response.body) throw new Error(`The engine responded with status ${response.status}.`);
  for await (const { event, data } of eventsOf(response.body)) {
    if (event === "snapshot") yield reachedAt(place, JSON.parse(data) as Snapshot);
  }
}

/** The addresses of an engine on another computer are those of the tunnel's end here. */
export function reachedAt(place: Place, snapshot: Snapshot): Snapshot {
  const { engine } = snapshot;
  if (!place.computer || !engine.base_url.startsWith(engine.address)) return snapshot;
  const base_url = place.address + engine.base_url.slice(engine.address.length);
  return { ...snapshot, engine: { ...engine, address: place.address, base_url } };
}

function words(error: unknown): string {
  // A refused connection is a TypeError, whose text differs between browsers.
  if (error instanceof TypeError) return "The engine does not respond.";
  return error instanceof Error ? error.message : String(error);
}
