import type { Provider } from "../generated/Provider";

/** The product behind an endpoint's id: "Claude" for "anthropic". An endpoint that has gone keeps its id. */
export function productOf(providers: readonly Provider[], endpoint: string): string {
  return providers.find((provider) => provider.endpoints.some((one) => one.id === endpoint))?.product ?? endpoint;
}

/** "openai with gpt-6-luna: …" is "OpenAI with gpt-6-luna: …". */
export function withProduct(skipped: string, product: (endpoint: string) => string): string {
  return skipped.replace(/^(\S+)(?= with )/, (endpoint) => product(endpoint));
}
