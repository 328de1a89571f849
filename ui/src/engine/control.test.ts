import { afterEach, expect, it, vi } from "vitest";

import { ControlFailure, command, saveKey, saveSettings } from "./control";
import { live } from "./live.svelte";

function answer(status: number, body: unknown) {
  const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(() => Promise.resolve(new Response(JSON.stringify(body), { status })));
  vi.stubGlobal("fetch", fetched);
  live.place = { address: "http://127.0.0.1:4747", token: "t" };
  return fetched;
}

afterEach(() => {
  vi.unstubAllGlobals();
  live.place = null;
});

it("sends the settings unchanged", async () => {
  const fetched = answer(200, { file: "f", text: "a = 1\n", errors: [] });
  await saveSettings("a = 1\n");
  const [url, init] = fetched.mock.calls[0] ?? [];
  expect(url).toBe("http://127.0.0.1:4747/control/settings");
  expect(init).toMatchObject({ method: "PUT", body: "a = 1\n", headers: { "x-understudy-control": "t", "content-type": "text/plain; charset=utf-8" } });
});

it("sends commands and keys as JSON", async () => {
  const fetched = answer(200, { said: "Done." });
  expect(await command({ do: "pause" })).toEqual({ said: "Done." });
  await saveKey("a/b", "k");
  expect(fetched.mock.calls.map(([url, init]) => [url, init.body])).toEqual([
    ["http://127.0.0.1:4747/control/do", '{"do":"pause"}'],
    ["http://127.0.0.1:4747/control/keys/a%2Fb", '{"key":"k"}'],
  ]);
});

it("reports what failed and what to do", async () => {
  answer(422, { error: "The key is empty.", fix: "Paste it again." });
  await expect(command({ do: "pause" })).rejects.toMatchObject({ message: "The key is empty.", fix: "Paste it again." });
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("refused")));
  await expect(command({ do: "pause" })).rejects.toThrow("The engine does not respond.");
  live.place = null;
  await expect(command({ do: "pause" })).rejects.toBeInstanceOf(ControlFailure);
});

it("returns a rejected settings text with its errors", async () => {
  answer(422, { file: "f", text: "x", errors: ["line 1: no"] });
  expect((await saveSettings("x")).errors).toEqual(["line 1: no"]);
});
