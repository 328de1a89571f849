import { describe, expect, it } from "vitest";

import type { ConnectClient } from "../../generated/ConnectClient";
import type { KeyState } from "../../generated/KeyState";
import type { PaidFallbacks } from "../../generated/PaidFallbacks";
import type { Provider } from "../../generated/Provider";
import { isTicked, keptKeys, keysToAdd, paidQuestion } from "./first";

const provider = (id: string, product: string, key: KeyState, extra: Partial<Provider> = {}): Provider => ({
  id, name: product, product, keys_page: `https://${id}.example/keys`, mine: false, rehearsal: false, level: "unknown", since: null, basis: "nothing", blame: "undetermined",
  evidence: "", evidence_spans: [], unstable: false, page: null, surfaces: [],
  endpoints: [{ id, base: "", dialects: [], key, key_env: null, models: [] }], ...extra,
});
const tool = (id: string, state: ConnectClient["state"] = "not_connected"): ConnectClient => ({
  id, name: id, method: "edit", state, message: "", fix: null, files: [], notes: [], losses: [], lines: [], last_request: null, testable: true,
});
const paid = (cap = 5_000_000): PaidFallbacks => ({ allowed: null, by_settings_file: false, cap, spent: 0, stopped_today: false });
const providers = (openai: KeyState, deepseek: KeyState = "missing") => [
  provider("anthropic", "Claude", "client_login"), provider("deepseek", "DeepSeek", deepseek), provider("openai", "OpenAI", openai),
  provider("ollama", "Ollama", "not_needed", { keys_page: null }), provider("rehearsal", "Rehearsal", "missing", { rehearsal: true }),
];
const ids = (places: { provider: Provider }[]) => places.map((one) => one.provider.id);

describe("keys", () => {
  it("begin with a provider that can answer for the subscription of a tool here", () => {
    expect(ids(keysToAdd(providers("missing"), [tool("claude-code")]))).toEqual(["openai", "deepseek", "anthropic"]);
    expect(ids(keysToAdd(providers("missing"), [tool("claude-code"), tool("codex")]))).toEqual(["openai", "deepseek", "anthropic"]);
    expect(ids(keysToAdd(providers("missing"), [tool("codex")]))).toEqual(["anthropic", "deepseek", "openai"]);
    expect(ids(keptKeys(providers("environment")))).toEqual(["openai"]);
    expect(ids(keysToAdd(providers("environment"), [tool("claude-code")]))).not.toContain("openai");
  });
});

describe("the question about paid fallbacks", () => {
  it("names who fails, who answers and the daily cap", () => {
    const question = paidQuestion(providers("keychain"), [tool("claude-code")], paid());
    expect(question?.text).toBe("If Claude fails, may OpenAI answer on your key? Up to $5 a day.");
    expect(question?.explained).toContain("billed per token");
  });

  it("states that nothing can answer without another provider's key", () => {
    const question = paidQuestion(providers("missing"), [tool("claude-code")], paid(2_500_000));
    expect(question?.text).toBe("If Claude fails, may another provider answer on your key? Up to $2.50 a day.");
    expect(question?.explained).toBe("Nothing can answer for Claude yet: add a key of another provider above.");
  });

  it("names no provider where more than one can fail or answer", () => {
    expect(paidQuestion(providers("keychain", "keychain"), [tool("claude-code")], paid())?.text).toContain("may another provider answer");
    const two = paidQuestion(providers("keychain"), [tool("claude-code"), tool("codex")], paid());
    expect(two?.text).toContain("If Claude or OpenAI fails, may another provider answer on your key?");
    expect(two?.explained).toBe("The key is billed per token. Ask me: a question appears when it would help. Nothing can answer for OpenAI yet: add a key of another provider above.");
  });

  it("states a cap of zero, and is not asked without a tool that has a subscription", () => {
    expect(paidQuestion(providers("keychain"), [tool("claude-code")], paid(0))?.explained).toContain("daily cap for fallbacks is $0");
    expect(paidQuestion(providers("keychain"), [tool("claude-code", "absent"), tool("aider")], paid())).toBeNull();
  });
});

it("a tool that points to another address is not ticked", () => {
  expect((["not_connected", "elsewhere", "confirmed"] as const).map((state) => isTicked({ state }))).toEqual([true, false, false]);
});
