/** "claude-opus-4-5-20251101" is "Claude Opus": the engine's rule, for ids that it sends without a name. An id of one word stays as it is. */
export function modelName(id: string): string {
  const bare = id.slice(id.lastIndexOf("/") + 1);
  const words = bare
    .split(/[-_:@]/)
    .filter((part) => /^\p{L}/u.test(part) && part !== "latest")
    .map(capital);
  return words.length < 2 ? bare : words.join(" ");
}

/** A word without a vowel is an abbreviation. */
function capital(word: string): string {
  return /[aeiouy]/.test(word) ? word.charAt(0).toUpperCase() + word.slice(1) : word.toUpperCase();
}
