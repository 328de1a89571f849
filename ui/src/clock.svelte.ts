/** Ticks once a second while the window is visible, for texts such as "3 min ago". */
export const clock = $state({ now: Date.now() });

export function runClock(): () => void {
  const timer = setInterval(() => {
    if (document.visibilityState === "visible") clock.now = Date.now();
  }, 1_000);
  return () => clearInterval(timer);
}
