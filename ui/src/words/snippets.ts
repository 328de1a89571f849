/** Lines to paste into a terminal or a client's settings. The last segment of `baseUrl` is the client token. */

const BODY = {
  model: "rehearsal/steady",
  max_tokens: 200,
  messages: [{ role: "user", content: "Are you there?" }],
};

export function firstTry(baseUrl: string): string {
  return `curl ${baseUrl}/v1/messages -H 'content-type: application/json' -d '${JSON.stringify(BODY)}'`;
}

export function claudeCode(baseUrl: string): string {
  return `export ANTHROPIC_BASE_URL=${baseUrl}`;
}

export function claudeCodeWithoutLogin(baseUrl: string): string {
  return `${claudeCode(baseUrl)}\nexport ANTHROPIC_AUTH_TOKEN=${tokenOf(baseUrl)}`;
}

export function codex(baseUrl: string): string {
  return [
    `model_provider = "understudy"`,
    ``,
    `[model_providers.understudy]`,
    `name = "Understudy"`,
    `base_url = "${baseUrl}/v1"`,
    `env_key = "OPENAI_API_KEY"`,
    `wire_api = "responses"`,
  ].join("\n");
}

export function codexWithoutLogin(baseUrl: string): string {
  return `export OPENAI_API_KEY=${tokenOf(baseUrl)}`;
}

export function openAiSdk(baseUrl: string): string {
  return `export OPENAI_BASE_URL=${baseUrl}/v1`;
}

function tokenOf(baseUrl: string): string {
  return baseUrl.slice(baseUrl.lastIndexOf("/") + 1);
}
