import { expect, it } from "vitest";

import type { ReviewSummary } from "../../generated/ReviewSummary";
import { drainOf, drainOfAll } from "./drain";

const item = (drain: string | null, state = "open") => ({ id: "a", drain, state }) as ReviewSummary;
const click = "Waits for one click: this pipeline has no receiver.";

it("says the next step of open requests only", () => {
  expect(drainOf(item(click))).toBe(click);
  expect(drainOf(item(click, "dismissed"))).toBeNull();
});

it("says a step once that several requests have in common", () => {
  expect(drainOfAll([item(click), item(click), item(null, "dismissed")])).toBe(click);
  expect(drainOfAll([item(click), item("Waits until gpt-6-sol has answered again.")])).toBeNull();
  expect(drainOfAll([item(click), item(null)])).toBeNull();
  expect(drainOfAll([item(click)])).toBeNull();
  expect(drainOfAll([])).toBeNull();
});
