import type { Fallback } from "../../../generated/Fallback";
import type { Route } from "../../../generated/Route";

/** Routes of one dialect with the same candidates for several patterns of models, as one. */
export type Grouped = { names: string[]; models: string | null; route: Route; fallbacks: Fallback[] };

/** A fallback has one test, whatever the route. */
export const key = (fallback: Fallback): string => JSON.stringify([fallback.endpoint, fallback.model]);

/** For models that no provider lists. */
export const isCatchAll = (route: Route): boolean => route.name === "*";

/**
 * A built-in route is named after its pattern, and an endpoint has one for each pattern and dialect: those with the same
 * candidates, for the same reasons, are shown together.
 */
export function grouped(routes: readonly Route[]): Grouped[] {
  const groups = new Map<string, Grouped>();
  routes.forEach((route, at) => {
    const written = route.name !== route.models;
    const { dialect, candidates, active, stand_in } = route;
    const same = JSON.stringify(written ? at : [dialect, candidates, active, stand_in]);
    const group = groups.get(same);
    if (!group) {
      groups.set(same, { names: [route.name], models: written ? route.models : null, route, fallbacks: [...route.fallbacks] });
      return;
    }
    group.names.push(route.name);
    const known = new Set(group.fallbacks.map(key));
    group.fallbacks.push(...route.fallbacks.filter((fallback) => !known.has(key(fallback))));
  });
  return [...groups.values()];
}
