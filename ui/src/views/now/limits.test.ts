import { expect, it } from "vitest";

import type { Provider } from "../../generated/Provider";
import { usedUp } from "./limits";

const RESET = "2026-06-21T16:40:00Z";
const provider = (id: string, models: [string, string | null][], mine = true) =>
  ({ id, product: id, mine, rehearsal: false, endpoints: [{ models: models.map(([model, limit_resets_at]) => ({ model, limit_resets_at })) }] }) as unknown as Provider;

it("lists a login's limit once, until it resets, and only for the owner's providers", () => {
  const providers = [
    provider("Claude", [["claude-opus-5-5", RESET], ["claude-sonnet-5-5", RESET], ["claude-haiku-5-5", null]]),
    provider("Other", [["other-large-1", RESET]], false),
  ];
  expect(usedUp(providers, Date.parse(RESET) - 1)).toEqual([{ product: "Claude", models: ["Claude Opus", "Claude Sonnet"], resetsAt: RESET }]);
  expect(usedUp(providers, Date.parse(RESET))).toEqual([]);
});
