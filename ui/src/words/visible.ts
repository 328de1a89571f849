/** Text of a client or a provider as it can be drawn: control characters and marks of direction as `\\u{202e}`. Line breaks and tabs stay. */
export function visible(text: string): string {
  return Array.from(text, (sign) => (isHidden(sign.codePointAt(0) ?? 0) ? `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}` : sign)).join("");
}

/** As `must_escape` in the crate `api`. */
function isHidden(code: number): boolean {
  if (code === 0x09 || code === 0x0a) return false;
  const ranges = [[0x00, 0x1f], [0x7f, 0x9f], [0x61c, 0x61c], [0x200e, 0x200f], [0x2028, 0x202e], [0x2066, 0x2069]] as const;
  return ranges.some(([first, last]) => code >= first && code <= last);
}
