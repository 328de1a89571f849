import { expect, test } from "vitest";

import type { Drill } from "../../generated/Drill";
import type { DrillOffer } from "../../generated/DrillOffer";
import { costOf, fixLink, isRecent, needsYes, resultOf, secondsLeft } from "./drill";

const BEGAN = "2026-11-30T16:00:00Z";
const NOW = Date.parse(BEGAN);

const drill = (changes: Partial<Drill> = {}): Drill => ({
  running: true, began: BEGAN, ended: null, until: "2026-11-30T16:01:00Z", route: "anthropic/claude-opus-5-5", rehearsal: false, live: false, steps: [], report: null,
  ...changes,
});

const report = (passed: boolean) => ({ message: "", passed, client_saw: [], cost: 0, today: [], fix: null });

test.each([
  [null, "unknown", "Running"],
  [report(true), "operational", "Passed"],
  [report(false), "degraded", "Not passed"],
] as const)("a drill with the report %o is %s", (of, tone, word) => expect(resultOf(drill({ report: of as Drill["report"] }))).toEqual({ tone, word }));

test("a report is open for ten minutes", () => {
  const ended = drill({ running: false, ended: BEGAN });
  expect([0, 9, 11].map((minutes) => isRecent(ended, NOW + minutes * 60_000))).toEqual([true, true, false]);
  expect(isRecent(drill(), NOW + 3_600_000)).toBe(true);
});

test("the seconds of a live drill end at zero", () => {
  expect([0, 30_500, 60_000, 90_000].map((ms) => secondsLeft(drill(), NOW + ms))).toEqual([60, 30, 0, 0]);
});

test.each([
  ["Add a fallback: Settings → Keys", "Add a fallback", "#settings/keys"],
  ["Allow a fallback: Settings → General", "Allow a fallback", "#settings/general"],
])("%s is a link", (fix, label, href) => expect(fixLink(fix)).toEqual({ label, href }));

test.each([
  [null, "Cost: not known."],
  [0, "Cost: nothing."],
  [400, "Cost: under $0.001."],
  [2_100, "Cost: $0.002."],
  [31_000, "Cost: $0.03."],
])("%s micro-dollars are shown as %s", (micro, text) => expect(costOf(micro)).toBe(text));

test("a cost and live requests need the owner's yes", () => {
  const offer = (needs_yes: boolean) => ({ cost: { needs_yes } }) as DrillOffer;
  const asked = [false, true].map((live) => [false, true].map((costs) => needsYes(offer(costs), live)));
  expect(asked).toEqual([[false, true], [true, true]]);
});
