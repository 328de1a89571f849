import { describe, expect, it } from "vitest";

import type { Level } from "../generated/Level";
import type { Snapshot } from "../generated/Snapshot";
import { iconOf, providerTone, stateOf, titleOf, type StateIcon } from "./state";

type Wanted = { icon?: StateIcon; level?: Level; sentence?: string; paused?: boolean; draining?: boolean; rehearsal?: boolean };

const snapshot = ({ icon = "operational", level = "operational", sentence = "Claude is operational.", ...rest }: Wanted = {}) =>
  ({
    tray: { icon, rehearsal: rest.rehearsal ?? false, tooltip: "", menu: [] },
    headline: { level, sentence, consequence: null },
    engine: { paused: rest.paused ?? false, draining: rest.draining ?? false },
  }) as unknown as Snapshot;

const down: Wanted = { icon: "outage", level: "major_outage", sentence: "Claude is down: it is them, not you (since 20:04)." };

describe("titleOf", () => {
  it.each([
    [down, "✕ Claude is down - Understudy"],
    [{}, "● Claude is operational - Understudy"],
    [{ icon: "degraded", level: "degraded", sentence: "Claude is partly down (since 20:04)." }, "▲ Claude is partly down - Understudy"],
    [{ icon: "unknown", level: "unknown", sentence: "You're offline. We can't tell how the providers are doing." }, "○ You're offline - Understudy"],
    [{ sentence: "Claude and Z.ai are operational." }, "● Claude and Z.ai are operational - Understudy"],
    [{ ...down, icon: "carried" }, "↷ Claude is down - Understudy"],
    [{ ...down, icon: "paused", paused: true }, "‖ Paused - Understudy"],
    [{ ...down, icon: "paused", draining: true }, "‖ Stopping - Understudy"],
    [{ icon: "outage", rehearsal: true }, "✕ Simulated outage - Understudy"],
  ] satisfies [Wanted, string][])("%j reads %s", (wanted, title) => expect(titleOf(snapshot(wanted), "live")).toBe(title));

  it("is not green while there is no connection", () => {
    expect(titleOf(null, "connecting")).toBe("○ No connection - Understudy");
    expect(titleOf(snapshot(), "lost")).toBe("○ No connection - Understudy");
    expect(iconOf(snapshot(), "lost")).toBe("unknown");
    expect(iconOf(snapshot(down), "live")).toBe("outage");
  });
});

describe("stateOf", () => {
  it("is the tray's state: a simulated outage is red and a pause is not green", () => {
    expect(stateOf(snapshot({ icon: "outage", rehearsal: true }))).toEqual({ icon: "outage", tone: "major_outage", word: "Simulated outage" });
    expect(stateOf(snapshot({ icon: "operational", rehearsal: true })).word).toBe("Rehearsal");
    expect(stateOf(snapshot({ icon: "paused", paused: true }))).toEqual({ icon: "paused", tone: "paused", word: "Paused" });
    expect(stateOf(snapshot({ ...down, level: "partial_outage" })).tone).toBe("partial_outage");
  });

  it("has a separate mark for a provider that is down while a fallback answers", () => {
    expect(stateOf(snapshot({ ...down, icon: "carried" })).tone).toBe("carried");
    expect(providerTone("major_outage", "carried")).toBe("carried");
    expect(providerTone("operational", "carried")).toBe("operational");
    expect(providerTone("major_outage", "outage")).toBe("major_outage");
  });
});
