import { connectPage } from "../../../engine/connect";
import { asFailure, type ControlFailure } from "../../../engine/control";
import type { ConnectPage } from "../../../generated/ConnectPage";

/** A client's first request and a change of its files show without a reload. */
const EVERY_MS = 3_000;

/** The clients and their states, read again while the window is visible. */
export class Clients {
  page = $state.raw<ConnectPage | null>(null);
  failure = $state.raw<ControlFailure | null>(null);
  #reading = 0;
  #latest = 0;

  /** An earlier read that responds later changes nothing: it may be from before a change. */
  async read(): Promise<void> {
    this.#latest += 1;
    const turn = this.#latest;
    this.#reading += 1;
    try {
      const page = await connectPage();
      if (turn === this.#latest) {
        this.page = page;
        this.failure = null;
      }
    } catch (error) {
      if (turn === this.#latest) this.failure = asFailure(error);
    }
    this.#reading -= 1;
  }

  /** Returns the function that ends it. */
  follow(): () => void {
    void this.read();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible" && this.#reading === 0) void this.read();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }
}
