import { describe, expect, it } from "vitest";

import type { ConnectClient } from "../../../generated/ConnectClient";
import type { ConnectState } from "../../../generated/ConnectState";
import { arrival, diffLines, fixBeside, grouped, lossesFirst, lostFor, named, pointsHere, STATE, stillOpen } from "./client";

const client = (id: string, state: ConnectState, extra: Partial<ConnectClient> = {}): ConnectClient => ({
  id, name: id, method: "edit", state, message: "", fix: null, files: [], notes: [], losses: [], lines: [], last_request: null, testable: false, ...extra,
});

describe("clients", () => {
  it("have a different mark for each state that needs another action", () => {
    // A tool that was not found is in a list of its own.
    const tones = Object.entries(STATE).flatMap(([state, { tone }]) => (state === "absent" ? [] : [tone]));
    expect(new Set(tones).size).toBe(tones.length);
  });

  it("are grouped by the way to connect them, in the engine's order", () => {
    const page = [client("codex", "confirmed"), client("n8n", "unknown", { method: "copy" }), client("zed", "absent"), client("aider", "not_connected")];
    const { found, byLines, notFound } = grouped(page);
    expect([found, byLines, notFound].map((group) => group.map((one) => one.id))).toEqual([["codex", "aider"], ["n8n"], ["zed"]]);
  });

  it("point here only if their own settings do", () => {
    const states: ConnectState[] = ["connected", "confirmed", "overridden", "elsewhere", "not_connected"];
    expect(states.map((state) => pointsHere({ state, method: "edit" }))).toEqual([true, true, false, false, false]);
    expect(pointsHere({ state: "confirmed", method: "copy" })).toBe(false);
  });

  it("show first what they lose", () => {
    const losses = [{ what: "tool search", kept_by: "set in the same change" }, { what: "Remote Control", kept_by: null }];
    expect(lossesFirst(losses).map((loss) => loss.what)).toEqual(["Remote Control", "tool search"]);
    expect(lostFor(losses).map((loss) => loss.what)).toEqual(["Remote Control"]);
  });

  it("wait for their first request, and show when it arrived", () => {
    const now = Date.parse("2026-11-30T14:05:00Z");
    expect(arrival({ name: "n8n", last_request: null }, now)).toEqual({ came: false, text: "Waiting for the first request of n8n…" });
    expect(arrival({ name: "n8n", last_request: "2026-11-30T14:02:11Z" }, now, "UTC")).toEqual({ came: true, text: "A request of n8n arrived at 14:02." });
  });

  it("are named in a sentence", () => {
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map((names) => named(names))).toEqual(["", "a", "a and b", "a, b and c"]);
  });
});

it("a session is open while it has a request, and ten minutes after its last one", () => {
  const now = Date.parse("2026-11-30T14:00:00Z");
  const session = (id: string, last_seen: string, open = 0) => ({ client: "Claude Code", id, last_seen, open });
  const sessions = [session("a", "2026-11-30T13:00:00Z", 1), session("b", "2026-11-30T13:51:00Z"), session("c", "2026-11-30T13:49:00Z")];
  expect(stillOpen(sessions, now).map((one) => one.id)).toEqual(["a", "b"]);
});

it("a diff is shown without its file names, and a removed line of dashes is kept", () => {
  const diff = "--- a/settings.json\n+++ b/settings.json\n@@ -1,3 +1,4 @@\n {\n---- x\n+  \"env\": {}\n }\n";
  expect(diffLines(diff)).toEqual([
    { kind: "place", text: "@@ -1,3 +1,4 @@" },
    { kind: "same", text: " {" },
    { kind: "removed", text: "---- x" },
    { kind: "added", text: '+  "env": {}' },
    { kind: "same", text: " }" },
  ]);
  expect(diffLines("@@ -0,0 +1 @@\n+a")).toHaveLength(2);
});

it("a command is not repeated beside the button that does the same", () => {
  expect(fixBeside({ fix: "understudyd connect codex" })).toBeNull();
  expect(fixBeside({ fix: "log in with an API key first" })).toBe("log in with an API key first");
  expect(fixBeside({ fix: null })).toBeNull();
});
