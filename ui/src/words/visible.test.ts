import { expect, it } from "vitest";

import { visible } from "./visible";

it("leaves no character that a page executes", () => {
  for (let code = 0; code < 0x3000; code += 1) {
    const shown = visible(`a${String.fromCodePoint(code)}z`);
    // eslint-disable-next-line no-control-regex
    expect(shown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
  }
  expect(visible("a\u202eb\u{1b}[2J\n\tc")).toBe("a\\u{202e}b\\u{1b}[2J\n\tc");
});

it("leaves text of every script as it is", () => {
  for (const text of ["Übersicht", "לידים", "線索 👩‍💻"]) expect(visible(text)).toBe(text);
});
