import { describe, expect, it } from "vitest";

import { barHeight, column, linePath, niceTop, perSlot, position } from "./geometry";

it("keeps a slot without data", () => {
  expect(perSlot([{ slot: 1, calls: 4 }, { slot: 9, calls: 1 }], 3)).toEqual([null, { slot: 1, calls: 4 }, null]);
  expect(perSlot([], 0)).toEqual([]);
});

it("gives each slot the same width", () => {
  expect(column(0, 90, 180, 0.5)).toEqual({ x: 0, width: 1.5 });
  expect(column(89, 90, 180, 0.5)).toEqual({ x: 178, width: 1.5 });
  expect(column(1, 1_000, 100, 0.5).width).toBe(0.5);
});

describe("barHeight", () => {
  it.each([
    [0, 10, 0],
    [5, 10, 16],
    [10, 10, 32],
    [20, 10, 32],
    [1, 1_000, 3],
    [1, 0, 0],
  ])("%i of %i is %f high", (value, top, height) => expect(barHeight(value, top, 32, 3)).toBe(height));
});

describe("linePath", () => {
  it("joins neighbours at the middle of their slots", () => expect(linePath([0, 10, 5], 10, 30, 20)).toBe("M5 20L15 0L25 10"));
  it("is interrupted where there is no data", () => expect(linePath([10, 10, null, 0, 0], 10, 50, 20)).toBe("M5 0L15 0M35 20L45 20"));
  it("shows a single value as a stroke", () => expect(linePath([null, 5, null], 10, 30, 20)).toBe("M10 10h10"));
  it("is empty without data", () => expect(linePath([null, null], 10, 30, 20)).toBe(""));
});

describe("position", () => {
  const [from, to] = ["2026-06-21T20:00:00Z", "2026-06-21T21:00:00Z"];
  it.each([
    ["2026-06-21T20:15:00Z", 25],
    ["2026-06-21T19:00:00Z", 0],
    ["2026-06-21T22:00:00Z", 100],
  ])("%s is at %i", (at, x) => expect(position(at, from, to, 100)).toBe(x));
  it("is 0 where no time passed", () => expect(position(from, from, from, 100)).toBe(0));
});

it.each([
  [0, 1],
  [0.3, 0.5],
  [7, 10],
  [10, 10],
  [12, 20],
  [340, 500],
])("the axis for %f ends at %f", (value, top) => expect(niceTop(value)).toBeCloseTo(top));
