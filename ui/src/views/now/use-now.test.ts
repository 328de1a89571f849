import { render } from "svelte/server";
import { describe, expect, it } from "vitest";

import type { ClientUse } from "../../generated/ClientUse";
import UseNow from "./UseNow.svelte";

const COST = "about $0.57 for the next turn, then $0.31, today's cap $5";

const use = (changes: Partial<ClientUse> = {}): ClientUse => ({
  client: "Claude Code",
  provider: null,
  until: null,
  sentence: null,
  unusable: null,
  choices: [
    { provider: "anthropic", product: "Claude", cost: null },
    { provider: "openai", product: "OpenAI", cost: COST },
  ],
  refused: [],
  ...changes,
});

/** The text of the control, without tags. */
function shown(changes: Partial<ClientUse> = {}): string {
  const { body } = render(UseNow, { props: { use: use(changes) } });
  return body.replace(/<!--.*?-->/g, "").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();
}

const html = (changes: Partial<ClientUse> = {}) => render(UseNow, { props: { use: use(changes) } }).body;

describe("use now", () => {
  it("lists auto and each choice, with the cost of those that bill a key", () => {
    expect(shown()).toBe(`Use now for Claude Code Auto Claude OpenAI (${COST})`);
  });

  it("states the choice in a live region, and offers to keep it after midnight", () => {
    const sentence = `Claude Code uses OpenAI until midnight: ${COST}.`;
    const changes = { provider: "openai", until: "2026-06-22T00:00:00Z", sentence };
    expect(html(changes)).toContain(`role="status">${sentence}`);
    expect(html(changes)).toContain('type="checkbox"');
    expect(html(changes)).not.toContain("checked");
    expect(html({ ...changes, until: null })).toContain("checked");
  });

  it("keeps a chosen provider that is no candidate now in the list", () => {
    const chosen = html({ provider: "deepseek", choices: [], sentence: "Claude Code follows the usual order." });
    expect(chosen).toMatch(/<option value="deepseek"[^>]*>deepseek/);
  });

  it("lists each provider that cannot be chosen, with the reason and the remedy", () => {
    const refused = [{ provider: "deepseek", product: "DeepSeek", why: "no key for DeepSeek", fix: "add one with `understudyd key add deepseek`" }];
    expect(shown({ refused })).toContain("1 provider cannot be chosen for Claude Code DeepSeek : no key for DeepSeek. To fix it: add one with understudyd key add deepseek");
    expect(html({ refused })).not.toMatch(/<option[^>]*>DeepSeek/);
  });

  it("shows no list where there is nothing to choose", () => {
    expect(html({ choices: use().choices.slice(0, 1) })).not.toContain("<select");
  });
});
