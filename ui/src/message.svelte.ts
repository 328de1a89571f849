import type { ControlFailure } from "./engine/control";

/** The action that undoes the last command. */
export type Undo = { label: string; run: () => void };

/** The result of the user's last command. */
export type Message = { text: string; fix: string | null; failed: boolean; undo: Undo | null };

const STAYS_MS = 7_000;
const UNDO_STAYS_MS = 12_000;

export const message = $state<{ last: Message | null }>({ last: null });
let timer: ReturnType<typeof setTimeout> | undefined;

export function showMessage(text: string, undo: Undo | null = null) {
  show({ text, fix: null, failed: false, undo });
  timer = setTimeout(hideMessage, undo ? UNDO_STAYS_MS : STAYS_MS);
}

/** A failure stays until it is closed. */
export function showFailure(failure: ControlFailure) {
  show({ text: failure.message, fix: failure.fix, failed: true, undo: null });
}

export function hideMessage() {
  clearTimeout(timer);
  message.last = null;
}

function show(next: Message) {
  clearTimeout(timer);
  message.last = next;
}
