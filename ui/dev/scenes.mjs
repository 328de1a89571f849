// Snapshots as the engine sends them, one function for each situation, for development and screenshots.

import { impact } from "./pipelines.mjs";

const MICRO = 1_000_000;
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const clock = (seconds) => new Date(Date.now() - seconds * 1000).toTimeString().slice(0, 5);
const words = (text) => ({ kind: "text", text });
const instant = (at) => ({ kind: "instant", at });
const MINUTE = 60;
const HOUR = 3600;

export const TOKEN = "rehearse-me";
const CLIENT_TOKEN = "k3vq0f7m2xw9";

const surface = (id, name, level, evidence, extra = {}) => ({
  id, name, watched: true, level, since: level === "operational" ? ago(26 * HOUR) : ago(42 * MINUTE),
  basis: "measured", evidence, ...extra,
});

const model = (name, level, evidence, breaker = "closed", ttft = 640) => ({ model: name, level, evidence, breaker, ttft_ms: ttft, limit_resets_at: null });

function anthropic(down) {
  return {
    id: "anthropic", name: "Anthropic", product: "Claude", keys_page: "https://platform.claude.com/settings/keys", mine: true, rehearsal: false,
    level: down ? "major_outage" : "operational", since: down ? ago(42 * MINUTE) : ago(26 * HOUR), basis: "measured",
    blame: down ? "them" : "undetermined",
    evidence: down
      ? `It's them. 12 of 14 requests failed with "overloaded" (529) since ${clock(42 * MINUTE)}. Their status page confirms it. Claude API and Claude Code failed together, so it's on Anthropic's side.`
      : "No known problem. 31 of 31 requests were complete in the last hour; their status page agrees.",
    unstable: false,
    page: { url: "https://status.claude.com", read: ago(38), unreadable: null, changed: ago(26 * MINUTE), unverified: false },
    surfaces: [
      surface("api", "Claude API", down ? "partial_outage" : "operational", down ? "Page: elevated error rates. 12 of 14 requests failed." : "31 of 31 requests answered."),
      surface("claude-code", "Claude Code", down ? "major_outage" : "operational", down ? `Same host as the API; page agrees since ${clock(42 * MINUTE)}.` : "Same host as the API."),
      surface("claude-ai", "claude.ai", down ? "partial_outage" : "operational", down ? "The page says partial outage." : "The page says operational.", { basis: "page_only" }),
      surface("console", "Claude Console", "operational", "The page says operational.", { watched: false, basis: "page_only" }),
    ],
    endpoints: [{
      id: "anthropic", base: "https://api.anthropic.com", dialects: ["anthropic"], key: "keychain", key_env: "ANTHROPIC_API_KEY",
      models: [
        model("claude-opus-4-5", down ? "major_outage" : "operational", down ? "6 of 6 answers cut before their end." : "18 of 18 complete.", down ? `open until ${clock(-5 * MINUTE)}` : "closed", 910),
        model("claude-sonnet-4-5", down ? "major_outage" : "operational", down ? "5 of 6 answers cut before their end." : "11 of 11 complete.", down ? "half-open" : "closed", 720),
        model("claude-haiku-4-5", down ? "degraded" : "operational", down ? "1 of 2 complete." : "4 of 4 complete.", "closed", 380),
      ],
    }],
  };
}

const openai = (level = "operational") => ({
  id: "openai", name: "OpenAI", product: "OpenAI", keys_page: "https://platform.openai.com/api-keys", mine: true, rehearsal: false, level, since: ago(9 * HOUR), basis: "measured",
  blame: "undetermined", evidence: "No known problem. 22 of 22 requests were complete in the last hour; their status page agrees.", unstable: false,
  page: { url: "https://status.openai.com", read: ago(71), unreadable: null, changed: null, unverified: true },
  surfaces: [
    surface("api", "API", level, "22 of 22 requests answered."),
    surface("codex", "Codex", level, "The page says operational.", { basis: "page_only" }),
  ],
  endpoints: [{
    id: "openai", base: "https://api.openai.com", dialects: ["openai-responses", "openai-chat"], key: "environment", key_env: "OPENAI_API_KEY",
    models: [model("gpt-5.5", level, "22 of 22 complete."), model("gpt-5.4-mini", level, "Probe complete 4 min ago.", "closed", 310)],
  }],
});

const openrouter = () => ({
  id: "openrouter", name: "OpenRouter", product: "OpenRouter", keys_page: "https://openrouter.ai/settings/keys", mine: false, rehearsal: false, level: "operational", since: null, basis: "page_only",
  blame: "undetermined", evidence: "The status page says operational.", unstable: false,
  page: { url: "https://status.openrouter.ai", read: ago(140), unreadable: null, changed: null, unverified: false }, surfaces: [],
  endpoints: [{ id: "openrouter", base: "https://openrouter.ai/api", dialects: ["openai-chat"], key: "missing", key_env: "OPENROUTER_API_KEY", models: [] }],
});

const github = () => ({
  id: "github", name: "GitHub", product: "GitHub Copilot", keys_page: null, mine: false, rehearsal: false, level: "maintenance", since: ago(2 * HOUR), basis: "page_only",
  blame: "them", evidence: `The status page announces maintenance until ${clock(-HOUR)}.`, unstable: false,
  page: { url: "https://www.githubstatus.com", read: ago(90), unreadable: null, changed: null, unverified: false },
  surfaces: [surface("copilot", "Copilot", "maintenance", "The page announces maintenance.", { basis: "page_only" })], endpoints: [],
});

const cursor = () => ({
  id: "cursor", name: "Cursor", product: "Cursor", keys_page: null, mine: false, rehearsal: false, level: "unknown", since: ago(11 * MINUTE), basis: "nothing",
  blame: "undetermined", evidence: "The status page could not be read for 11 min: connection timed out.", unstable: false,
  page: { url: "https://status.cursor.com", read: ago(11 * MINUTE), unreadable: "connection timed out", changed: null, unverified: false }, surfaces: [], endpoints: [],
});

const rehearsal = (down) => ({
  id: "rehearsal", name: "Rehearsal", product: "Rehearsal", keys_page: null, mine: false, rehearsal: true, level: down ? "major_outage" : "operational", since: ago(down ? 18 : HOUR),
  basis: "measured", blame: down ? "us" : "undetermined",
  evidence: down ? `Simulated outage until ${clock(-42)}.` : "Inside Understudy: needs no key and no internet.",
  unstable: false, page: null, surfaces: [],
  endpoints: [{ id: "rehearsal", base: "http://rehearsal.invalid", dialects: ["anthropic", "openai-chat", "openai-responses"], key: "not_needed", key_env: null,
    models: [model("rehearsal/steady", down ? "major_outage" : "operational", down ? "Simulated outage." : "2 of 2 complete.", "closed", 12)] }],
});

const claudeRoute = (active) => ({
  name: "claude", dialect: "anthropic", models: "claude-*", active,
  candidates: [
    { endpoint: "anthropic", model: null, usable: !active, reason: active ? `circuit breaker open until ${clock(-5 * MINUTE)}` : "the primary" },
    { endpoint: "litellm", model: "gpt-5.5", usable: true, reason: "first fallback, same dialect" },
  ],
  stand_in: { state: "ready" },
  fallbacks: [{
    route: "claude", dialect: "anthropic", asked_model: "claude-opus-5", endpoint: "litellm", model: "gpt-5.5", name: "gpt-5.5",
    said: "tested 29 Nov, tool turn complete, $0.002",
    cost: { needs_yes: true, likely: 2_000, most: 21_000, method: "about $0.002: 350 tokens in and 300 out at the list price of 2026-11-26; at most $0.02" },
    untestable: null,
    last: {
      at: ago(2 * HOUR), passed: true, failed_step: null, said: "tool turn complete", fault: null, fix: null, total_ms: 1_900,
      input_tokens: 420, output_tokens: 61, tokens_estimated: false, cost: 2_000, outdated: false,
    },
  }],
});

const codexRoute = () => ({
  name: "codex", dialect: "openai-responses", models: "gpt-*", active: null,
  candidates: [
    { endpoint: "openai", model: null, usable: true, reason: "the primary" },
    { endpoint: "openrouter", model: "openai/gpt-5.5", usable: false, reason: "no key for OpenRouter" },
  ],
  stand_in: { state: "missing", mend: "add a key for OpenRouter in Settings → Keys" },
  fallbacks: [],
});

const engine = (extra = {}) => ({
  version: "0.1.0", started: ago(26 * HOUR), address: "http://127.0.0.1:4747", base_url: `http://127.0.0.1:4747/t/${CLIENT_TOKEN}`,
  paused: false, draining: false,
  more_sessions: 0,
  more_open: 0,
  sessions: [
    { client: "Claude Code", id: "9c41f0aa", last_seen: ago(3), open: 1 },
    { client: "Claude Code", id: "1be77d20", last_seen: ago(9 * MINUTE), open: 0 },
    { client: "Codex", id: "01a7c3", last_seen: ago(25 * MINUTE), open: 0 },
  ],
  problems: [], settings_file: "/home/ada/.config/understudy/settings.toml", ledger_file: "/home/ada/.local/share/understudy/ledger.sqlite",
  starts_at_login: true, paid_stand_ins: { allowed: null, by_settings_file: false, cap: 10 * MICRO, spent: 230_000, stopped_today: false },
  siblings: { allowed: null, by_settings_file: false },
  first_run: false,
  installed: { as_what: "the Debian package", removal: "sudo apt remove understudy", explained: "Run this in a terminal." },
  history: {
    exchanges_days: 90, incidents_days: 730, daily_days: 730, size: "12.3 MB", first_deletion: null,
    kept: "Requests are kept for 90 days, incidents for 730 days, daily sums for 730 days",
  },
  ...extra,
});

const today = (extra = {}) => ({
  exchanges: 214, failed: 0, carried_by_fallback: 0, spent_estimate: 4_870_000, spent_of_estimated_tokens: 92_000, drills_estimate: 0, probes_estimate: 3_900, unpriced: 2, ...extra,
});

const tray = (icon, rehearsal = false) => ({ icon, rehearsal, tooltip: "", menu: [] });

const TURNS = "about $0.57 for the next turn, then $0.31, today's cap $5";

const clients = (chosen = null) => [
  {
    client: "Claude Code", provider: chosen, until: chosen === null ? null : ago(-6 * HOUR),
    sentence: chosen === null ? null : `Claude Code uses OpenAI until midnight: ${TURNS}.`, unusable: null,
    choices: [{ provider: "anthropic", product: "Claude", cost: null }, { provider: "openai", product: "OpenAI", cost: TURNS }],
    refused: [{ provider: "deepseek", product: "DeepSeek", why: "no key for DeepSeek", fix: "add one with `understudyd key add deepseek`" }],
  },
];

const snapshot = (parts) => ({
  seq: 0, at: ago(1), engine: engine(), routes: [claudeRoute(null), codexRoute()], fallbacks: [], pipelines: [], clients: clients(), questions: [], open_incidents: [], review_open: 0, notices: [], last_outage: null, today: today(),
  tray: tray("operational"), ...parts,
});

const effectsProblem = {
  what: "", fix: "Check at the receiver, then decide in the window under Pipelines (Side effects), or with `understudyd effects`.", view: "review",
};

const outageSummary = () => ({
  id: 41, provider: "anthropic", title: "Claude: major outage", level: "major_outage", peak: "major_outage", opened: ago(42 * MINUTE), closed: null,
  exchanges_hit: 14, carried_by_fallback: 12,
  at_risk: { state: "estimate", low: 6400 * MICRO, high: 6400 * MICRO, method: "Leads: 16 waiting × $400 = $6,400. (Usual for 42 minutes: about $170.)" },
  interrupted_sessions: "1 Claude Code session was interrupted within a turn.",
});

const interruption = (id, client, session, resume, calls) => ({
  id, client, session, model: "claude-opus-4-5", first: ago(28 * MINUTE), last: ago(26 * MINUTE), said: "Cut within a response, 3 requests failed; no response since.", resumed: null, checked: null, resume, calls,
});

const step = (seconds, sentence, failure = false) => ({ at: ago(seconds), sentence: [words(sentence)], failure });

const drillSteps = () => [
  step(14, "A test request: Claude begins its response and stops after the first word.", true),
  step(14, "The connection was aborted within 0.1 s: an incomplete response is never passed on as a complete one."),
  step(13, "The request is repeated, as a coding agent does it: Claude refuses it with status 529.", true),
];

/** `carried`: a fallback answered; else the owner refused it. */
const drill = (carried) => ({
  running: false, began: ago(15), ended: ago(10), until: ago(-3), route: "anthropic/claude-opus-5-5", rehearsal: false, live: false,
  steps: [...drillSteps(), carried ? step(11, "GPT Sol answered completely after 2.1 s.") : step(11, "The client got a clear error (status 529) after 0.6 s.")],
  report: {
    message: carried
      ? "Claude failed at its first word, and the request was repeated; GPT Sol answered completely after 2.1 s."
      : "Claude failed, and the client got a clear error (status 529). No fallback may answer now: you have refused paid fallbacks for a client's subscription.",
    passed: carried,
    client_saw: ["200, aborted after its first word, so the client repeats it, end within 0.1 s", carried ? "200, complete, from GPT Sol, first word after 1.4 s, end after 2.1 s" : "529, a clear error, end after 0.6 s"],
    cost: carried ? 2_100 : 0,
    today: [
      { failure: "One model of Claude fails", outcome: "Sonnet", carried: true },
      carried
        ? { failure: "All of Claude fails", outcome: "GPT Sol", carried }
        : { failure: "All of Claude fails", outcome: "a clear error: you refused paid fallbacks", carried },
      { failure: "Pipeline Invoices: all of Claude fails", outcome: "a clear error; the request waits for review", carried: false },
    ],
    fix: carried ? "Add a fallback: Settings → Keys" : "Allow a fallback: Settings → General",
  },
});

const drilled = (of) => snapshot({
  headline: { level: "operational", sentence: "Claude and OpenAI are operational.", consequence: null },
  providers: [anthropic(false), openai(), rehearsal(false)],
  ...of,
});

/** `GET /control/drill/offer` */
export const DRILL_OFFER = {
  route: "anthropic/claude-opus-5-5", rehearsal: false, message: "Claude fails on purpose, and GPT Sol gets one short test request.",
  cost: { needs_yes: true, likely: 2_000, most: 16_000, method: "about $0.002: 45 tokens in and 150 out at the list price of 2026-11-26; at most $0.02" },
  today: [], fix: null,
};

export const SCENES = {
  drill: () => drilled({
    tray: tray("outage", true),
    drill: { ...drill(true), running: true, live: true, ended: null, until: ago(-42), steps: drillSteps(), report: null },
  }),
  drilled: () => drilled({ drill: drill(true), today: today({ drills_estimate: 12_400 }) }),
  "drill-refused": () => drilled({ drill: drill(false) }),
  green: () => snapshot({
    headline: { level: "operational", sentence: "Claude and OpenAI are operational.", consequence: null },
    providers: [anthropic(false), openai(), cursor(), github(), openrouter(), rehearsal(false)],
  }),
  outage: () => snapshot({
    headline: { level: "major_outage", sentence: `Claude is down (since ${clock(42 * MINUTE)}). It's them, not you.`, spans: [words("Claude is down (since "), instant(ago(42 * MINUTE)), words("). It's them, not you.")], consequence: "Claude Code continues on GPT. 2 requests are waiting for you." },
    tray: tray("outage"),
    providers: [anthropic(true), openai(), cursor(), github(), openrouter(), rehearsal(false)],
    routes: [claudeRoute(`Claude → GPT, since ${clock(40 * MINUTE)}`), codexRoute()],
    open_incidents: [outageSummary()],
    review_open: 2,
    effects_open: 3,
    engine: engine({ problems: [effectsProblem] }),
    today: today({ failed: 2, carried_by_fallback: 12 }),
  }),
  questions: () => snapshot({
    headline: { level: "degraded", sentence: `Claude is degraded (since ${clock(4 * MINUTE)}). It's them, not you.`, consequence: null },
    tray: tray("degraded"),
    fallbacks: ["Opus is failing. Sonnet answers, same plan, no extra cost."],
    providers: [anthropic(false), openai(), rehearsal(false)],
    routes: [claudeRoute(`Opus → Sonnet, since ${clock(4 * MINUTE)}, same plan, no extra cost`), codexRoute()],
    pipelines: [
      { name: "Invoices", order: "Claude", no_fallback: "no fallback: items will wait" },
      { name: "Leads", order: "Claude, then OpenAI", no_fallback: null },
    ],
    questions: [
      {
        id: "may-go-to", text: "May requests of your pipelines go to DeepSeek and OpenAI when Claude is down?",
        explained: "Until now they could. Keep: no change. Narrow: these requests go to no other provider, and wait while theirs fails. Coding agents are not affected.",
        parts: [{ whose: "Invoices", said: "Claude → OpenAI" }, { whose: "Leads", said: "Claude → DeepSeek, OpenAI" }],
        answers: [{ label: "Keep", command: { do: "may_go_to", pipeline: null, scope: "keep" } }, { label: "Narrow", command: { do: "may_go_to", pipeline: null, scope: "same_vendor" } }],
        cli: "understudyd may-go-to keep, or same-vendor",
      },
      {
        id: "siblings", text: "Opus is failing. Sonnet could answer on the same plan, at no extra cost.",
        explained: "Allow: another model of the same login answers while only one model fails, and a notification reports each change. You can switch it off in Settings → General.",
        parts: [], answers: [{ label: "Allow", command: { do: "siblings", allow: true } }, { label: "Not now", command: { do: "siblings_later" } }],
        cli: "understudyd siblings on, or off",
      },
    ],
  }),
  carried: () => snapshot({
    headline: { level: "major_outage", sentence: `Claude is down (since ${clock(4 * MINUTE)}). It's them, not you.`, consequence: "Claude Code continues on GPT Sol, about $0.31 a turn." },
    tray: tray("carried"),
    providers: [anthropic(true), openai(), rehearsal(false)],
    routes: [claudeRoute(`Claude → GPT, since ${clock(4 * MINUTE)}`), codexRoute()],
    open_incidents: [{ ...outageSummary(), opened: ago(4 * MINUTE), exchanges_hit: 12, carried_by_fallback: 12, at_risk: { state: "no_estimate", why: "" } }],
    today: today({ carried_by_fallback: 12 }),
  }),
  after: () => snapshot({
    headline: { level: "operational", sentence: "Claude and OpenAI are operational.", consequence: null },
    providers: [anthropic(false), openai(), cursor(), rehearsal(false)],
    pipelines: [{ name: "Invoices", order: "Claude", no_fallback: "no fallback: items will wait" }, { name: "Leads", order: "Claude, then OpenAI", no_fallback: null }],
    review_open: 28,
    effects_open: 3,
    engine: engine({ problems: [effectsProblem] }),
    last_outage: {
      incident: 41, provider: "anthropic", product: "Claude", peak: "major_outage", opened: ago(29 * MINUTE), closed: ago(25 * MINUTE), duration_s: 238,
      hit: 108, carried: 57, carried_by: ["OpenAI"], waiting: 28, failed: 23, cost: 420_000,
      at_risk: { state: "estimate", low: 6400 * MICRO, high: 6400 * MICRO, known: 6400 * MICRO, method: "Leads: 16 waiting × $400 = $6,400." },
      impact: impact(),
      interrupted: [
        interruption(8, "Claude Code", "9c41f0aa-3b1e", "claude --resume 9c41f0aa-3b1e", [{ said: "`Bash: alembic upgrade head` delivered, no result seen", result: null }]),
        interruption(7, "Codex", "01a22dcf-3f59", "codex resume 01a22dcf-3f59", []),
      ],
      more_interrupted: 1, interrupted_sessions: "2 Claude Code sessions and 1 Codex session were interrupted within a turn.",
      said: "Claude was down for 4 min: 57 requests answered by OpenAI, 28 waiting, 23 failed. The fallback cost about $0.42. 2 Claude Code sessions and 1 Codex session were interrupted within a turn.",
    },
    today: today({ failed: 51, carried_by_fallback: 57 }),
  }),
  limit: () => {
    const claude = anthropic(false);
    for (const one of claude.endpoints[0].models) one.limit_resets_at = ago(-72 * MINUTE);
    return snapshot({
      headline: { level: "operational", sentence: "Claude and OpenAI are operational.", consequence: `Your Claude limit is used up and resets at ${clock(-72 * MINUTE)}.` },
      providers: [claude, openai(), rehearsal(false)],
    });
  },
  offline: () => snapshot({
    headline: { level: "unknown", sentence: "You're offline. We can't tell how the providers are doing.", consequence: "Requests fail until the network is back; it isn't your code." },
    tray: tray("unknown"),
    providers: [anthropic(false), openai()].map((provider) => ({
      ...provider, level: "unknown", since: ago(4 * MINUTE), basis: "nothing", blame: "us", evidence: `Not checked since ${clock(4 * MINUTE)}: this computer is offline.`,
      surfaces: provider.surfaces.map((one) => ({ ...one, level: "unknown", evidence: "Not checked while offline." })),
    })),
    engine: engine({ sessions: [], starts_at_login: null }),
  }),
  rehearsal: () => snapshot({
    headline: { level: "operational", sentence: "Claude and OpenAI are operational.", consequence: null },
    tray: tray("outage", true),
    providers: [anthropic(false), openai(), rehearsal(true)],
  }),
  newcomer: () => snapshot({
    headline: { level: "unknown", sentence: "No provider is in use yet.", consequence: "Try a first request below, or connect a client." },
    tray: tray("unknown"),
    providers: [
      { ...anthropic(false), mine: false, basis: "page_only", evidence: "The status page says operational.", endpoints: anthropic(false).endpoints.map((one) => ({ ...one, key: "missing", models: [] })) },
      { ...openai(), mine: false, basis: "page_only", evidence: "The status page says operational.", endpoints: openai().endpoints.map((one) => ({ ...one, key: "missing", models: [] })) },
      rehearsal(false),
    ],
    routes: [],
    engine: engine({ sessions: [], started: ago(20), starts_at_login: false }),
    today: today({ exchanges: 0, spent_estimate: 0, spent_of_estimated_tokens: 0, probes_estimate: 0, unpriced: 0 }),
  }),
  first: () => {
    const newcomer = SCENES.newcomer();
    return { ...newcomer, providers: [...newcomer.providers.slice(0, 2), openrouter(), newcomer.providers[2]], engine: { ...newcomer.engine, first_run: true, paid_stand_ins: { ...newcomer.engine.paid_stand_ins, cap: 5 * MICRO, spent: 0 } } };
  },
  /** Nothing was found, no user service manager, a key from the environment. */
  bare: () => {
    const first = SCENES.first();
    return { ...first, providers: [first.providers[0], openai(), openrouter(), first.providers[3]], engine: { ...first.engine, starts_at_login: null } };
  },
  /** A file changes while its change is shown. */
  conflict: () => SCENES.first(),
  waiting: () => SCENES.green(),
  unused: () => ({ ...SCENES.green(), engine: engine({ sessions: [], installed: { as_what: "a build from source", removal: null, explained: "It was built from source: delete its folder. The program is in /home/ada/understudy/target/release." } }) }),
  problems: () => snapshot({
    headline: { level: "degraded", sentence: "OpenAI is unstable.", consequence: "2 of 9 requests failed in the last hour." },
    tray: tray("paused"),
    providers: [anthropic(false), { ...openai("degraded"), unstable: true, evidence: "3 changes in 20 min; 2 of 9 requests failed in the last hour.", blame: "them" }, cursor(), rehearsal(false)],
    engine: engine({
      paused: true,
      problems: [
        { what: "The settings file has an error in line 12: unknown key \"rout\". The old settings stay active.", fix: "Change it to \"route\" in Settings → Settings file." },
        { what: "The keychain is locked: the key for Claude could not be read.", fix: "Unlock the keychain and choose Check now, or set ANTHROPIC_API_KEY." },
      ],
    }),
    today: today({ failed: 3, carried_by_fallback: 4 }),
  }),
};

/** A client with a subscription has no fallback before the owner allows it. */
export const EXPLAINED = (model, login) => {
  const claude = model.startsWith("claude");
  const fallback = claude ? { endpoint: "openai", model: "gpt-6.1-sol", name: "GPT Sol" } : { endpoint: "anthropic", model: "claude-opus-5-5", name: "Claude Opus" };
  return {
    route: claude ? "claude" : "codex", dialect: "anthropic", model, delivery: "live", no_fallback: null, fallbacks: [fallback],
    candidates: [
      { endpoint: claude ? "anthropic" : "openai", model, usable: true, reason: "the primary" },
      { endpoint: fallback.endpoint, model: fallback.model, usable: login !== "subscription", reason: "fallback" },
    ],
  };
};

export const INCIDENTS = () => [
  {
    summary: outageSummary(), blame: "It was them.", impact: impact(),
    evidence: `It's them. 12 of 14 requests failed with "overloaded" (529) since ${clock(42 * MINUTE)}. Their status page confirms it.`,
    evidence_spans: [words('It\'s them. 12 of 14 requests failed with "overloaded" (529) since '), instant(ago(42 * MINUTE)), words(". Their status page confirms it.")],
    interrupted: [
      {
        id: 7, client: "Claude Code", session: "9c41f0aa", model: "claude-opus-4-5", first: ago(41 * MINUTE), last: ago(38 * MINUTE),
        said: `Cut within a response, 3 requests failed; it continued at ${clock(35 * MINUTE)}.`, resumed: ago(35 * MINUTE), checked: null,
        calls: [
          { said: `\`Bash: alembic upgrade head\` delivered, no result seen`, result: null },
          { said: `\`Edit\` delivered, its result came back by ${clock(39 * MINUTE)}`, result: ago(39 * MINUTE) },
        ],
      },
    ],
    timeline: [
      { at: ago(42 * MINUTE), level: "degraded", source: "understudy", text: "2 of 3 requests to claude-opus-4-5 were cut before their end." },
      { at: ago(41 * MINUTE), level: "partial_outage", source: "status_page", text: "Status page: Partial outage of Claude API and Claude Code." },
      { at: ago(40 * MINUTE), level: null, source: "understudy", text: "GPT Sol answers for Claude Opus." },
      { at: ago(31 * MINUTE), level: "major_outage", source: "understudy", text: "3 of 3 probes cut in mid-stream." },
      { at: ago(12 * MINUTE), level: null, source: "status_page", text: "Status page: A fix has been implemented and we are monitoring the results." },
    ],
  },
  past(38, "openai", "OpenAI: degraded", "degraded", 3 * 24 * HOUR, 22 * MINUTE, 6, 6, { state: "no_estimate", why: "Add a pipeline to see what outages cost you." }),
  past(35, "anthropic", "Claude: partial outage", "partial_outage", 6 * 24 * HOUR, 95 * MINUTE, 31, 29, { state: "estimate", low: 2000 * MICRO, high: 2000 * MICRO, method: "50 leads a week × $400, 4 of 40 active hours, surge 1." }),
  past(29, "anthropic", "Claude: major outage", "major_outage", 19 * 24 * HOUR, 4 * HOUR, 88, 61, { state: "estimate", low: 0, high: 0, method: "Sunday 20:00 lies outside the pipeline's active hours." }),
];

function past(id, provider, title, peak, openedAgo, lasted, hit, carried, atRisk) {
  return {
    summary: { id, provider, title, level: "operational", peak, opened: ago(openedAgo), closed: ago(openedAgo - lasted), exchanges_hit: hit, carried_by_fallback: carried, at_risk: atRisk },
    blame: "It was them.", evidence: "It's them. Their status page and your requests agreed.",
    impact: null, interrupted: [], timeline: [
      { at: ago(openedAgo), level: peak, source: "understudy", text: "Requests began to fail." },
      { at: ago(openedAgo - lasted), level: "operational", source: "understudy", text: "2 probes were complete. Requests go to the primary again." },
    ],
  };
}

const STORIES = [
  ["complete", "answered by anthropic", 200], ["complete", "answered by anthropic", 200], ["complete", "answered by openai after anthropic was cut in mid-stream", 200],
  ["complete", "answered by anthropic", 200], ["truncated", "stopped at max_tokens", 200], ["complete", "answered by anthropic on the second try, after status 529", 200],
  ["client_left", "the client closed the connection after 2.1 s", 499], ["exhausted", "every candidate failed: anthropic 529, openai rate limit", 529],
  ["cut", "anthropic broke off after 212 tokens; the connection was aborted", 200], ["callers_fault", "anthropic: messages: at least one message is required", 400],
  ["replayed", "the kept answer of an earlier request with the same idempotency key", 200], ["refused", "the model declined", 200], ["turned_away", "no token in the address", 403],
];

const OUTCOMES = {
  complete: "complete", truncated: "token limit", client_left: "client left", cut: "broken", callers_fault: "request at fault", refused: "declined",
};

export function exchange(id, newest) {
  const [end, story, status] = STORIES[(id * 7) % STORIES.length];
  const codex = id % 4 === 0;
  const total = 1400 + ((id * 977) % 14000);
  const first = Math.min(420 + ((id * 131) % 900), total - 100);
  const attempt = (number, endpoint, model, started, took, outcome, extra = {}) => ({
    number, provider: endpoint, endpoint, model, started_ms: started, total_ms: took, ttft_ms: Math.min(first, took), status: 200, outcome, detail: null,
    stop_reason: outcome === "complete" ? "end_turn" : null, input_tokens: 18_200 + id * 3, output_tokens: outcome === "complete" ? 640 + (id % 90) : 212,
    cache_read_tokens: 17_100, cache_write_tokens: 900, tokens_estimated: outcome === "broken", cost_estimate: 11_400 + id * 7,
    by_subscription: false, spoken: null, left_out: [], ...extra,
  });
  const home = codex ? "openai" : "anthropic";
  const model = codex ? "gpt-5.5" : ["claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5"][id % 3];
  const attempts =
    end === "turned_away" || end === "replayed" ? []
    : story.includes("after anthropic was cut") ? [
        attempt(1, "anthropic", model, 2, Math.round(total * 0.35), "broken", { detail: "connection closed before message_stop" }),
        attempt(2, "anthropic", model, Math.round(total * 0.4), Math.round(total * 0.12), "broken", { detail: "connection closed before message_stop" }),
        attempt(3, "openai", "gpt-5.5", Math.round(total * 0.53), Math.round(total * 0.47), "complete", {
          spoken: "openai-responses", stop_reason: "completed",
          left_out: [
            "`messages[].content[].cache_control`: a prompt cache belongs to its vendor",
            "`messages[].content[]: thinking`: thinking is sent only to its own vendor",
          ],
        }),
      ]
    : story.includes("second try") ? [
        attempt(1, home, model, 1, 180, "failed", { status: 529, ttft_ms: null, output_tokens: null, input_tokens: null, cost_estimate: 0, detail: "Overloaded" }),
        attempt(2, home, model, 900, total - 900, "complete"),
      ]
    : end === "exhausted" ? [
        attempt(1, "anthropic", model, 1, 190, "failed", { status: 529, ttft_ms: null, output_tokens: null, input_tokens: null, cost_estimate: 0 }),
        attempt(2, "openai", "gpt-5.5", 400, total - 400, "rate limit", { status: 429, ttft_ms: null, output_tokens: null, input_tokens: null, cost_estimate: 0, detail: "retry after 40 s" }),
      ]
    : [attempt(1, home, model, 1, total - 1, OUTCOMES[end], { stop_reason: end === "truncated" ? "max_tokens" : end === "complete" ? "end_turn" : null, status })];
  return {
    id, started: ago((newest - id) * 47 + 4), client: codex ? "Codex" : id % 9 === 0 ? "n8n" : "Claude Code", session: codex ? "01a7c3" : "9c41f0aa",
    pipeline: !codex && id % 9 === 0 ? "Leads" : null, item: !codex && id % 9 === 0 ? `lead-${id}` : null,
    dialect: codex ? "openai-responses" : "anthropic", route: codex ? "codex" : "claude", model, streamed: id % 9 !== 0, rehearsal: id % 23 === 0, end, story, status,
    total_ms: total, ttft_ms: end === "complete" || end === "truncated" ? first : null,
    cost_estimate: id % 11 === 0 || attempts.every((one) => one.cost_estimate === null) ? null : attempts.reduce((sum, one) => sum + (one.cost_estimate ?? 0), 0), attempts,
    cost_of_estimated_tokens: attempts.reduce((sum, one) => sum + (one.tokens_estimated ? one.cost_estimate : 0), 0),
    stand_in: end === "complete" && attempts.at(-1)?.endpoint !== home, restarts: Number(story.includes("after anthropic was cut")), shown_early: id % 9 === 0 && end === "complete",
    passed_over: end === "exhausted" ? ["groq with gpt-oss-120b: the request needs vision, which gpt-oss-120b does not have"] : [],
  };
}

export const SETTINGS = `# Understudy. Every key is written with its default; remove a line to go back to it.
listen = "127.0.0.1:4747"

[budget]
probes_a_day = 0.05        # dollars
fallback_a_day = 5.00      # dollars

[[route]]
name = "claude"
dialect = "anthropic"
models = "claude-*"
candidates = ["anthropic", { endpoint = "litellm", model = "gpt-5.5" }]

[[route]]
name = "codex"
dialect = "openai-responses"
models = "gpt-*"
candidates = ["openai", { endpoint = "openrouter", model = "openai/gpt-5.5" }]
`;

export const DOCTOR = {
  checks: [
    { name: "Settings", state: "good", said: "Read without an error.", fix: null },
    { name: "Port", state: "good", said: "Listening on 127.0.0.1:4747.", fix: null },
    { name: "Ledger", state: "good", said: "Writable, 3.1 MB, schema 4.", fix: null },
    { name: "Keychain", state: "note", said: "Keys will be forgotten when the engine stops: this computer has no keychain.", fix: "Install gnome-keyring, or set ANTHROPIC_API_KEY for the engine." },
    { name: "Fallback for Codex", state: "bad", said: "No fallback when OpenAI fails.", fix: "Add a key for OpenRouter in Settings → Keys." },
  ],
};

const lead = (number, extra = {}) => ({
  summary: {
    id: `3f9a0c11d27e4b${number}`, state: "open", first: ago(38 * MINUTE), last: ago(4 * MINUTE), failures: 3, client: "n8n", pipeline: "Leads",
    item: `lead-10${number}`, route: "leads", model: "claude-sonnet-4-5", dialect: "anthropic",
    why: "No provider could answer: Claude is overloaded, OpenAI is out of quota.", size: 2_140, closed: null, settled_by: null, note: null,
    drain: number === 43 ? `Will be retried at ${clock(-3 * MINUTE)}, try 2 of 3.` : "Waits for one click: this pipeline has no receiver.", ...extra,
  },
  request: JSON.stringify({
    model: "claude-sonnet-4-5", max_tokens: 1024, system: "You qualify leads. Answer with JSON.",
    messages: [{ role: "user", content: `Lead 10${number}: a bakery with three branches asks for a quote.` }],
  }),
  kept: "Stored until 14 days after you close it.",
  run: null,
});

/** Parked requests, newest first. */
export const REVIEWS = () => [
  lead(43),
  lead(42, { failures: 1, first: ago(12 * MINUTE), last: ago(12 * MINUTE) }),
  lead(38, { state: "answered", closed: ago(26 * HOUR), first: ago(27 * HOUR), last: ago(27 * HOUR) }),
  lead(31, { state: "done", closed: ago(50 * HOUR), note: "Quoted by phone", first: ago(51 * HOUR), last: ago(51 * HOUR) }),
];

/** The requests of a parked item, oldest first. */
export const itemRequests = (id) => {
  const failed = (number, seconds) => {
    const made = exchange(number, number);
    const attempt = (at, endpoint, model, detail, status, cost) => ({
      ...exchange(1, 1).attempts[0], number: at, provider: endpoint, endpoint, model, status, outcome: status === 429 ? "out of quota" : "failed", detail, cost_estimate: cost, tokens_estimated: false,
    });
    return {
      ...made, id: number, started: ago(seconds), client: "n8n", pipeline: "Leads", end: "exhausted", status: 503, story: "every candidate failed: Claude 529, OpenAI out of quota",
      attempts: [attempt(1, "anthropic", "claude-sonnet-4-5", "Overloaded", 529, 0), attempt(2, "openai", "gpt-5.5", "You exceeded your current quota", 429, 0)],
    };
  };
  return id.endsWith("43") ? [failed(151, 38 * MINUTE), failed(172, 21 * MINUTE), failed(209, 4 * MINUTE)] : [failed(201, 12 * MINUTE)];
};
