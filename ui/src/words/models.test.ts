import { expect, test } from "vitest";

import { modelName } from "./models";

test.each([
  ["claude-opus-4-5-20251101", "Claude Opus"],
  ["gpt-6.1-sol", "GPT Sol"],
  ["gpt-5.5", "gpt-5.5"],
  ["anthropic/claude-opus-5", "Claude Opus"],
  ["qwen3:32b", "qwen3:32b"],
  ["claude-3-5-sonnet-latest", "Claude Sonnet"],
])("%s is called %s", (id, name) => expect(modelName(id)).toBe(name));
