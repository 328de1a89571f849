import { describe, expect, it } from "vitest";

import type { Attempt } from "../../generated/Attempt";
import type { Candidate } from "../../generated/Candidate";
import type { Exchange } from "../../generated/Exchange";
import type { Explained } from "../../generated/Explained";
import type { Fallback } from "../../generated/Fallback";
import type { Provider } from "../../generated/Provider";
import { clientsOf, lineOf } from "./clients";

const attempt = (endpoint: string, by_subscription: boolean) => ({ endpoint, by_subscription }) as Attempt;
const exchange = (id: number, client: string, model: string, changes: Partial<Exchange> = {}) =>
  ({
    id, client, model, started: new Date(Date.UTC(2026, 5, 21, 20, 0, id)).toISOString(), dialect: "anthropic", pipeline: null, rehearsal: false, end: "complete",
    attempts: [attempt("first", false)], ...changes,
  }) as Exchange;
const provider = (id: string, key: string) => ({ id, endpoints: [{ id, key }] }) as unknown as Provider;

describe("clientsOf", () => {
  it("has one entry for each client, with its most frequent model", () => {
    const rows = [
      exchange(6, "n8n", "medium"),
      exchange(5, "Claude Code", "small", { attempts: [attempt("first", true)] }),
      exchange(4, "Claude Code", "large"),
      exchange(3, "n8n", "medium"),
      exchange(2, "Claude Code", "large"),
    ];
    const clients = clientsOf(rows, [{ client: "Claude Code", id: "a", last_seen: "", open: 2 }], [provider("first", "client_login")]);
    expect(clients.map(({ name, model, login, open }) => [name, model, login, open])).toEqual([
      ["Claude Code", "large", "subscription", 2],
      ["n8n", "medium", "key", 0],
    ]);
  });

  it("leaves out rehearsals and refused connections", () => {
    expect(clientsOf([exchange(2, "curl", "m", { rehearsal: true }), exchange(1, "x", "m", { end: "turned_away" })], [], [])).toEqual([]);
  });

  it("marks a login that the provider refused, until the next request", () => {
    const refused = exchange(2, "n8n", "m", { end: "callers_fault", status: 401 });
    expect(clientsOf([refused], [], []).map((one) => one.refusedBy)).toEqual(["first"]);
    expect(clientsOf([exchange(3, "n8n", "m"), refused], [], [])[0]?.refusedBy).toBeNull();
  });

  it("keeps the pipelines of one client apart", () => {
    const rows = [exchange(2, "n8n", "m", { pipeline: "Leads" }), exchange(1, "n8n", "m")];
    expect(clientsOf(rows, [], [provider("first", "keychain")]).map((one) => [one.pipeline, one.login])).toEqual([[null, "none"], ["Leads", "none"]]);
  });
});

describe("lineOf", () => {
  const candidate = (endpoint: string, model: string | null, usable = true): Candidate => ({ endpoint, model, usable, reason: "r" });
  const fallback = (endpoint: string, model: string, name: string) => ({ endpoint, model, name }) as Fallback;
  const explained = (candidates: Candidate[], fallbacks: Fallback[]) => ({ model: "claude-opus-5-5", candidates, fallbacks }) as unknown as Explained;
  const product = (endpoint: string) => ({ openai: "OpenAI", anthropic: "Claude" })[endpoint] ?? endpoint;
  const primary = candidate("anthropic", "claude-opus-5-5");
  const gpt = fallback("openai", "gpt-6.1-sol", "GPT Sol");

  it("names the models in the order in which they answer", () => {
    const line = lineOf(explained([primary, candidate("openai", "gpt-6.1-sol"), candidate("x", "y", false)], [gpt]), "key", false, product);
    expect(line).toEqual({ models: ["Claude Opus", "GPT Sol"], moved: false, missing: "nothing", consent: null });
  });

  it("marks a fallback that answers now", () => {
    const line = lineOf(explained([candidate("openai", "gpt-6.1-sol"), primary], [gpt]), "key", false, product);
    expect(line).toEqual({ models: ["GPT Sol", "Claude Opus"], moved: true, missing: "nothing", consent: null });
    const reseller = candidate("openrouter", "anthropic/claude-opus-5-5");
    expect(lineOf(explained([reseller], []), "key", false, product).moved).toBe(false);
  });

  it("names the product that needs consent, only for a subscription without it", () => {
    const refused = explained([primary, candidate("openai", "gpt-6.1-sol", false)], [gpt]);
    expect(lineOf(refused, "subscription", false, product)).toEqual({ models: ["Claude Opus"], moved: false, missing: "fallback", consent: "OpenAI" });
    expect(lineOf(refused, "subscription", true, product).consent).toBeNull();
    expect(lineOf(refused, "key", false, product).consent).toBeNull();
    const sibling = fallback("anthropic", "claude-sonnet-5-5", "Claude Sonnet");
    expect(lineOf(explained([primary], [sibling]), "subscription", false, product).consent).toBeNull();
  });

  it("reports that no candidate can answer", () => {
    expect(lineOf(explained([candidate("anthropic", "m", false)], []), "none", false, product)).toEqual({ models: [], moved: false, missing: "answer", consent: null });
    expect(lineOf(explained([candidate("anthropic", null)], []), "none", false, product).models).toEqual(["Claude"]);
  });
});
