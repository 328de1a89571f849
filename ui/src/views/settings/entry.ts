/** The text of `key` in `[table]` of a TOML file, without quotes; null: the file leaves it at its default. */
export function entryOf(text: string, table: string, key: string): string | null {
  const lines = text.split("\n");
  const at = find(lines, table, key);
  if (at === null || at.line === null) return null;
  const value = (lines[at.line] ?? "").replace(/^[^=]*=\s*/, "");
  const quoted = /^"([^"]*)"/.exec(value);
  return quoted ? (quoted[1] ?? "") : value.replace(/\s*#.*$/, "").trim();
}

/** The same file with `key = value` in `[table]`. Comments and all other lines stay. */
export function withEntry(text: string, table: string, key: string, value: string): string {
  const lines = text.split("\n");
  const at = find(lines, table, key);
  if (at === null) return `${text.replace(/\n*$/, "\n")}\n[${table}]\n${key} = ${value}\n`;
  if (at.line === null) lines.splice(at.header + 1, 0, `${key} = ${value}`);
  else {
    const line = lines[at.line] ?? "";
    const comment = /^[^=]*=\s*(?:"[^"]*"|[^#"]*)(\s#.*)?$/.exec(line)?.[1] ?? "";
    lines[at.line] = `${key} = ${value}${comment}`;
  }
  return lines.join("\n");
}

function find(lines: string[], table: string, key: string): { header: number; line: number | null } | null {
  const header = lines.findIndex((line) => line.replace(/#.*$/, "").trim() === `[${table}]`);
  if (header === -1) return null;
  for (let at = header + 1; at < lines.length && !/^\s*\[/.test(lines[at] ?? ""); at += 1) {
    if (/^\s*([\w-]+)\s*=/.exec(lines[at] ?? "")?.[1] === key) return { header, line: at };
  }
  return { header, line: null };
}
