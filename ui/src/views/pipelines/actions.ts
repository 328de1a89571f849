import type { ReviewState } from "../../generated/ReviewState";

export type Action = "run" | "done" | "dismiss" | "reopen" | "next";

/** The possible actions on an item; `main` is the usual next one. `kept`: its request is stored; `more`: another item waits. */
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
