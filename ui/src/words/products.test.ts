import { expect, it } from "vitest";

import type { Provider } from "../generated/Provider";
import { productOf } from "./products";

it("calls an endpoint by its product", () => {
  const providers = [{ product: "Claude", endpoints: [{ id: "anthropic" }, { id: "anthropic-eu" }] }] as Provider[];
  expect(productOf(providers, "anthropic-eu")).toBe("Claude");
  expect(productOf(providers, "gone")).toBe("gone");
});
