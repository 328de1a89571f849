/** The five sections of the window, in the order of the sidebar. */
export const VIEWS = ["now", "incidents", "pipelines", "requests", "settings"] as const;
export type View = (typeof VIEWS)[number];

/** The view in the window, and its open detail: an incident, a request, a waiting item, or a page of the settings. */
export type Shown = { view: View; detail: string | null };

/** The detail of Now that opens the first questions again. */
export const SET_UP = "setup";

export const NAMES: Record<View, string> = {
  now: "Now",
  incidents: "Incidents",
  pipelines: "Pipelines",
  requests: "Requests",
  settings: "Settings",
};

/** Dialogs over the settings that the tray's menu or a link opens: "stop", "remove". */
export type DialogName = "stop" | "remove";
const OPENED: Record<string, DialogName> = { stop: "stop" };

/** Names of earlier versions: they are in notifications, responses to clients and bookmarks. */
const RENAMED: Record<string, View> = { traffic: "requests", review: "pipelines" };

/** Reads "review/0a1b" or "#review/0a1b"; an unknown name is Now. */
export function readFragment(fragment: string): Shown {
  const [name = "", detail] = fragment.replace(/^#/, "").split("/");
  const opened = OPENED[name];
  if (opened !== undefined) return { view: "settings", detail: opened };
  const view = VIEWS.find((known) => known === name) ?? RENAMED[name];
  return view === undefined ? { view: "now", detail: null } : { view, detail: decoded(detail) };
}

export function fragmentOf({ view, detail }: Shown): string {
  return detail === null ? `#${view}` : `#${view}/${encodeURIComponent(detail)}`;
}

/** A "%" that is no escape stays as it is. */
function decoded(detail: string | undefined): string | null {
  if (!detail) return null;
  try {
    return decodeURIComponent(detail);
  } catch {
    return detail;
  }
}
