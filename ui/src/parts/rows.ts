import { on } from "svelte/events";

/**
 * A click anywhere on a table row clicks its button. A button that covers its row needs no script, but WebKitGTK ignores
 * `position: relative` on a row, so the last row's button would cover the entire table.
 */
export function pressedAnywhere(table: HTMLElement) {
  return on(table, "click", ({ target }) => {
    if (!(target instanceof Element) || target.closest("button, a") || getSelection()?.isCollapsed === false) return;
    const row = target.closest("tr")?.querySelector<HTMLElement>("[data-row]");
    // The arrow keys continue from here.
    row?.focus({ preventScroll: true });
    row?.click();
  });
}
