import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Snapshot } from "../generated/Snapshot";
import { live } from "./live.svelte";

const stop = { now: new AbortController() };
let answers: (() => Response | Promise<Response>)[] = [];

/** An event stream that sends one snapshot and stays open until `end` is called. */
function stream(seq: number): { response: Response; end: () => void } {
  let end: () => void = () => undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(`event: snapshot\ndata: ${JSON.stringify({ seq } as Snapshot)}\n\n`));
      end = () => controller.close();
    },
  });
  return { response: new Response(body, { status: 200 }), end };
}

const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("location", { origin: "http://127.0.0.1:4747" });
  vi.stubGlobal("sessionStorage", { getItem: () => "token" });
  vi.stubGlobal("fetch", vi.fn(() => answers.shift()?.() ?? Promise.reject(new TypeError("refused"))));
  stop.now = new AbortController();
});

afterEach(() => {
  stop.now.abort();
  answers = [];
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("reconnects after a refused connection, with growing waits, and after the stream ends", async () => {
  const first = stream(1);
  const second = stream(2);
  answers = [() => Promise.reject(new TypeError("x")), () => Promise.reject(new TypeError("x")), () => first.response, () => second.response];
  void live.follow(stop.now.signal);

  await settled();
  expect(live.link).toMatchObject({ link: "lost", why: "The engine does not respond." });
  await vi.advanceTimersByTimeAsync(500);
  expect(fetch).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(999);
  expect(fetch).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(live.link.link).toBe("live");
  expect(live.snapshot?.seq).toBe(1);

  first.end();
  await settled();
  expect(live.link).toMatchObject({ link: "lost", why: "The engine closed the connection." });
  expect(live.snapshot?.seq).toBe(1);
  await vi.advanceTimersByTimeAsync(500);
  expect(live.link.link).toBe("live");
  expect(live.snapshot?.seq).toBe(2);
});

it("reports a refused link, and retries at once on demand", async () => {
  const good = stream(7);
  answers = [() => new Response("", { status: 403 }), () => good.response];
  void live.follow(stop.now.signal);
  await settled();
  expect(live.link.link).toBe("refused");
  live.retryNow();
  await settled();
  expect(live.snapshot?.seq).toBe(7);
});
