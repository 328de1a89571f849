import { on } from "svelte/events";

/**
 * All of a table's row can be pressed, not its button alone. A button laid over its row would do where a row can hold what is
 * placed absolutely; in WebKitGTK it cannot, and the last row's button lies over the whole table.
 */
export function pressedAnywhere(table: HTMLElement) {
  return on(table, "click", ({ target }) => {
    if (!(target instanceof Element) || target.closest("button, a") || getSelection()?.isCollapsed === false) return;
    const row = target.closest("tr")?.querySelector<HTMLElement>("[data-row]");
    // The arrow keys go on from here.
    row?.focus({ preventScroll: true });
    row?.click();
  });
}
