import type { Route } from "../../generated/Route";

/** Routes of one dialect that say the same about several patterns of models, as one. */
export type Grouped = { names: string[]; models: string | null; route: Route };

/** Whatever no provider's list of models names. */
export const isCatchAll = (route: Route): boolean => route.name === "*";

/**
 * Routes that nobody wrote are named after their pattern, and an endpoint has one for each pattern and dialect: those with the
 * same order of candidates, for the same reasons, are shown together.
 */
export function grouped(routes: readonly Route[]): Grouped[] {
  const groups = new Map<string, Grouped>();
  routes.forEach((route, at) => {
    const written = route.name !== route.models;
    const { dialect, candidates, active, stand_in } = route;
    const same = JSON.stringify(written ? at : [dialect, candidates, active, stand_in]);
    const group = groups.get(same);
    if (group) group.names.push(route.name);
    else groups.set(same, { names: [route.name], models: written ? route.models : null, route });
  });
  return [...groups.values()];
}
