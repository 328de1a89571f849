/** "Run `understudyd doctor`." in pieces: every second one was between backticks. An unpaired backtick is text. */
export function pieces(text: string): string[] {
  const all = text.split("`");
  if (all.length % 2 === 1) return all;
  const last = all.splice(-2);
  return [...all, last.join("`")];
}
