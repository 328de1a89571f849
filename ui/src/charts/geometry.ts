/** A point of a series, with its slot. */
export type At = { slot: number };

/** Slots 0 to `count` - 1, each with its point or null: a slot without data stays visible as such. */
export function perSlot<Point extends At>(points: readonly Point[], count: number): (Point | null)[] {
  const slots = new Array<Point | null>(Math.max(count, 0)).fill(null);
  for (const point of points) if (point.slot >= 0 && point.slot < count) slots[point.slot] = point;
  return slots;
}

/** Left edge and width of slot `slot` of `count` in `width`, with a gap on its right. */
export function column(slot: number, count: number, width: number, gap: number): { x: number; width: number } {
  const step = width / count;
  return { x: slot * step, width: Math.max(step - gap, 0.5) };
}

/** Height of `value`. A value above zero is at least `least` high, so that one failure of a thousand calls is visible. */
export function barHeight(value: number, top: number, height: number, least = 0): number {
  if (value <= 0 || top <= 0) return 0;
  return Math.min(height, Math.max((value / top) * height, least));
}

/**
 * An SVG path through the values, in slots of equal width. A slot without a value interrupts the line; a value between two
 * such slots becomes a short horizontal stroke.
 */
export function linePath(values: readonly (number | null)[], top: number, width: number, height: number): string {
  const step = width / Math.max(values.length, 1);
  const y = (value: number) => round(height - barHeight(value, top, height));
  return runs(values)
    .map(([from, run]) => {
      const [first] = run;
      if (run.length === 1 && first !== undefined) return `M${round(from * step)} ${y(first)}h${round(step)}`;
      return run.map((value, at) => `${at === 0 ? "M" : "L"}${round((from + at + 0.5) * step)} ${y(value)}`).join("");
    })
    .join("");
}

/** Horizontal position of an instant between two others, 0 to `width`. */
export function position(at: string, from: string, to: string, width: number): number {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  if (end <= begin) return 0;
  return Math.min(1, Math.max(0, (Date.parse(at) - begin) / (end - begin))) * width;
}

/** 1, 2 or 5 times a power of ten, not less than `value`: the top of an axis. */
export function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const factor of [1, 2, 5]) if (factor * power >= value * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

function runs(values: readonly (number | null)[]): [number, number[]][] {
  const found: [number, number[]][] = [];
  values.forEach((value, at) => {
    if (value === null) return;
    const last = found.at(-1);
    if (last && last[0] + last[1].length === at) last[1].push(value);
    else found.push([at, [value]]);
  });
  return found;
}

const round = (value: number): number => Math.round(value * 100) / 100;
