import { describe, expect, it } from "vitest";

import { lineOf } from "./draft.svelte";

describe("lineOf", () => {
  it.each([
    ["line 12: unknown key", 12],
    ["settings.toml, line 3, column 9: expected a string", 3],
    ["the route names no endpoint", null],
    ["outline 4", null],
  ])("%s", (error, line) => expect(lineOf(error)).toBe(line));
});
