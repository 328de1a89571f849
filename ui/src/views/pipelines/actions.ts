import type { ReviewState } from "../../generated/ReviewState";

export type Action = "run" | "done" | "dismiss" | "reopen" | "next";

/** What a person can do with an item; `main` is the next sensible step. `kept`: its request is stored; `more`: another one waits. */
export function actionsFor(state: ReviewState, kept: boolean, more: boolean): { main: Action | null; others: Action[] } {
  switch (state) {
    case "open":
      return kept ? { main: "run", others: ["done", "dismiss"] } : { main: "done", others: ["dismiss"] };
    case "answered":
    case "done":
    case "dismissed":
      return { main: more ? "next" : null, others: ["reopen"] };
  }
}
