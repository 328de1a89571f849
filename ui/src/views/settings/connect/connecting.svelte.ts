import { connectChange, makeChange, testClient } from "../../../engine/connect";
import { asFailure, type ControlFailure } from "../../../engine/control";
import type { ConnectChange } from "../../../generated/ConnectChange";
import type { ConnectClient } from "../../../generated/ConnectClient";
import type { ConnectDone } from "../../../generated/ConnectDone";
import type { ConnectTest } from "../../../generated/ConnectTest";

/** One client on its way to a connection: its change is shown, made, and followed by a test turn. */
export class Connecting {
  change = $state.raw<ConnectChange | null>(null);
  /** A file changed after the change was shown, so it was not made. */
  outdated = $state(false);
  making = $state(false);
  done = $state.raw<ConnectDone | null>(null);
  testing = $state(false);
  test = $state.raw<ConnectTest | null>(null);
  failure = $state.raw<ControlFailure | null>(null);
  readonly #id: string;
  readonly #testable: boolean;

  constructor({ id, testable }: Pick<ConnectClient, "id" | "testable">) {
    this.#id = id;
    this.#testable = testable;
  }

  /** Reads the change that connecting would make now. */
  async read(): Promise<void> {
    this.failure = null;
    try {
      this.change = await connectChange(this.#id);
    } catch (error) {
      this.failure = asFailure(error);
    }
  }

  /** Makes the change that is shown, and no other one. */
  async make(): Promise<void> {
    if (this.change === null || this.making) return;
    this.making = true;
    this.failure = null;
    try {
      const made = await makeChange(this.#id, this.change.revision);
      this.outdated = made.outdated;
      if (made.outdated) this.change = made.change;
      else this.done = made.done;
    } catch (error) {
      this.failure = asFailure(error);
    }
    this.making = false;
  }

  /** Its program sends one request to the rehearsal model, at no cost. Without its program, nothing is tested. */
  async prove(): Promise<void> {
    if (!this.#testable || this.testing) return;
    this.testing = true;
    this.test = null;
    this.failure = null;
    try {
      this.test = await testClient(this.#id);
    } catch (error) {
      this.failure = asFailure(error);
    }
    this.testing = false;
  }
}
