export const VIEWS = ["now", "incidents", "traffic", "review", "settings"] as const;
export type View = (typeof VIEWS)[number];

/** What is on show: a view, and within it one thing (an incident, an exchange, a page of the settings). */
class Where {
  view = $state<View>("now");
  detail = $state<string | null>(null);

  /** Follows the address's fragment, so that back and forward work and a link can name a view. */
  read(fragment: string) {
    const [view, detail] = fragment.replace(/^#/, "").split("/");
    this.view = VIEWS.find((known) => known === view) ?? "now";
    this.detail = detail ? decodeURIComponent(detail) : null;
  }

  go(view: string, detail: string | null = null) {
    const next = detail === null ? view : `${view}/${encodeURIComponent(detail)}`;
    if (location.hash !== `#${next}`) history.pushState(null, "", `#${next}`);
    this.read(next);
  }
}

export const where = new Where();
