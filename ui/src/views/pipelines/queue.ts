import type { PipelineMark } from "../../generated/PipelineMark";
import type { PipelineView } from "../../generated/PipelineView";
import type { ReviewSummary } from "../../generated/ReviewSummary";

/** A pipeline with its waiting items. `name` null: requests without a pipeline. `waiting` null: not all items are read. `added`: it is in the settings. */
export type Flow = {
  name: string | null;
  order: string | null;
  noFallback: string | null;
  customer: string | null;
  state: string | null;
  mark: PipelineMark;
  waiting: number | null;
  added: boolean;
};

/** Undefined: items of all pipelines. */
export type Chosen = string | null | undefined;

/** The pipelines of the snapshot, and further ones that occur only in items. `added`: names in the settings. */
export function flowsOf(pipelines: readonly PipelineView[], items: readonly ReviewSummary[], complete: boolean, added: readonly string[] = []): Flow[] {
  const open = items.filter((item) => item.state === "open");
  const waiting = (name: string | null) => (complete ? open.filter((item) => item.pipeline === name).length : null);
  const known = pipelines.map(({ name, order, no_fallback, customer, state, mark }) => ({
    name, order, noFallback: no_fallback, customer, state, mark, waiting: waiting(name), added: added.includes(name),
  }));
  const others = [...new Set(items.map((item) => item.pipeline))]
    .filter((name) => !pipelines.some((pipeline) => pipeline.name === name))
    .sort((a, b) => Number(a === null) - Number(b === null) || (a ?? "").localeCompare(b ?? ""));
  return [...known, ...others.map((name) => ({
    name, order: null, noFallback: null, customer: null, state: null, mark: "fine" as const, waiting: waiting(name), added: false,
  }))];
}

export function ofFlow(items: readonly ReviewSummary[], chosen: Chosen): ReviewSummary[] {
  return items.filter((item) => chosen === undefined || item.pipeline === chosen);
}

/** The waiting item after this one in the list, or else the first. */
export function nextWaiting(items: readonly ReviewSummary[], id: string): string | null {
  const at = items.findIndex((item) => item.id === id);
  const waits = (item: ReviewSummary) => item.state === "open" && item.id !== id;
  return (items.slice(at + 1).find(waits) ?? items.find(waits))?.id ?? null;
}

/** The chosen items that are still in the list and wait. */
export function chosenOf(items: readonly ReviewSummary[], ids: readonly string[]): ReviewSummary[] {
  return items.filter((item) => item.state === "open" && ids.includes(item.id));
}
