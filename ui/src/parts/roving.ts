/**
 * Arrow keys, Home and End move through the `[data-row]` elements of a list, which is one stop for the Tab key.
 * While `follow` is true (a detail is open), moving also opens the row.
 */
export function roving(follow: () => boolean = () => false) {
  return (list: HTMLElement) => {
    const rows = () => [...list.querySelectorAll<HTMLElement>("[data-row]")];

    const onkeydown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const all = rows();
      const at = all.findIndex((row) => row === document.activeElement);
      if (at < 0) return;
      const to = target(event.key, at, all.length);
      const next = to === null ? undefined : all[to];
      if (!next) return;
      event.preventDefault();
      next.focus();
      if (follow() && to !== at) next.click();
    };

    const onfocusin = (event: FocusEvent) => {
      const all = rows();
      if (!all.some((row) => row === event.target)) return;
      for (const row of all) row.tabIndex = row === event.target ? 0 : -1;
    };

    list.addEventListener("keydown", onkeydown);
    list.addEventListener("focusin", onfocusin);
    return () => {
      list.removeEventListener("keydown", onkeydown);
      list.removeEventListener("focusin", onfocusin);
    };
  };
}

function target(key: string, at: number, length: number): number | null {
  switch (key) {
    case "ArrowDown":
      return Math.min(at + 1, length - 1);
    case "ArrowUp":
      return Math.max(at - 1, 0);
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return null;
  }
}
