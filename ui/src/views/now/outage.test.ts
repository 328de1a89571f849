import { expect, it } from "vitest";

import { wasDown } from "./outage";

it("names how bad the outage was", () => {
  expect(wasDown({ product: "Claude", peak: "major_outage" })).toBe("Claude was down");
  expect(wasDown({ product: "Claude", peak: "partial_outage" })).toBe("Claude was partly down");
});
