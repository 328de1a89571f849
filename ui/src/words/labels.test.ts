import { expect, test } from "vitest";

import { OUTCOME_TONE, resultOf } from "./labels";

test.each([
  ["callers_fault", 400, "Bad request"],
  ["callers_fault", 401, "Key refused"],
  ["callers_fault", 403, "Key refused"],
  ["turned_away", 403, "Rejected"],
  ["complete", 200, "Complete"],
  ["client_left", null, "Client disconnected"],
] as const)("%s with status %s reads %s", (end, status, word) => expect(resultOf({ end, status }).word).toBe(word));

test.each([
  ["complete", "operational"],
  ["continues", "operational"],
  ["token limit", "degraded"],
  ["declined", "neutral"],
  ["request at fault", "neutral"],
  ["failed", "major_outage"],
] as const)("an attempt that ends with %s is %s", (outcome, tone) => expect(OUTCOME_TONE[outcome]).toBe(tone));
