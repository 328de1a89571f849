/** Unsaved text, kept while the window shows another view. */
export const draft = $state<{ text: string | null }>({ text: null });

/** "line 12: unknown key" → 12 */
export function lineOf(error: string): number | null {
  const found = /\bline (\d+)\b/.exec(error);
  return found ? Number(found[1]) : null;
}
