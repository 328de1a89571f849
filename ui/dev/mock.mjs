// A control server to develop the window without an engine: run `npm run mock [scene] [port]` and open the address in its output.
// It serves the built UI under the engine's content security policy, so that a violation is seen here first.
// GET /mock/scene/<name> changes the scene of an open window.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { connect, connectChange, connectPage, disconnect, disconnectAll, reset, tested } from "./connect.mjs";
import { effectItem, effectsPage, openEffects, resetEffects, settleEffect } from "./effects.mjs";
import { CHOICES, REPORT } from "./reports.mjs";
import { DOCTOR, DRILL_OFFER, EXPLAINED, exchange, INCIDENTS, itemRequests, REVIEWS, SCENES, SETTINGS, TOKEN } from "./scenes.mjs";
import { addToken, exported, imported, resetTokens, revokeToken, tokens } from "./sharing.mjs";
import { deletePipeline, newToken, pipelinesPage, putPipeline, resetPipelines, revokeToken as revokePipelineToken, views } from "./pipelines.mjs";
import { cost, lanes, latency, ribbon, uptime } from "./series.mjs";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const KINDS = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".svg": "image/svg+xml" };
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

let scene = process.argv[2] ?? "green";
const port = Number(process.argv[3] ?? 4799);
let seq = 1;
let newest = 214;
let settings = { file: "/home/ada/.config/understudy/settings.toml", text: SETTINGS, errors: [], after_a_restart: null };
let changes = {};
let retry = null;
const listeners = new Set();

let played = null;
const made = () => SCENES[scene]();
const snapshot = () => {
  const now = made();
  const down = now.providers.some((one) => one.id === "anthropic" && one.level === "major_outage");
  const drill = played === null ? now.drill : SCENES[played]().drill;
  const effects_open = now.effects_open === undefined ? undefined : openEffects();
  const problems = now.engine.problems.map((one) => (one.view === "review" ? { ...one, what: toDecide(effects_open) } : one)).filter((one) => one.view !== "review" || effects_open > 0);
  return { ...now, effects_open, drill, pipelines: views(down), review_retry: retry, seq, engine: { ...now.engine, problems, ...changes } };
};

function notify_readers() {
  seq += 1;
  for (const response of listeners) response.write(`event: snapshot\ndata: ${JSON.stringify(snapshot())}\n\n`);
}

const routes = [
  ["GET", /^\/control\/snapshot$/, () => snapshot()],
  ["GET", /^\/control\/incidents$/, (query) => ({ incidents: page(found(query.get("text") ?? ""), query, (one) => one.summary.id).rows.map((one) => one.summary), next: null, unexpected_ends: [] })],
  ["GET", /^\/control\/incidents\/(\d+)$/, (_, id) => incidents().find((one) => one.summary.id === Number(id)) ?? missing(`There is no incident ${id}.`)],
  ["GET", /^\/control\/exchanges$/, (query) => {
    const wanted = exchanges().filter((one) => (query.get("pipeline") === null || one.pipeline === query.get("pipeline")) && JSON.stringify(one).toLowerCase().includes((query.get("q") ?? "").toLowerCase()));
    const { rows, next } = page(wanted, query, (one) => one.id);
    return { exchanges: rows, next };
  }],
  ["GET", /^\/control\/exchanges\/(\d+)$/, (_, id) => exchanges().find((one) => one.id === Number(id)) ?? missing(`There is no exchange ${id}.`)],
  ["GET", /^\/control\/pipelines$/, () => pipelinesPage()],
  ["PUT", /^\/control\/pipelines\/([^/]+)$/, (_, name, form) => changed(putPipeline(decodeURIComponent(name), form))],
  ["DELETE", /^\/control\/pipelines\/([^/]+)$/, (_, name) => changed(deletePipeline(decodeURIComponent(name)))],
  ["GET", /^\/control\/review\/(\w+)\/requests$/, (_, id) => itemRequests(id)],
  ["GET", /^\/control\/review$/, (query) => ({ items: reviews().map((one) => one.summary).filter((one) => query.get("all") === "true" || one.state === "open"), next: null })],
  ["GET", /^\/control\/review\/(\w+)$/, (_, id) => reviews().find((one) => one.summary.id === id) ?? missing(`There is no review item ${id}.`)],
  ["POST", /^\/control\/review\/(\w+)\/run$/, (_, id) => {
    const answer = JSON.stringify({ id: "msg_1", type: "message", role: "assistant", content: [{ type: "text", text: '{"qualified":true}' }], stop_reason: "end_turn" });
    closed[id] = { state: "answered", closed: new Date().toISOString(), run: { at: new Date().toISOString(), status: 200, answered: true, answer } };
    return reviews().find((one) => one.summary.id === id);
  }],
  ["POST", /^\/control\/review\/(\w+)\/close$/, (_, id, close) => {
    closed[id] = { state: close.as, note: close.note, closed: new Date().toISOString() };
    return { said: `Item ${id} is ${close.as}.` };
  }],
  ["POST", /^\/control\/review\/(\w+)\/reopen$/, (_, id) => {
    closed[id] = { state: "open", note: null, closed: null };
    return { said: `Item ${id} is open again.` };
  }],
  ["GET", /^\/control\/effects$/, (query) => effectsPage(scene, query)],
  ["GET", /^\/control\/effects\/(\w+)$/, (_, id) => effectItem(id)],
  ["POST", /^\/control\/effects\/(\w+)\/settle$/, (_, id, settle) => changed(settleEffect(id, settle))],
  ["POST", /^\/control\/interruptions\/(\d+)\/checked$/, () => ({ said: "Marked as checked." })],
  ["GET", /^\/control\/series\/uptime$/, (query) => (scene === "newcomer" ? { ...uptime(query, []), providers: [] } : uptime(query, incidents()))],
  ["GET", /^\/control\/series\/latency$/, (query) => (scene === "newcomer" ? { ...latency(query), providers: [] } : latency(query))],
  ["GET", /^\/control\/series\/cost$/, (query) => (scene === "newcomer" ? { ...cost(query), providers: [] } : cost(query))],
  ["GET", /^\/control\/series\/incidents\/(\d+)\/requests$/, (_, id) => lanes(incidents().find((one) => one.summary.id === Number(id)).summary)],
  ["GET", /^\/control\/series\/ribbon\/([^/]+)$/, (_, provider) => ribbon(provider, scene === "outage")],
  ["GET", /^\/control\/explain$/, (query) => EXPLAINED(query.get("model"), query.get("login"))],
  ["GET", /^\/control\/reports$/, () => CHOICES(scene)],
  ["GET", /^\/control\/report$/, (query) => ({ document: REPORT(query) })],
  ["GET", /^\/control\/settings$/, () => settings],
  ["PUT", /^\/control\/settings$/, (_, __, text) => {
    const errors = text.split("\n").flatMap((line, at) => (/^rout\b/.test(line) ? [`line ${at + 1}: unknown key "rout"; did you mean "route"?`] : []));
    if (errors.length === 0) settings = { ...settings, text };
    return { ...settings, text, errors };
  }],
  ["PUT", /^\/control\/keys\/(.+)$/, (_, id, body) =>
    body.key.includes("bad")
      ? { works: false, kept: false, said: `${id} refused the key: invalid x-api-key. It was not kept.` }
      : { works: true, kept: true, said: `The key works and is in the keychain.` }],
  ["DELETE", /^\/control\/keys\/(.+)$/, (_, id) => ({ said: `The key for ${id} was removed.` })],
  ["GET", /^\/control\/connect$/, () => connectPage(scene)],
  ["DELETE", /^\/control\/connect$/, () => disconnectAll()],
  ["GET", /^\/control\/connect\/([\w-]+)\/change$/, (_, id) => connectChange(id)],
  ["POST", /^\/control\/connect\/([\w-]+)\/test$/, (_, id) => tested(id)],
  ["POST", /^\/control\/connect\/([\w-]+)$/, (_, id, entry) => connect(scene, id, entry)],
  ["DELETE", /^\/control\/connect\/([\w-]+)$/, (_, id) => disconnect(scene, id)],
  ["GET", /^\/control\/tokens$/, () => tokens(scene)],
  ["POST", /^\/control\/tokens$/, (_, __, wanted) => (wanted.pipeline ? newToken(wanted) : addToken(wanted))],
  ["POST", /^\/control\/tokens\/revoke$/, (_, __, wanted) => (revokePipelineToken(wanted), revokeToken(wanted))],
  ["GET", /^\/control\/export$/, () => exported()],
  ["POST", /^\/control\/import$/, (_, __, wanted) => imported(wanted)],
  ["GET", /^\/control\/doctor$/, () => DOCTOR],
  ["GET", /^\/control\/drill\/offer$/, () => DRILL_OFFER],
  ["POST", /^\/control\/drill$/, () => drills("drill")],
  ["DELETE", /^\/control\/drill$/, () => drills("drilled")],
  ["POST", /^\/control\/do$/, (_, __, command) => {
    if (command.do === "pause" || command.do === "resume") changes = { ...changes, paused: command.do === "pause" };
    if (command.do === "start_at_login") changes = { ...changes, starts_at_login: command.on };
    if (command.do === "paid_stand_ins") changes = { ...changes, paid_stand_ins: { ...snapshot().engine.paid_stand_ins, allowed: command.allow } };
    if (command.do === "end_first_run") changes = { ...changes, first_run: false };
    if (command.do === "stop_engine") changes = { ...changes, draining: true };
    if (command.do === "review_retry_all") retry = { total: 28, done: 5, answered: 5 };
    if (command.do === "review_retry_stop") retry = null;
    if (command.do === "rehearse") scene = "rehearsal";
    if (command.do === "end_rehearsal") scene = "green";
    setTimeout(notify_readers, 50);
    return { said: MESSAGES[command.do] ?? `Did: ${command.do}.` };
  }],
];

const MESSAGES = {
  check_now: "Checked 4 status pages: no known problem.",
  rehearse: "Simulated outage for 60 seconds. Your real providers are untouched; watch the tray icon.",
  end_rehearsal: "The simulated outage has ended.",
  pause: "Paused. Requests go straight to the primary.",
  resume: "Resumed. Fallbacks are on again.",
  review_retry_all: "Retrying 28 requests, one after the other.",
  end_first_run: "Settings → General opens these questions again.",
  start_at_login: "The engine no longer starts at login.",
  stop_engine: "The engine stops after the open requests end.",
};

createServer(async (request, response) => {
  const url = new URL(request.url, `http://${request.headers.host}`);
  if (url.pathname.startsWith("/mock/scene/")) {
    scene = url.pathname.split("/").pop();
    changes = {};
    resetPipelines(scene);
    resetEffects();
    closed = {};
    reset();
    played = null;
    resetTokens();
    notify_readers();
    return answer(response, 200, { scene });
  }
  if (!url.pathname.startsWith("/control/")) return file(url.pathname, response);
  if (request.headers["x-understudy-control"] !== TOKEN) {
    return answer(response, 403, { error: "The control token is missing or wrong.", fix: "Run understudyd url --ui." });
  }
  if (url.pathname === "/control/events") {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(`event: snapshot\ndata: ${JSON.stringify(snapshot())}\n\n`);
    listeners.add(response);
    return response.on("close", () => listeners.delete(response));
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const body = request.headers["content-type"] === "application/json" ? JSON.parse(text) : text;
  for (const [method, pattern, act] of routes) {
    const found = request.method === method && pattern.exec(url.pathname);
    if (!found) continue;
    const result = act(url.searchParams, found[1], body);
    if (result.document) {
      response.writeHead(200, { "content-type": result.document.kind });
      return response.end(result.document.text);
    }
    return answer(response, result.error ? (result.status ?? 404) : 200, result);
  }
  answer(response, 404, { error: `Nothing at ${request.method} ${url.pathname}.`, fix: null });
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/#token=${TOKEN}`));

setInterval(() => {
  if (scene !== "newcomer") newest += 1;
  notify_readers();
}, 5000).unref();

/** In the first run the questions stay; elsewhere the drill is a scene. */
function drills(next) {
  if (scene === "first") played = next;
  else scene = next;
  setTimeout(notify_readers, 50);
  return SCENES[next]().drill;
}

/** The snapshot follows. */
function changed(result) {
  setTimeout(notify_readers, 20);
  return result;
}

const toDecide = (open) => (open === 1 ? "1 side effect needs your decision." : `${open} side effects need your decision.`);
const missing = (error) => ({ error, fix: "It may have been deleted. Go back to the list." });
const found = (text) => incidents().filter((one) => JSON.stringify(one).toLowerCase().includes(text.toLowerCase()));
const incidents = () => (scene === "newcomer" ? [] : INCIDENTS().filter((one) => scene === "outage" || one.summary.closed));
let closed = {};
const reviews = () =>
  (made().review_open > 0 ? REVIEWS() : []).map((one) => {
    const { run = one.run, ...changed } = closed[one.summary.id] ?? {};
    return { ...one, run, summary: { ...one.summary, ...changed } };
  });
const exchanges = () => (scene === "newcomer" ? [] : Array.from({ length: newest }, (_, at) => exchange(newest - at, newest)));

function page(all, query, id) {
  const before = query.get("before");
  const rest = before === null ? all : all.filter((one) => id(one) < Number(before));
  const rows = rest.slice(0, Number(query.get("limit") ?? 50));
  return { rows, next: rest.length > rows.length ? id(rows.at(-1)) : null };
}

function answer(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function file(path, response) {
  const wanted = join(DIST, normalize(path === "/" ? "/index.html" : path));
  if (!wanted.startsWith(DIST) || !existsSync(wanted)) return answer(response, 404, { error: "No such file.", fix: "Run npm run build first." });
  response.writeHead(200, { "content-type": KINDS[extname(wanted)] ?? "application/octet-stream", "content-security-policy": POLICY });
  createReadStream(wanted).pipe(response);
}
