import { expect, it, test } from "vitest";

import { tokens } from "./toml";

const kinds = (line: string) => tokens(line).filter((one) => one.kind !== "plain").map(({ kind, text }) => [kind, text]);

test.each([
  ["", []],
  ["# a = 1", [["comment", "# a = 1"]]],
  ["[[route]] # mine", [["table", "[[route]]"], ["comment", "# mine"]]],
  ["[fallback]", [["table", "[fallback]"]]],
  ["probes_a_day = 0.05        # dollars", [["key", "probes_a_day"], ["value", "0.05"], ["comment", "# dollars"]]],
  ['name = "a # b"', [["key", "name"], ["string", '"a # b"']]],
  ['candidates = ["anthropic", { endpoint = "litellm" }]', [["key", "candidates"], ["string", '"anthropic"'], ["key", "endpoint"], ["string", '"litellm"']]],
  ["pages = false", [["key", "pages"], ["value", "false"]]],
  ['half = "open', [["key", "half"], ["string", '"open']]],
])("%s", (line, wanted) => expect(kinds(line)).toEqual(wanted));

it("loses no character", () => {
  for (const line of ["  a.b = [1, 2,", "\t]]", "= = ==", "'x' \"y", "ä = 'ö' # ü", "[1, 2], # two"]) {
    expect(tokens(line).map((one) => one.text).join("")).toBe(line);
  }
});
