import { expect, it } from "vitest";

import { ribbonSlots, ribbonSummary, runsOf, stateOfCalls, stateOfPage } from "./ribbon";

const calls = (slot: number, answered: number, failed: number, limits = 0, local = 0) => ({ slot, answered, failed, limits, local });

it("shows no call, and a fault of this computer, as unknown", () => {
  expect(stateOfCalls(undefined)).toBe("unknown");
  expect(stateOfCalls(calls(0, 0, 0, 0, 3))).toBe("unknown");
  expect(stateOfCalls(calls(0, 4, 0))).toBe("operational");
  expect(stateOfCalls(calls(0, 4, 1))).toBe("degraded");
  expect(stateOfCalls(calls(0, 0, 2, 1))).toBe("outage");
  expect(stateOfCalls(calls(0, 0, 0, 2))).toBe("limit");
});

it("reads the watched surfaces of a page", () => {
  const page = [{ surface: "api", slot: 0, level: "operational" as const }, { surface: "web", slot: 0, level: "major_outage" as const }];
  expect(stateOfPage(page, new Set(["api"]))).toBe("operational");
  expect(stateOfPage(page, new Set(["api", "web"]))).toBe("outage");
  expect(stateOfPage([{ surface: "", slot: 0, level: "unknown" }], new Set(["api"]))).toBe("unknown");
});

it("has a state for each lane and slot, and sums them", () => {
  const bounds = Array.from({ length: 7 }, (_, at) => new Date(at * 900_000).toISOString());
  const slots = ribbonSlots({ bounds, page: [{ surface: "api", slot: 1, level: "partial_outage" }], probes: [], traffic: [0, 1, 2, 3, 4].map((slot) => calls(slot, 1, 0)) }, new Set(["api"]));
  expect(slots.map((slot) => slot.page)).toEqual(["unknown", "outage", "unknown", "unknown", "unknown", "unknown"]);
  expect(slots[5]?.traffic).toBe("unknown");
  expect(ribbonSummary(slots)).toBe("Status page: outage 15 min; Probes: no data; Requests: operational 1 h 15 min. The rest is unknown.");
});

it("joins neighbours with the same state", () => {
  expect(runsOf(["a", "a", "b", "a"])).toEqual([{ from: 0, to: 2, state: "a" }, { from: 2, to: 3, state: "b" }, { from: 3, to: 4, state: "a" }]);
  expect(runsOf([])).toEqual([]);
});
