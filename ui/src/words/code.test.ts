import { expect, test } from "vitest";

import { pieces } from "./code";

test.each([
  ["Run `understudyd doctor` now.", ["Run ", "understudyd doctor", " now."]],
  ["plain", ["plain"]],
  ["`a` and `b`", ["", "a", " and ", "b", ""]],
  ["it`s", ["it`s"]],
  ["`a` it`s", ["", "a", " it`s"]],
])("%s", (text, parts) => expect(pieces(text)).toEqual(parts));
