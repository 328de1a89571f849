// The owner's pipelines of the mock server, with what an incident did to them.

const MICRO = 1_000_000;
const BASE = "http://127.0.0.1:4747/t/k3vq0f7m2xw9";

const NOT_ROUTED = (what) =>
  `${what} cannot reach this computer, so its requests are not routed through Understudy and have no fallback here. Its provider is watched; the effect of an outage is estimated from hours alone.`;

const PLACES = [
  { runs: "here", name: "On this computer", reach: null, protection: null },
  {
    runs: "n8n_cloud", name: "n8n Cloud", reach: NOT_ROUTED("n8n Cloud"),
    protection: 'In the AI node, turn on the Fallback Model and choose a model of another provider: it answers at once when the first one fails. "Retry On Fail" helps only for seconds.',
  },
  {
    runs: "make", name: "Make", reach: NOT_ROUTED("Make"),
    protection: 'Turn on "Store incomplete executions" in the scenario\'s settings; it is off by default. After an outage, check that the scenario is still switched on.',
  },
  { runs: "zapier", name: "Zapier", reach: NOT_ROUTED("Zapier"), protection: "Turn on Autoreplay (from the Professional plan on): a failed step is run again after 5 and 30 minutes, and after 1, 3 and 6 hours." },
  { runs: "elsewhere", name: "Elsewhere", reach: NOT_ROUTED("A program on another computer"), protection: "Repeat a failed request there for some minutes, with pauses." },
];

const form = (extra) => ({
  name: "", customer: null, weekly_items: null, value: null, currency: null, schedule: null, surge: null, providers: [], may_go_to: null, runs: "here", steps: [], ...extra,
});

const entry = (of, extra = {}) => ({
  form: of, version: "1", base_url: `${BASE}/p/${encodeURIComponent(of.name)}/v1`, tokens: [], seen_items: 0, seen_requests: 0, seen: null,
  protection: PLACES.find(({ runs }) => runs === of.runs).protection, reliability: null, ...extra,
});

const first = () => [
  entry(form({ name: "Invoices", customer: "Baker & Sons", providers: ["anthropic"] }), { seen: "Last week I saw 31 requests, and none of them names its item.", seen_requests: 31 }),
  entry(
    form({
      name: "Leads", customer: "Miller Ltd", weekly_items: 50, value: 400, schedule: "Mon-Fri 09:00-17:00 Europe/Berlin", surge: [1, 2.5], providers: ["anthropic"],
      may_go_to: { endpoints: ["openai"] }, steps: ["Receive", "Extract", "Enrich", "Score", "Draft", "Send"].map((name) => ({ name, success: 0.99 })),
    }),
    {
      tokens: ["Pipeline Leads"], seen_items: 57, seen_requests: 212, seen: "Last week I saw 57 items in 212 requests.",
      reliability: { with_fallback: 0.941, without_fallback: 0.941, text: "6 steps assumed at 99 % each → 94.1 % end to end, with and without fallback." },
    },
  ),
  entry(form({ name: "Newsletter", customer: "Miller Ltd", weekly_items: 1, value: 900, currency: "EUR", providers: ["anthropic"], runs: "make" })),
];

let pipelines = first();
let unknown = [];

export function resetPipelines(scene) {
  pipelines = scene === "green" || scene === "newcomer" || scene === "first" ? [] : first();
  unknown = scene === "after" ? [{ name: "leeds", warning: 'The pipeline "leeds" is not in the settings. Did you mean "Leads"?', nearest: "Leads", requests: 12 }] : [];
}

export const pipelinesPage = () => ({ pipelines, unknown, places: PLACES });

/** As in the snapshot. */
export const views = (down) =>
  pipelines.map(({ form: { name, customer, runs } }) => ({
    name, customer, order: runs === "here" ? "Claude, then OpenAI" : null, no_fallback: null,
    state: runs === "here" ? (down ? "continues on OpenAI" : null) : down ? "watched only: Claude is down" : "watched only: runs at Make",
    mark: runs === "here" ? (down ? "carried" : "fine") : down ? "watched_outage" : "watched",
  }));

export function putPipeline(name, wanted) {
  const wrong = (field, error) => ({ status: 422, error, fix: "correct the field; nothing was changed", fields: [{ field, error }] });
  if (wanted.name === "") return wrong("name", 'a pipeline has a name, such as "Leads"');
  if (wanted.weekly_items !== null && wanted.value === null) return wrong("weekly_items", "an estimate needs weekly_items and value: write both, or none");
  const before = pipelines.find((one) => one.form.name === name);
  pipelines = [...pipelines.filter((one) => one !== before), { ...before, ...entry(wanted, before && { seen: before.seen }) }].sort((a, b) => a.form.name.localeCompare(b.form.name));
  unknown = unknown.filter((one) => one.name !== wanted.name);
  return { said: `${wanted.name} is saved.` };
}

export function deletePipeline(name) {
  pipelines = pipelines.filter((one) => one.form.name !== name);
  return { said: `${name} is deleted. Its requests and the waiting ones are kept.` };
}

export function newToken({ name, pipeline }) {
  pipelines = pipelines.map((one) => (one.form.name === pipeline ? { ...one, tokens: [...one.tokens, name] } : one));
  const token = "5f0c7b1e94d24a6e8b3a1d2c4e5f6071";
  return { name, pipeline, token, urls: [`http://127.0.0.1:4747/t/${token}`], closed: [] };
}

export function revokeToken({ name }) {
  pipelines = pipelines.map((one) => ({ ...one, tokens: one.tokens.filter((token) => token !== name) }));
  return { said: `The token "${name}" is revoked: its next request is refused, also on an open connection.` };
}

const line = (items, dollars, text) => ({ items, amounts: [{ micro: dollars * MICRO, currency: "USD", text: `$${dollars.toLocaleString("en-US")}` }], text });

export const impact = () => ({
  safe: line(12, 4800, "12 items, $4,800, answered by OpenAI"),
  waiting: line(16, 6400, "16 items, $6,400, will be retried"),
  failed: line(2, 800, "2 items, $800, failed and are not in the queue"),
  at_risk: [
    { currency: "USD", low: 7200 * MICRO, high: 7200 * MICRO, peak_low: 9600 * MICRO, peak_high: 12000 * MICRO, text: "$7,200 at risk, at most $12,000 at 20:40" },
    { currency: "EUR", low: 0, high: 70 * MICRO, peak_low: 0, peak_high: 70 * MICRO, text: "€0 to €70 at risk" },
  ],
  why: null,
  pipelines: [
    {
      pipeline: "Leads", customer: "Miller Ltd", basis: "measured", safe: 12, waiting: 16, failed: 2, recovered: 3, lost: 1, currency: "USD", low: 7200 * MICRO, high: 7200 * MICRO,
      method: "Measured: (16 waiting + 2 failed) × $400 = $7,200.",
    },
    {
      pipeline: "Newsletter", customer: "Miller Ltd", basis: "hours_alone", safe: 0, waiting: 0, failed: 0, recovered: 0, lost: 0, currency: "EUR", low: 0, high: 70 * MICRO,
      method: "Estimated: 1 item a week × €900 × 0.7 h ÷ 168 h = €3.75, surge 0 to 18.",
    },
  ],
});
