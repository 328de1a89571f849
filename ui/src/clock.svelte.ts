/** Ticks once a second while the window can be seen, for the texts that say how long ago something was. */
export const clock = $state({ now: Date.now() });

export function runClock(): () => void {
  const timer = setInterval(() => {
    if (document.visibilityState === "visible") clock.now = Date.now();
  }, 1_000);
  return () => clearInterval(timer);
}
