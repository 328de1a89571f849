import { asFailure, type ControlFailure } from "../engine/control";

/** Figures of a chart: fetched once, and again by `read`. */
export class Series<Data> {
  data = $state.raw<Data | null>(null);
  failure = $state.raw<ControlFailure | null>(null);
  readonly #fetch: () => Promise<Data>;

  constructor(fetch: () => Promise<Data>) {
    this.#fetch = fetch;
  }

  read = async (): Promise<void> => {
    try {
      this.data = await this.#fetch();
      this.failure = null;
    } catch (error) {
      this.failure = asFailure(error);
    }
  };
}
