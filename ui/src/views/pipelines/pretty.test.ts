import { expect, test } from "vitest";

import { pretty } from "./pretty";

test("JSON is indented and any other text is unchanged", () => {
  expect(pretty('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(pretty("event: ping\ndata: {}\n\n")).toBe("event: ping\ndata: {}\n\n");
  expect(pretty("")).toBe("");
});
