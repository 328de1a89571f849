import type { ControlFailure } from "./engine/control";

/** The last thing that this window has to say about something a person asked for. */
export type Said = { text: string; fix: string | null; failed: boolean };

const STAYS_MS = 7_000;

export const said = $state<{ last: Said | null }>({ last: null });
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string) {
  show({ text, fix: null, failed: false });
  timer = setTimeout(hush, STAYS_MS);
}

/** A failure stays until it is read and closed. */
export function sayFailure(failure: ControlFailure) {
  show({ text: failure.message, fix: failure.fix, failed: true });
}

export function hush() {
  clearTimeout(timer);
  said.last = null;
}

function show(next: Said) {
  clearTimeout(timer);
  said.last = next;
}
