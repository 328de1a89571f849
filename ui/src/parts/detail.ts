/** When a detail with the focus closes, the focus returns to its list. */
export function returnsFocus(detail: HTMLElement) {
  let held = false;
  const onfocusin = () => (held = true);
  const onfocusout = (event: FocusEvent) => (held = event.relatedTarget === null && held);
  detail.addEventListener("focusin", onfocusin);
  detail.addEventListener("focusout", onfocusout);
  return () => {
    if (held) document.querySelector<HTMLElement>('[data-row][aria-current="true"], [data-row][tabindex="0"]')?.focus();
  };
}
