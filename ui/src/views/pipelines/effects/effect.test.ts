import { expect, it, test } from "vitest";

import type { EffectState } from "../../../generated/EffectState";
import type { EffectSummary } from "../../../generated/EffectSummary";
import { detailOf, effectDetail, effectsDetail } from "../place";
import { fieldsOf, inOrder, lookFor, markOf, offersOf, titleOf } from "./effect";

const effect = (state: EffectState, extra: Partial<EffectSummary> = {}): EffectSummary => ({
  id: "e17", name: "invoice", state, key: "Leads/order-17/invoice", receiver: "billing.example", honours_key: false, pipeline: "Leads", item: "order-17", after: null,
  at: "2026-11-30T20:00:00Z", attempts: 1, first_sent: null, next_attempt: null, why: null, size: 12, status: null, ended: null, settled: null, ...extra,
});
const decisions = (of: EffectSummary) => offersOf(of).map(({ decision }) => decision);

it("shows first what needs a decision, then what has a next attempt", () => {
  const states: EffectState[] = ["done", "waiting", "unknown", "dropped", "sending", "unsent"];
  expect(inOrder(states.map((state) => effect(state))).map(({ state }) => state)).toEqual(["unknown", "unsent", "waiting", "sending", "done", "dropped"]);
});

it("offers the decisions that the engine accepts in each state", () => {
  const sent = "2026-11-30T20:00:01Z";
  expect(decisions(effect("unknown", { first_sent: sent }))).toEqual(["arrived", "send_again", "drop"]);
  expect(decisions(effect("unsent"))).toEqual(["send_again", "arrived", "drop"]);
  expect(decisions(effect("waiting"))).toEqual(["drop"]);
  expect(decisions(effect("waiting", { first_sent: sent }))).toEqual([]);
  expect(decisions(effect("sending", { first_sent: sent }))).toEqual([]);
  expect(decisions(effect("done", { status: 201 }))).toEqual([]);
  expect(decisions(effect("done", { status: 500 }))).toEqual(["send_again"]);
  expect(decisions(effect("dropped"))).toEqual([]);
});

it("warns of a second run unless the request was never sent", () => {
  const again = (of: EffectSummary) => offersOf(of).find(({ decision }) => decision === "send_again")?.twice;
  expect(again(effect("unsent"))).toBeNull();
  expect(again(effect("unknown"))).toContain("runs twice, such as a second invoice");
  expect(again(effect("unknown"))).toContain("billing.example does not recognise repeated keys");
  expect(again(effect("unknown", { honours_key: true }))).toContain("If it has forgotten the key");
  expect(again(effect("done", { status: 500 }))).toContain("ended with an error");
  expect(offersOf(effect("unknown")).filter(({ decision }) => decision !== "send_again").every(({ twice }) => twice === null)).toBe(true);
});

it("names the receiver and what to look for there", () => {
  expect(lookFor(effect("unknown"))).toBe("Look at billing.example whether order-17 exists, then choose.");
  expect(lookFor({ ...effect("unknown"), item: null, receiver: null })).toBe("Look at its receiver whether Leads/order-17/invoice exists, then choose.");
  expect(titleOf(effect("unknown"))).toBe("invoice: order-17");
});

it("does not show a receiver's error as done", () => {
  expect(markOf(effect("done", { status: 200 }))).toEqual({ word: "Done", tone: "operational" });
  expect(markOf(effect("done", { status: 422 }))).toEqual({ word: "Status 422", tone: "degraded" });
  expect(markOf(effect("unknown")).word).toBe("Outcome unknown");
});

test.each([
  ['{"customer":"Miller Ltd","amount":400,"lines":[1]}', "customer: Miller Ltd\namount: 400\nlines: [1]"],
  ["{}", null],
  ["[1]", null],
  ["name=x", null],
])("the fields of %s", (body, text) => {
  expect(fieldsOf(body)).toBe(text);
});

it("has an address for the side effects and for each of them", () => {
  expect(detailOf(effectsDetail)).toEqual({ kind: "effects" });
  expect(detailOf(effectDetail("e17"))).toEqual({ kind: "effect", id: "e17" });
});
