// Side effects as the control API sends them.

const MINUTE = 60;
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

const effect = (number, state, extra = {}) => ({
  id: `e${number}`, name: "invoice", state, key: `Leads/order-${number}/invoice`, receiver: "billing.example", honours_key: false, pipeline: "Leads", item: `order-${number}`,
  after: null, at: ago(38 * MINUTE), attempts: 1, first_sent: ago(38 * MINUTE), next_attempt: null, why: null, size: 61, status: null, ended: null, settled: null, ...extra,
});

const first = () => [
  effect(19, "waiting", {
    name: "welcome-mail", key: "Leads/order-19/welcome-mail", receiver: "mail.example", at: ago(6 * MINUTE), attempts: 3, first_sent: null, next_attempt: ago(-2 * MINUTE),
    why: "The connection was refused.",
  }),
  effect(18, "unknown", { honours_key: true, receiver: "crm.example", name: "contact", key: "Leads/order-18/contact", why: "Its receiver keeps keys for 24 hours, and they are over." }),
  effect(17, "unknown", { after: "x-1b9a04c2", why: "The connection was closed after the request was sent." }),
  effect(16, "unsent", { first_sent: null, attempts: 41, at: ago(26 * 60 * MINUTE), why: "The connection could not be established for 24 hours." }),
  effect(15, "done", { status: 422, ended: ago(50 * MINUTE), first_sent: ago(50 * MINUTE), at: ago(50 * MINUTE) }),
  effect(14, "done", { status: 201, ended: ago(80 * MINUTE), first_sent: ago(80 * MINUTE), at: ago(80 * MINUTE) }),
];

let effects = first();

export const resetEffects = () => (effects = first());
export const openEffects = () => effects.filter(({ state }) => state === "unknown" || state === "unsent").length;

const finished = ({ state }) => state === "done" || state === "dropped";

export const effectsPage = (scene, query) => ({
  items: scene === "outage" || scene === "after" ? effects.filter((one) => query.get("all") === "true" || !finished(one)) : [], next: null,
});

export function effectItem(id) {
  const summary = effects.find((one) => one.id === id);
  if (summary === undefined) return { error: `there is no effect ${id}`, fix: "`understudyd effects list --all` shows them" };
  const body = { 201: '{"number":"INV-14"}', 422: '{"error":"amount: must be positive"}', 200: "" }[summary.status];
  return {
    summary, request: JSON.stringify({ customer: "Miller Ltd", amount: 400, order: summary.item }), after_request: summary.after === null ? null : 209,
    result: summary.status === null ? null : { status: summary.status, body },
  };
}

export function settleEffect(id, { as }) {
  const before = effects.find((one) => one.id === id);
  // As if another window had decided meanwhile.
  if (id === "e16") return { status: 409, error: `effect ${id} is done, so this decision is not possible`, fix: "`understudyd effects list --all` shows its state" };
  const now = new Date().toISOString();
  const after = {
    arrived: { state: "done", status: 200, ended: now, settled: "arrived" },
    send_again: { state: "waiting", next_attempt: ago(-1), settled: "sent_again", status: null, ended: null },
    drop: { state: "dropped", ended: now, settled: "dropped" },
  }[as];
  effects = effects.map((one) => (one === before ? { ...one, why: null, ...after } : one));
  const said = { arrived: "arrived; its client gets this result for its key", send_again: "is sent again", drop: "is not needed any more; its key is free" }[as];
  return { said: `Effect ${id} ${said}.` };
}
