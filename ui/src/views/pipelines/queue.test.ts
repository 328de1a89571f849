import { expect, it, test } from "vitest";

import type { ReviewState } from "../../generated/ReviewState";
import type { ReviewSummary } from "../../generated/ReviewSummary";
import { actionsFor } from "./actions";
import { detailOf, newDetail, pipelineDetail } from "./place";
import { chosenOf, flowsOf, nextWaiting, ofFlow } from "./queue";

const item = (id: string, pipeline: string | null, state: ReviewState = "open") => ({ id, pipeline, state }) as ReviewSummary;
const items = [item("d", "Leads"), item("c", null), item("b", "Leads", "dismissed"), item("a", "Invoices")];
const calm = { customer: null, state: null, mark: "fine" } as const;
const leads = { name: "Leads", order: "Claude, then OpenAI", no_fallback: null, ...calm };
const quotes = { name: "Quotes", order: null, no_fallback: "no fallback: items will wait", ...calm };

it("counts the waiting items of each pipeline, also of pipelines that occur only in items", () => {
  expect(flowsOf([leads, quotes], items, true).map(({ name, waiting, noFallback }) => [name, waiting, noFallback])).toEqual([
    ["Leads", 1, null],
    ["Quotes", 0, "no fallback: items will wait"],
    ["Invoices", 1, null],
    [null, 1, null],
  ]);
});

it("shows no number while some items are not read", () => {
  expect(flowsOf([leads], items, false)[0]?.waiting).toBeNull();
});

it("opens only pipelines that are in the settings", () => {
  expect(flowsOf([leads, quotes], items, true, ["Leads"]).map(({ added }) => added)).toEqual([true, false, false, false]);
});

it("keeps the chosen items that still wait", () => {
  expect(chosenOf(items, ["d", "b", "x"]).map(({ id }) => id)).toEqual(["d"]);
});

test.each([
  [null, { kind: "none" }],
  [pipelineDetail("a: b/c"), { kind: "form", name: "a: b/c", suggested: "" }],
  [newDetail(), { kind: "form", name: null, suggested: "" }],
  [newDetail("leeds"), { kind: "form", name: null, suggested: "leeds" }],
  ["0a1b2c3d4e5f6071", { kind: "request", id: "0a1b2c3d4e5f6071" }],
])("%s is a detail", (detail, shown) => {
  expect(detailOf(detail)).toEqual(shown);
});

it("filters by pipeline", () => {
  const ids = (chosen: string | null | undefined) => ofFlow(items, chosen).map((one) => one.id);
  expect(ids(undefined)).toEqual(["d", "c", "b", "a"]);
  expect(ids("Leads")).toEqual(["d", "b"]);
  expect(ids(null)).toEqual(["c"]);
});

it("finds the next waiting item, and from the last to the first", () => {
  expect(nextWaiting(items, "c")).toBe("a");
  expect(nextWaiting(items, "a")).toBe("d");
  expect(nextWaiting([item("a", null)], "a")).toBeNull();
});

test.each([
  ["open", true, true, "run", ["done", "dismiss"]],
  ["open", false, true, "done", ["dismiss"]],
  ["dismissed", true, true, "next", ["reopen"]],
  ["dismissed", true, false, null, ["reopen"]],
  ["answered", true, true, "next", ["reopen"]],
] as const)("%s, stored %s, more %s", (state, kept, more, main, others) => {
  expect(actionsFor(state, kept, more)).toEqual({ main, others });
});
