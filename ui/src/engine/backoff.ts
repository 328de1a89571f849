const STEPS_MS = [500, 1_000, 2_000, 5_000, 10_000];

/** Wait before the next connection attempt, in ms, after `failures` failures in a row (at least one). */
export function backoff(failures: number): number {
  return STEPS_MS[Math.min(failures, STEPS_MS.length) - 1] ?? 500;
}

/** Waits for `ms`; ends early when one of the signals is aborted. */
export function pause(ms: number, ...until: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    if (until.some((signal) => signal.aborted)) return resolve();
    const end = () => {
      clearTimeout(timer);
      for (const signal of until) signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    for (const signal of until) signal.addEventListener("abort", end);
  });
}
