import { describe, expect, it } from "vitest";

import { fragmentOf, readFragment } from "./view";

describe("readFragment", () => {
  it.each([
    ["", "now", null],
    ["#now", "now", null],
    ["incidents/41", "incidents", "41"],
    ["#pipelines", "pipelines", null],
    ["#requests/7", "requests", "7"],
    ["settings/file", "settings", "file"],
    ["#nowhere/7", "now", null],
    ["#settings/50%", "settings", "50%"],
    ["#requests/", "requests", null],
    ["stop", "settings", "stop"],
  ])("%s", (fragment, view, detail) => expect(readFragment(fragment)).toEqual({ view, detail }));

  it("maps old view names to the new views", () => {
    expect(readFragment("review")).toEqual({ view: "pipelines", detail: null });
    expect(readFragment("#review/0a1b")).toEqual({ view: "pipelines", detail: "0a1b" });
    expect(readFragment("#traffic/12")).toEqual({ view: "requests", detail: "12" });
  });

  it("reads back what fragmentOf wrote", () => {
    for (const detail of [null, "41", "a b", "50%", "ä"]) {
      expect(readFragment(fragmentOf({ view: "requests", detail }))).toEqual({ view: "requests", detail });
    }
  });
});
