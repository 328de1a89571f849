import type { ControlFailure } from "./engine/control";

/** A step that takes back what was just done. */
export type Undo = { label: string; run: () => void };

/** The result of the last thing that the person asked for. */
export type Said = { text: string; fix: string | null; failed: boolean; undo: Undo | null };

const STAYS_MS = 7_000;
const UNDO_STAYS_MS = 12_000;

export const said = $state<{ last: Said | null }>({ last: null });
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string, undo: Undo | null = null) {
  show({ text, fix: null, failed: false, undo });
  timer = setTimeout(hush, undo ? UNDO_STAYS_MS : STAYS_MS);
}

/** A failure stays until it is closed. */
export function sayFailure(failure: ControlFailure) {
  show({ text: failure.message, fix: failure.fix, failed: true, undo: null });
}

export function hush() {
  clearTimeout(timer);
  said.last = null;
}

function show(next: Said) {
  clearTimeout(timer);
  said.last = next;
}
