// Clients as the engine lists them, their changes and their test turns, for development and screenshots.

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const BASE = "http://127.0.0.1:4747/t/k3vq0f7m2xw9";

const exports_of = (name, url) => [
  { label: "bash, zsh", text: `export ${name}=${url}` },
  { label: "fish", text: `set -Ux ${name} ${url}` },
  { label: "PowerShell", text: `$env:${name} = "${url}"` },
];

const client = (id, name, state, message, extra = {}) => ({
  id, name, method: "edit", state, message, fix: null, files: [], notes: [], losses: [], lines: [], last_request: null, testable: true, ...extra,
});

const CLAUDE_LOSSES = [
  { what: "MCP tool search is off behind another address", kept_by: "set in the same change: `ENABLE_TOOL_SEARCH`" },
  { what: "Remote Control is off behind another address", kept_by: null },
  { what: "Fine-grained tool streaming is off", kept_by: "set in the same change: `CLAUDE_CODE_ENABLE_FINE_GRAINED_TOOL_STREAMING`" },
];

const CLAUDE_FILES = [
  { path: "~/.claude/settings.json → ~/dotfiles/claude.json", scope: "user", exists: true },
  { path: "~/work/shop/.claude/settings.json", scope: "project", exists: true },
  { path: "/etc/claude-code/managed-settings.json", scope: "managed", exists: false },
];

const claude = (state, message, extra = {}) =>
  client("claude-code", "Claude Code", state, message, { files: CLAUDE_FILES, losses: CLAUDE_LOSSES, lines: exports_of("ANTHROPIC_BASE_URL", BASE), ...extra });

const codex = (state, message, extra = {}) =>
  client("codex", "Codex", state, message, {
    files: [{ path: "~/.codex/config.toml", scope: "user", exists: true }, { path: "~/.codex/work.config.toml", scope: "profile", exists: true }],
    notes: ["~/.codex/work.config.toml sets openai_base_url = https://gateway.example/v1; it applies with `codex --profile work`."],
    lines: [{ label: "~/.codex/config.toml, at the top", text: `openai_base_url = "${BASE}/v1"` }], ...extra,
  });

const n8n = (last_request) =>
  client("n8n", "n8n", last_request === null ? "unknown" : "confirmed", "Set the base URL in its Anthropic or OpenAI credential.", {
    method: "copy", last_request, testable: false,
    lines: [
      { label: "Credential Anthropic: Base URL", text: BASE },
      { label: "Credential OpenAI: Base URL", text: `${BASE}/v1` },
    ],
  });

const llm = client("llm", "llm", "unknown", "Add a model to its file.", {
  method: "copy", testable: false,
  lines: [{ label: "~/.config/io.datasette.llm/extra-openai-models.yaml", text: `- model_id: understudy\n  model_name: gpt-5.5\n  api_base: ${BASE}/v1` }],
});

const ABSENT = [
  client("aider", "aider", "absent", "Neither its program nor its settings were found."),
  client("continue", "Continue", "absent", "Neither its program nor its settings were found."),
];

const page = (clients) => ({
  base_url: BASE, clients,
  unsupported: [
    { name: "Cursor", reason: "Its servers send the requests, and they refuse an address of this computer." },
    { name: "Gemini CLI", reason: "It speaks the Gemini protocol, which Understudy does not." },
    { name: "JetBrains AI Assistant", reason: "Only its chat can use another address, and only set by hand in the IDE." },
  ],
  elsewhere: [
    { label: "WSL with its own network (NAT): in ~/.bashrc", text: `export ANTHROPIC_BASE_URL=http://172.29.64.1:4747/t/k3vq0f7m2xw9` },
    { label: "SSH: forward the port, then use the same address there", text: "ssh -R 4747:127.0.0.1:4747 server" },
    { label: "Dev container: in devcontainer.json", text: '"runArgs": ["--network=host"]' },
    { label: "Docker Compose: share the network of the engine's container", text: 'network_mode: "service:understudy"' },
  ],
});

const NOT_CONNECTED = [
  claude("not_connected", "Not connected: its requests go straight to Anthropic."),
  codex("not_connected", "Not connected: its requests go straight to OpenAI."),
];
const HERE = [
  claude("confirmed", "Its requests go through Understudy.", { last_request: ago(38) }),
  codex("connected", "Its settings point here. No request has arrived since.", { fix: "Restart its open sessions." }),
];
const ODD = [
  client("opencode", "opencode", "elsewhere", "Its requests go to http://127.0.0.1:8787, which is another program.", { fix: "Connect keeps that address and restores it at a disconnect." }),
  client("qwen-code", "Qwen Code", "overridden", "`~/work/shop/.qwen/.env` sets another base URL: there, its requests do not come here.", { fix: "Remove OPENAI_BASE_URL from that file." }),
  client("zed", "Zed", "unusable", "`~/.config/zed/settings.json` cannot be parsed: line 14 has no closing bracket. Nothing was changed.", { fix: "Correct line 14, or copy the line below.", lines: [{ label: "~/.config/zed/settings.json", text: `"language_models": { "anthropic": { "api_url": "${BASE}" } }` }] }),
];

/** By the scene's name; any other scene has the usual set. */
const PAGES = {
  newcomer: () => page([...NOT_CONNECTED, n8n(null), llm, ...ABSENT]),
  first: () => page([...NOT_CONNECTED, n8n(null), llm, ...ABSENT]),
  bare: () => page([n8n(null), llm, claude("absent", "Neither its program nor its settings were found."), ...ABSENT]),
  conflict: () => page([...NOT_CONNECTED, n8n(null), llm, ...ABSENT]),
  waiting: () => page([...NOT_CONNECTED, n8n(ago(170)), llm, ...ABSENT]),
  unused: () => page([...NOT_CONNECTED, n8n(null)]),
};

const changed = new Map();
let revision = 1;

export function reset() {
  changed.clear();
  revision = 1;
}
export const connectPage = (scene) => {
  const found = (PAGES[scene] ?? (() => page([...HERE, ...ODD, n8n(null), llm, ...ABSENT])))();
  const clients = found.clients.map((one) => changed.get(one.id) === undefined ? one : { ...one, state: changed.get(one.id), fix: null, message: changed.get(one.id) === "not_connected" ? "Not connected: its requests go straight to its provider." : "Its requests go through Understudy." });
  return { ...found, clients };
};

const CHANGES = {
  "claude-code": {
    files: [{
      path: "~/dotfiles/claude.json", new: false,
      diff: `--- ~/dotfiles/claude.json\n+++ ~/dotfiles/claude.json\n@@ -3,7 +3,12 @@\n   "permissions": {\n     "allow": ["Bash(cargo test:*)"]\n   },\n-  "env": {}\n+  "env": {\n+    "ANTHROPIC_BASE_URL": "http://127.0.0.1:4747/t/k3vq…",\n+    "ENABLE_TOOL_SEARCH": "true",\n+    "CLAUDE_CODE_ENABLE_FINE_GRAINED_TOOL_STREAMING": "1"\n+  }\n }\n`,
    }],
    keys: [
      { file: "~/dotfiles/claude.json", key: "env.ANTHROPIC_BASE_URL", before: null, after: "http://127.0.0.1:4747/t/k3vq…", why: "sends its requests to Understudy" },
      { file: "~/dotfiles/claude.json", key: "env.ENABLE_TOOL_SEARCH", before: null, after: "true", why: "keeps tool search on" },
      { file: "~/dotfiles/claude.json", key: "env.CLAUDE_CODE_ENABLE_FINE_GRAINED_TOOL_STREAMING", before: null, after: "1", why: "keeps fine-grained tool streaming on" },
    ],
    warnings: ["`~/work/shop/.claude/settings.json` sets another base URL; in that folder, it applies."],
    restart: false,
  },
  codex: {
    files: [{ path: "~/.codex/config.toml", new: true, diff: `--- /dev/null\n+++ ~/.codex/config.toml\n@@ -0,0 +1 @@\n+openai_base_url = "http://127.0.0.1:4747/t/k3vq…/v1"\n` }],
    keys: [{ file: "~/.codex/config.toml", key: "openai_base_url", before: null, after: "http://127.0.0.1:4747/t/k3vq…/v1", why: "sends its requests to Understudy" }],
    warnings: [], restart: true,
  },
};


export const connectChange = (id) => ({ ...(CHANGES[id] ?? CHANGES.codex), revision: `r${revision}` });

/** In the scene "conflict", the file changes after each time that it was shown. */
export function connect(scene, id, entry) {
  if (scene === "conflict" && entry.revision === "r1") {
    revision = 2;
    return { error: "A file changed after this change was shown.", fix: "Read the new change.", status: 409 };
  }
  revision = 1;
  changed.set(id, "confirmed");
  const name = connectPage(scene).clients.find((one) => one.id === id).name;
  return { message: id === "claude-code" ? `${name} is connected. Open sessions use it with their next request.` : `${name} is connected.`, changed: connectChange(id).keys, left: [], open_sessions: 0 };
}

const undone = (message, open_sessions) => ({
  message, open_sessions,
  changed: [{ file: "~/dotfiles/claude.json", key: "env.ANTHROPIC_BASE_URL", before: `${BASE}`, after: null, why: "its former state" }],
  left: ["`env.ENABLE_TOOL_SEARCH` in ~/dotfiles/claude.json was changed to \"auto\" after the connection: it stays."],
});

export function disconnect(scene, id) {
  const name = connectPage(scene).clients.find((one) => one.id === id).name;
  changed.set(id, "not_connected");
  return undone(`${name} is disconnected.`, 1);
}

export function disconnectAll() {
  for (const one of HERE) changed.set(one.id, "not_connected");
  return undone("Claude Code and Codex are disconnected.", 2);
}

export const tested = (id) =>
  id === "codex"
    ? { passed: false, message: "Codex sent no request within 60 s. It printed: `unexpected argument '--skip-git-repo-check'`.", fix: "Update Codex to 0.160 or later, then test again.", command: "codex exec --skip-git-repo-check 'Reply with OK.'" }
    : { passed: true, message: "Claude Code 2.1.332 got its response through Understudy in 1.2 s.", fix: null, command: "claude -p 'Reply with OK.'" };
