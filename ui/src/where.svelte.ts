import { fragmentOf, readFragment, type DialogName, type View } from "./view";

/** What the window shows. */
class Where {
  view = $state<View>("now");
  detail = $state<string | null>(null);

  /** The dialog over the settings. */
  get dialog(): DialogName | null {
    return this.view === "settings" && (this.detail === "stop" || this.detail === "remove") ? this.detail : null;
  }

  /** Follows the address's fragment: back and forward work, and a link can name a view. */
  read(fragment: string) {
    const shown = readFragment(fragment);
    this.view = shown.view;
    this.detail = shown.detail;
  }

  /** `view` may be an old name: the shell and notifications of an earlier version use them. */
  go(view: string, detail: string | null = null) {
    const target = readFragment(view);
    const to = fragmentOf({ view: target.view, detail: detail ?? target.detail });
    if (location.hash !== to) history.pushState(null, "", to);
    this.read(to);
  }
}

export const where = new Where();
