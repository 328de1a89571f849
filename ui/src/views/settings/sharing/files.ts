import type { FileDiff } from "../../../generated/FileDiff";

/** The diffs of an import by file. Each begins with the two lines `--- NAME (now)` and `+++ NAME (after the import)`. */
export function changedFiles(diff: string): FileDiff[] {
  const parts = diff.split(/^(?=--- .* \(now\)\n\+\+\+ )/m).filter((part) => part.trim() !== "");
  return parts.map((part) => {
    const path = /^--- (.*) \(now\)/.exec(part)?.[1] ?? "";
    return { path, new: /^@@ -0,0 /m.test(part), diff: part };
  });
}

/** "understudy-2026-11-30.jsonl", by the viewer's date. */
export function exportName(now: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `understudy-${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}.jsonl`;
}
