import { describe, expect, it } from "vitest";

import { entryOf, withEntry } from "./entry";

const FILE = `[budget]
when = "never"

[notifications]
# when = "outages"  # the default
desktop = false # on this computer
quiet = "22:00-07:00"

[history]
when = "x"
`;

describe("entryOf", () => {
  it.each([
    ["desktop", "false"],
    ["quiet", "22:00-07:00"],
    ["when", null],
  ])("reads %s in its table only", (key, value) => expect(entryOf(FILE, "notifications", key)).toBe(value));
  it("returns null for a missing table", () => expect(entryOf("", "notifications", "when")).toBeNull());
});

describe("withEntry", () => {
  it("replaces a value and keeps its comment", () => {
    expect(withEntry(FILE, "notifications", "desktop", "true")).toBe(FILE.replace("desktop = false #", "desktop = true #"));
    expect(withEntry(FILE, "notifications", "quiet", '""')).toBe(FILE.replace('"22:00-07:00"', '""'));
  });
  it("adds a key that is only in a comment", () => {
    const next = withEntry(FILE, "notifications", "when", '"act"');
    expect(next).toBe(FILE.replace("[notifications]\n", '[notifications]\nwhen = "act"\n'));
    expect(entryOf(next, "notifications", "when")).toBe("act");
  });
  it("adds a missing table", () => {
    expect(withEntry("[budget]\n", "notifications", "when", '"act"')).toBe('[budget]\n\n[notifications]\nwhen = "act"\n');
  });
});
