import { expect, it } from "vitest";

import { later, wasDown } from "./outage";

it("names how bad the outage was", () => {
  expect(wasDown({ product: "Claude", peak: "major_outage" })).toBe("Claude was down");
  expect(wasDown({ product: "Claude", peak: "partial_outage" })).toBe("Claude was partly down");
});

it("has a number for the requests that finished later", () => {
  expect(later({ hit: 29, carried: 14, waiting: 0, failed: 0 })).toBe(15);
  expect(later({ hit: 1, carried: 1, waiting: 1, failed: 0 })).toBe(0);
});
