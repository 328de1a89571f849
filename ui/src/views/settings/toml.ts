export type Token = { kind: "comment" | "table" | "key" | "string" | "value" | "plain"; text: string };

const PATTERNS: [Token["kind"], RegExp][] = [
  ["comment", /#.*/y],
  ["string", /"(?:[^"\\]|\\.)*"?|'[^']*'?/y],
  ["key", /[\w-]+(?:\s*\.\s*[\w-]+)*(?=\s*=)/y],
  ["value", /(?:true|false|[+-]?\d[\w.:+-]*)(?!\w)/y],
  ["plain", /[\w-]+|\s+|./y],
];

/** The parts of one line of TOML, for colours. Together they are the line. */
export function tokens(line: string): Token[] {
  const table = /^(\s*\[[^\]"']*\]\]?)(.*)$/.exec(line);
  if (table && !/^\s*,/.test(table[2] ?? "")) return [{ kind: "table", text: table[1] ?? "" }, ...tokens(table[2] ?? "")];
  const found: Token[] = [];
  let at = 0;
  while (at < line.length) {
    const token = next(line, at);
    const last = found.at(-1);
    if (last && last.kind === "plain" && token.kind === "plain") last.text += token.text;
    else found.push(token);
    at += token.text.length;
  }
  return found;
}

function next(line: string, at: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match && match[0] !== "") return { kind, text: match[0] };
  }
  return { kind: "plain", text: line.slice(at) };
}
