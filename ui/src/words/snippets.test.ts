import { describe, expect, it } from "vitest";

import { claudeCodeWithoutLogin, codex, firstTry } from "./snippets";

const BASE = "http://127.0.0.1:4747/t/k3vq0f7m2xw9";

describe("snippets", () => {
  it("calls the rehearsal through the base URL, quoted for a shell", () => {
    const line = firstTry(BASE);
    expect(line).toContain(`curl ${BASE}/v1/messages `);
    const body = /-d '([^']+)'$/.exec(line)?.[1] ?? "";
    expect(JSON.parse(body)).toMatchObject({ model: "rehearsal/steady", max_tokens: 200 });
  });

  it("uses the token of the base URL where the client has no login", () => {
    expect(claudeCodeWithoutLogin(BASE)).toBe(`export ANTHROPIC_BASE_URL=${BASE}\nexport ANTHROPIC_AUTH_TOKEN=k3vq0f7m2xw9`);
  });

  it("points Codex at the Responses dialect", () => {
    expect(codex(BASE)).toContain(`base_url = "${BASE}/v1"\nenv_key = "OPENAI_API_KEY"\nwire_api = "responses"`);
  });
});
