import { afterEach, expect, it, vi } from "vitest";

import { makeChange } from "./connect";
import { live } from "./live.svelte";

afterEach(() => {
  vi.unstubAllGlobals();
  live.place = null;
});

/** Answers in this order. */
function answers(...responses: [status: number, body: unknown][]) {
  const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(() => {
    const [status, body] = responses.shift() ?? [500, null];
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
  vi.stubGlobal("fetch", fetched);
  live.place = { address: "http://127.0.0.1:4747", token: "t" };
  return fetched;
}

const DONE = { message: "Connected.", changed: [], left: [], open_sessions: 0 };

it("makes the change that was shown, by its revision", async () => {
  const fetched = answers([200, DONE]);
  expect(await makeChange("claude-code", "r1")).toEqual({ outdated: false, done: DONE });
  const [url, init] = fetched.mock.calls[0] ?? [];
  expect([url, init?.method, init?.body]).toEqual(["http://127.0.0.1:4747/control/connect/claude-code", "POST", '{"revision":"r1"}']);
});

it("shows the new change, and makes none, if a file changed meanwhile", async () => {
  const change = { files: [], keys: [], warnings: [], restart: false, revision: "r2" };
  const fetched = answers([409, { error: "A file changed.", fix: null }], [200, change]);
  expect(await makeChange("claude-code", "r1")).toEqual({ outdated: true, change });
  expect(fetched.mock.calls.map(([, init]) => init.method)).toEqual(["POST", "GET"]);
});

it("reports another refusal", async () => {
  answers([422, { error: "Its settings are read-only.", fix: "Make the file writable." }]);
  await expect(makeChange("codex", "r1")).rejects.toMatchObject({ message: "Its settings are read-only.", fix: "Make the file writable.", status: 422 });
});
