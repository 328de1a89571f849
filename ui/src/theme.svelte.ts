export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "understudy.theme";

export const theme = $state<{ chosen: Theme }>({ chosen: remembered() });

/** The style sheet follows the system unless the root element names a theme. */
export function applyTheme(chosen: Theme) {
  theme.chosen = chosen;
  if (chosen === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Storage is switched off: the choice is lost with the page.
  }
}

function remembered(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return THEMES.find((known) => known === stored) ?? "system";
  } catch {
    return "system";
  }
}
