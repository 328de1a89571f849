import { expect, test } from "vitest";

import type { Dialect } from "../../../generated/Dialect";
import type { Fallback } from "../../../generated/Fallback";
import type { Route } from "../../../generated/Route";
import { grouped } from "./grouped";

const route = (name: string, models: string, endpoint: string, dialect: Dialect = "openai-responses"): Route => ({
  name,
  dialect,
  models,
  candidates: [{ endpoint, model: null, usable: true, reason: "the primary, with your key" }],
  active: null,
  active_spans: [],
  stand_in: { state: "ready" },
  fallbacks: [],
});

test("patterns with the same candidates are one line, in one dialect", () => {
  const shown = grouped([
    route("gpt-*", "gpt-*", "lead"),
    route("o3*", "o3*", "lead"),
    route("o3*", "o3*", "lead", "openai-chat"),
    route("own-*", "own-*", "second"),
  ]);
  expect(shown.map((group) => [group.names, group.route.dialect])).toEqual([
    [["gpt-*", "o3*"], "openai-responses"],
    [["o3*"], "openai-chat"],
    [["own-*"], "openai-responses"],
  ]);
});

test("a route of the settings file is never grouped", () => {
  const shown = grouped([route("leads", "gpt-*", "lead"), route("leads", "gpt-*", "lead"), route("gpt-*", "gpt-*", "lead")]);
  expect(shown.map((group) => [group.names, group.models])).toEqual([
    [["leads"], "gpt-*"],
    [["leads"], "gpt-*"],
    [["gpt-*"], null],
  ]);
});

const fallback = (endpoint: string, model: string): Fallback => ({
  route: "gpt-*",
  dialect: "openai-responses",
  asked_model: "gpt-1",
  endpoint,
  model,
  name: model,
  said: "never tested",
  spans: [],
  cost: { needs_yes: true, likely: 2_000, most: 20_000, method: "about $0.002" },
  untestable: null,
  last: null,
});

test("fallbacks of routes that are one line are listed once", () => {
  const first = { ...route("gpt-*", "gpt-*", "lead"), fallbacks: [fallback("second", "a")] };
  const other = { ...route("o3*", "o3*", "lead"), fallbacks: [fallback("second", "a"), fallback("second", "b")] };
  const shown = grouped([first, other]);
  expect(shown.map((group) => group.fallbacks.map((one) => one.model))).toEqual([["a", "b"]]);
  expect(first.fallbacks).toHaveLength(1);
});
