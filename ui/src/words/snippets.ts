const BODY = {
  model: "rehearsal/steady",
  max_tokens: 200,
  messages: [{ role: "user", content: "Are you there?" }],
};

/** A line to paste into a terminal. */
export function firstTry(baseUrl: string): string {
  return `curl ${baseUrl}/v1/messages -H 'content-type: application/json' -d '${JSON.stringify(BODY)}'`;
}
