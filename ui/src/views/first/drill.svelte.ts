import { asFailure, ControlFailure, request } from "../../engine/control";
import type { Drill } from "../../generated/Drill";
import type { DrillEntry } from "../../generated/DrillEntry";

const EVERY_MS = 1_000;

/** A drill that this page began, followed to its report. */
export class FollowedDrill {
  drill = $state.raw<Drill | null>(null);
  failure = $state.raw<ControlFailure | null>(null);
  starting = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  get running(): boolean {
    return this.starting || this.drill?.running === true;
  }

  /** A test session meets the failure, and no live request. */
  async begin(): Promise<void> {
    this.starting = true;
    this.failure = null;
    this.drill = null;
    try {
      const entry: DrillEntry = { model: null, live: false };
      await request<unknown>("POST", "drill", entry, 30_000);
      await this.#read();
    } catch (error) {
      this.failure = asFailure(error);
    }
    this.starting = false;
  }

  /** The page leaves; the drill itself ends on its own. */
  leave() {
    clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    try {
      this.drill = await request<Drill>("GET", "drill");
      this.failure = null;
    } catch (error) {
      this.failure = asFailure(error);
    }
    if (this.drill?.running !== false) this.#timer = setTimeout(() => void this.#read(), EVERY_MS);
  }
}
