import { expect, it } from "vitest";

import type { PipelineMark } from "../../generated/PipelineMark";
import type { ReviewSummary } from "../../generated/ReviewSummary";
import { shown, waitingOf } from "./pipelines";

const view = (name: string, mark: PipelineMark) => ({ name, mark, order: null, no_fallback: null, customer: null, state: null });

it("shows the pipelines that need the owner first", () => {
  const names = shown([view("d", "watched"), view("b", "fine"), view("a", "fine"), view("c", "stopped"), view("e", "carried")]).pipelines.map(({ name }) => name);
  expect(names).toEqual(["c", "e", "a", "b", "d"]);
});

it("counts those that do not fit", () => {
  expect(shown(Array.from({ length: 11 }, (_, at) => view(String(at), "fine"))).more).toBe(3);
});

it("counts only items that wait", () => {
  const item = (pipeline: string | null, state: string) => ({ pipeline, state }) as ReviewSummary;
  expect([...waitingOf([item("a", "open"), item("a", "done"), item("a", "open"), item(null, "open")])]).toEqual([["a", 2]]);
});
