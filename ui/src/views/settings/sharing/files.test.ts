import { describe, expect, it } from "vitest";

import { changedFiles, exportName } from "./files";

const SETTINGS = "--- settings.toml (now)\n+++ settings.toml (after the import)\n@@ -1,2 +1,2 @@\n [watch]\n-probe_every_s = 300\n+probe_every_s = 60\n";
const ACME = "--- providers/acme.toml (now)\n+++ providers/acme.toml (after the import)\n@@ -0,0 +1 @@\n+# ours\n";

describe("the diff of an import", () => {
  it("is divided by file", () => {
    expect(changedFiles(SETTINGS + ACME)).toEqual([
      { path: "settings.toml", new: false, diff: SETTINGS },
      { path: "providers/acme.toml", new: true, diff: ACME },
    ]);
  });

  it("is empty without a change", () => {
    expect(changedFiles("")).toEqual([]);
  });

  it("keeps removed lines that look like a header", () => {
    const diff = `${SETTINGS}--- a comment\n+# x\n`;
    expect(changedFiles(diff)).toHaveLength(1);
  });
});

it("names the exported file by its day", () => {
  expect(exportName(new Date(2026, 0, 5))).toBe("understudy-2026-01-05.jsonl");
});
