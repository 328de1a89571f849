import { asFailure, exchanges, type ControlFailure } from "../../engine/control";
import type { Exchange } from "../../generated/Exchange";
import { joined } from "./joined";

const LIMIT = 60;

/** The exchanges that were loaded, newest first, without a gap. */
export class Pages {
  rows = $state.raw<Exchange[] | null>(null);
  next = $state.raw<number | null>(null);
  failure = $state.raw<ControlFailure | null>(null);
  /** The newest page, held while the reader is further down. */
  waiting = $state.raw<{ rows: Exchange[]; next: number | null; unreadable: number } | null>(null);
  /** Rows of the loaded pages that the engine cannot read. */
  unreadable = $state(0);
  loadingOlder = $state(false);
  /** Only requests of this pipeline; null: all. */
  pipeline: string | null = null;
  /** Only requests with this text; empty: all. */
  text = $state("");

  /** Begins again with the requests of this pipeline and this text. */
  async choose(pipeline: string | null, text: string) {
    this.pipeline = pipeline;
    this.text = text;
    try {
      const page = await exchanges({ limit: LIMIT, pipeline, text });
      if (this.pipeline !== pipeline || this.text !== text) return;
      [this.rows, this.next, this.unreadable, this.waiting, this.failure] = [page.exchanges, page.next, page.unreadable, null, null];
    } catch (error) {
      this.failure = asFailure(error);
    }
  }

  /** Loads the newest page; `hold`: do not show it, so that nothing moves under the reader. */
  async refresh(hold: boolean) {
    try {
      const { pipeline, text } = this;
      const page = await exchanges({ limit: LIMIT, pipeline, text });
      if (this.pipeline !== pipeline || this.text !== text) return;
      this.waiting = { rows: page.exchanges, next: page.next, unreadable: page.unreadable };
      this.failure = null;
      if (!hold || this.rows === null || this.newer === 0) this.showNewest();
    } catch (error) {
      this.failure = asFailure(error);
    }
  }

  get newer(): number {
    const newest = this.rows?.[0]?.id ?? 0;
    return this.waiting?.rows.filter((row) => row.id > newest).length ?? 0;
  }

  showNewest() {
    if (!this.waiting) return;
    const { rows, next, unreadable } = this.waiting;
    const merged = joined(rows, this.rows ?? []);
    if (merged) {
      this.rows = merged;
      this.next ??= this.rows.length === rows.length ? next : null;
      this.unreadable = Math.max(this.unreadable, unreadable);
    } else {
      this.rows = rows;
      this.next = next;
      this.unreadable = unreadable;
    }
    this.waiting = null;
  }

  async older() {
    this.loadingOlder = true;
    try {
      const { pipeline, text } = this;
      const page = await exchanges({ limit: LIMIT, before: this.next, pipeline, text });
      if (this.pipeline !== pipeline || this.text !== text) return;
      this.rows = [...(this.rows ?? []), ...page.exchanges];
      this.next = page.next;
      this.unreadable += page.unreadable;
      this.failure = null;
    } catch (error) {
      this.failure = asFailure(error);
    } finally {
      this.loadingOlder = false;
    }
  }
}
