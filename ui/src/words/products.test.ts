import { expect, it } from "vitest";

import type { Provider } from "../generated/Provider";
import { productOf, withProduct } from "./products";

it("calls an endpoint by its product", () => {
  const providers = [{ product: "Claude", endpoints: [{ id: "anthropic" }, { id: "anthropic-eu" }] }] as Provider[];
  expect(productOf(providers, "anthropic-eu")).toBe("Claude");
  expect(productOf(providers, "gone")).toBe("gone");
});

it("names the product of a skipped candidate", () => {
  const product = (id: string) => (id === "openai" ? "OpenAI" : id);
  expect(withProduct("openai with gpt-6-luna: no key for openai", product)).toBe("OpenAI with gpt-6-luna: no key for openai");
  expect(withProduct("no candidate", product)).toBe("no candidate");
});
