import { expect, test } from "vitest";

import type { Snapshot } from "../generated/Snapshot";
import { reachedAt } from "./live.svelte";

const snapshot = { engine: { address: "http://127.0.0.1:4747", base_url: "http://127.0.0.1:4747/t/abc" } } as Snapshot;

test("the addresses of an engine on another computer are those of the tunnel", () => {
  const here = { address: "http://127.0.0.1:4848", token: "t" };
  expect(reachedAt(here, snapshot)).toBe(snapshot);
  const { engine } = reachedAt({ ...here, computer: "build-server" }, snapshot);
  expect(engine.address).toBe("http://127.0.0.1:4848");
  expect(engine.base_url).toBe("http://127.0.0.1:4848/t/abc");
});
