import { on } from "svelte/events";

/**
 * A press anywhere on a table's row presses its button. A button that covers its row would need no script, but in WebKitGTK a
 * row positions no child: the last row's button would cover the whole table.
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
