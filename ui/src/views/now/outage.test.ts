import { expect, it, test } from "vitest";

import { lasted, wasDown } from "./outage";

test.each([
  [0.4, "1 s"],
  [40, "40 s"],
  [238, "4 min"],
  [3_600, "1 h"],
  [7_500, "2 h 5 min"],
])("%f s read %s", (seconds, text) => expect(lasted(seconds)).toBe(text));

it("names how bad the outage was", () => {
  expect(wasDown({ product: "Claude", peak: "major_outage" })).toBe("Claude was down");
  expect(wasDown({ product: "Claude", peak: "partial_outage" })).toBe("Claude was partly down");
});
