import type { Exchange } from "../../generated/Exchange";

/** `newest` followed by the older exchanges of `known`; null if exchanges between the two were never loaded. */
export function joined(newest: Exchange[], known: Exchange[]): Exchange[] | null {
  if (known.length === 0) return null;
  const oldest = newest.at(-1)?.id;
  if (oldest === undefined) return null;
  if (!known.some((row) => row.id >= oldest)) return null;
  return [...newest, ...known.filter((row) => row.id < oldest)];
}
