import type { Snapshot } from "../../generated/Snapshot";
import { modelName } from "../../words/models";

/** A limit of the login that is used up, with the time of its reset. */
export type UsedUp = { product: string; models: string[]; resetsAt: string };

/** Limits that are used up at `now`: those of one provider with the same reset are one. */
export function usedUp(providers: Snapshot["providers"], now: number): UsedUp[] {
  const found = new Map<string, UsedUp>();
  for (const provider of providers.filter((one) => one.mine && !one.rehearsal)) {
    for (const { model, limit_resets_at: resetsAt } of provider.endpoints.flatMap((endpoint) => endpoint.models)) {
      if (resetsAt === null || Date.parse(resetsAt) <= now) continue;
      const key = `${provider.id} ${resetsAt}`;
      const limit = found.get(key) ?? { product: provider.product, models: [], resetsAt };
      limit.models = [...new Set([...limit.models, modelName(model)])];
      found.set(key, limit);
    }
  }
  return [...found.values()].sort((a, b) => Date.parse(a.resetsAt) - Date.parse(b.resetsAt));
}
