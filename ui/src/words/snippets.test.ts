import { describe, expect, it } from "vitest";

import { firstTry } from "./snippets";

const BASE = "http://127.0.0.1:4747/t/k3vq0f7m2xw9";

describe("snippets", () => {
  it("calls the rehearsal through the base URL, quoted for a shell", () => {
    const line = firstTry(BASE);
    expect(line).toContain(`curl ${BASE}/v1/messages `);
    const body = /-d '([^']+)'$/.exec(line)?.[1] ?? "";
    expect(JSON.parse(body)).toMatchObject({ model: "rehearsal/steady", max_tokens: 200 });
  });
});
