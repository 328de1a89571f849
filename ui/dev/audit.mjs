// Opens each section of the built UI in headless Chromium, at 100 % and 200 % zoom, 800 and 480 px wide, light and dark, and reports what breaks a rule:
// content wider than the window, a chart without a text alternative or a table, an error in the console; with axe also its rules.
// Run `npm run build`, then `npm run audit -- [--axe axe.min.js] [--shots directory] [--browser chromium] [--only text]`. Exit code 1: a finding.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({ options: { axe: { type: "string" }, shots: { type: "string" }, browser: { type: "string", default: "chromium" }, only: { type: "string", default: "" } } });
const axe = options.axe === undefined ? null : readFileSync(options.axe, "utf8");

const WIDTH = 1280;
const HEIGHT = 900;
const SIZES = [
  { name: "100 %", width: WIDTH, zoom: 1 },
  { name: "200 %", width: WIDTH, zoom: 2 },
  { name: "800 px", width: 800, zoom: 1 },
  { name: "480 px", width: 480, zoom: 1 },
];
const SCHEMES = ["light", "dark"];
/** Presses each button, or chooses each option, in turn, and waits until the page shows the text. An entry with `run` is a script instead. */
const after = (buttons, text) => ({ buttons, text });
/** Types into a field. */
const type = (selector, text) => ({
  wants: selector,
  run: `{ const field = document.querySelector(${JSON.stringify(selector)}); field.value = ${JSON.stringify(text)}; field.dispatchEvent(new Event("input", { bubbles: true })); }`,
});
/** Chooses a file. */
const choose = (name, text) => ({
  wants: "input[type=file]",
  run: `{ const input = document.querySelector("input[type=file]"); const files = new DataTransfer(); files.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)})); input.files = files.files; input.dispatchEvent(new Event("change", { bubbles: true })); }`,
});
const EXPORT = '{"understudy_export":1}\n{"exchange":{}}\n';

/**
 * A scene of the mock server and the address of a page: each section, each page with a chart, and each state of the set-up.
 * A third entry names the state after some buttons; "shell": the page runs in the desktop application, without a tray icon.
 */
const PAGES = [
  ["green", "now"], ["outage", "now"], ["newcomer", "now"], ["drill", "now"], ["drilled", "now"], ["drill-refused", "now"],
  ["outage", "incidents"], ["outage", "incident"], ["outage", "incidents/29"],
  ["outage", "incidents/reports"], ["newcomer", "incidents/reports"], ["outage", "incidents/report-7"], ["outage", "incidents/report-x"],
  ["outage", "incidents/reports", "customer", after(["Miller Ltd"], "Include amounts")],
  ["outage", "incidents/reports", "shell"],
  ["outage", "pipelines"], ["outage", "requests"], ["outage", "requests", "searched", after([type("input[data-filter]", "no such text"), "Search all requests"], "No recorded request has this text")], ["after", "now"], ["green", "pipelines"],
  ["green", "pipelines/new", "wrong", after(["Save"], "A pipeline has a name")],
  ["after", "pipelines"], ["outage", `pipelines/${encodeURIComponent("pipeline:Leads")}`], ["outage", `pipelines/${encodeURIComponent("pipeline:Newsletter")}`],
  ["outage", `pipelines/${encodeURIComponent("pipeline:Leads")}`, "key", after(["Create another key"], "It is shown only now")],
  ["outage", `pipelines/${encodeURIComponent("pipeline:Leads")}`, "deletion", after(["Delete…"], "Delete Leads?")],
  ["outage", "pipelines/3f9a0c11d27e4b43"],
  ["outage", "pipelines/effects"], ["green", "pipelines/effects"],
  ["outage", `pipelines/${encodeURIComponent("effect:e17")}`], ["outage", `pipelines/${encodeURIComponent("effect:e19")}`],
  ["outage", `pipelines/${encodeURIComponent("effect:e17")}`, "again", after(["Send again"], "runs twice")],
  ["outage", `pipelines/${encodeURIComponent("effect:e17")}`, "arrived", after(["It arrived"], "by your decision")],
  ["outage", `pipelines/${encodeURIComponent("effect:e16")}`, "refused", after(["Not needed"], "this decision is not possible")],
  ["outage", `pipelines/${encodeURIComponent("effect:e15")}`],
  ["green", "settings/general"], ["green", "settings/clients"],
  ["first", "now"], ["bare", "now"],
  ["first", "now", "change", after(["Show the change of Claude Code"], "cannot be kept")],
  ["first", "now", "connected", after(["Connect Claude Code and Codex"], "got its response through Understudy")],
  ["conflict", "now", "outdated", after(["Connect Claude Code and Codex"], "Nothing was written")],
  ["first", "now", "seen", after(["See it work", "Start the drill", "End the drill"], "With your set-up today")],
  ["newcomer", "settings/clients"], ["bare", "settings/clients"],
  ["newcomer", "settings/clients", "change", after(["Connect… Claude Code"], "Other lines")],
  ["conflict", "settings/clients", "outdated", after(["Connect… Claude Code", "Make this change"], "Nothing was written")],
  ["newcomer", "settings/clients", "passed", after(["Connect… Claude Code", "Make this change"], "got its response through Understudy")],
  ["newcomer", "settings/clients", "failed", after(["Connect… Codex", "Make this change"], "sent no request")],
  ["waiting", "settings/clients", "lines", after(["Show the lines for n8n", "Show the lines for llm"], "Waiting for the first request of llm")],
  ["green", "settings/clients", "disconnected", after(["Disconnect Claude Code"], "keeps Understudy's address")],
  ["green", "settings/sharing"], ["newcomer", "settings/sharing"],
  ["green", "settings/sharing", "created", after([type("form input", "Tom's phone"), "Create a token"], "shown only once")],
  ["green", "settings/sharing", "refused", after([type("form input", "build server"), "Create a token"], "already a token")],
  ["green", "settings/sharing", "revoke", after(["Revoke… the token of build server"], "cannot be restored")],
  ["green", "settings/sharing", "revoked", after(["Revoke… the token of build server", "Revoke"], "is revoked")],
  ["green", "settings/sharing", "exported", after(["Export"], "is in your downloads")],
  ["green", "settings/sharing", "import", after([choose("anna.jsonl", EXPORT)], "our own server")],
  ["green", "settings/sharing", "imported", after([choose("anna.jsonl", EXPORT), "Make these changes"], "The files as they were")],
  ["green", "settings/sharing", "not-imported", after([choose("notes.txt", "hello")], "not an export")],
  ["green", "settings/stop"], ["unused", "settings/stop"],
  ["green", "settings/stop", "disconnected", after(["Disconnect and stop"], "Stop now")],
  ["green", "settings/remove"],
  ["green", "settings/remove", "disconnected", after(["Disconnect all"], "Open sessions")],
  ["unused", "settings/remove", "disconnected", after(["Continue"], "Open sessions")],
  ["green", "now", "shell"],
];

/** Opens each provider and each table. */
const OPEN_ALL = `
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const button of document.querySelectorAll("main li > button[aria-expanded=false]")) button.click();
`;

/** A list fires its event only for a choice of the user. */
const PRESS = `(part) => {
  const list = part.closest("select");
  if (list === null) return part.click();
  part.selected = true;
  list.dispatchEvent(new Event("change", { bubbles: true }));
}`;

/** Runs in the page. A part with its own scroll bar may be wider than the window. */
const CHECKS = `(() => {
  const findings = [];
  const root = document.documentElement;
  const name = (element) => element.tagName.toLowerCase() + [...element.classList].slice(0, 1).map((one) => "." + one).join("") + " in " + (element.closest("section, figure, article, nav")?.textContent.trim().slice(0, 30) ?? "the page");
  const scrolls = (element) => element !== null && element !== root && (["auto", "scroll"].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  if (root.scrollWidth > root.clientWidth) findings.push("the page is " + root.scrollWidth + " px wide, the window " + root.clientWidth);
  const wide = [...document.querySelectorAll("main *")].filter((element) => {
    const { right, width } = element.getBoundingClientRect();
    return width > 0 && right > root.clientWidth + 1 && !scrolls(element.parentElement) && !element.closest(".offstage, svg");
  });
  findings.push(...wide.slice(0, 3).map((element) => "outside the window: " + name(element)));
  const main = document.querySelector("main");
  if (main && main.scrollWidth > main.clientWidth + 1) findings.push("main scrolls sideways by " + (main.scrollWidth - main.clientWidth) + " px");
  const charts = [...document.querySelectorAll("figure svg[role=img]")];
  for (const chart of charts) {
    if ((chart.getAttribute("aria-label") ?? "").length < 20) findings.push("a chart without a text alternative: " + name(chart));
    const table = chart.closest("figure").querySelector("details table");
    if (table === null) findings.push("a chart without a table: " + name(chart));
    else if (table.getBoundingClientRect().width > chart.closest("figure").clientWidth + 1) findings.push("a table wider than its chart: " + name(chart));
  }
  return { findings, charts: charts.length };
})()`;

/** A desktop application without a tray icon, as its page sees it. */
const SHELL = `
  const place = { address: location.origin, token: new URLSearchParams(location.hash.slice(1)).get("token") };
  const missing = {
    why: "GNOME shows no tray icons without an extension, so this window opened instead.",
    how: "Install the extension AppIndicator and KStatusNotifierItem Support, log out and in, and switch it on in the application Extensions.",
    commands: [["Debian, Ubuntu", "sudo apt install gnome-shell-extension-appindicator"], ["Fedora", "sudo dnf install gnome-shell-extension-appindicator"]],
  };
  globalThis.__TAURI_INTERNALS__ = {
    invoke: async (command) => ({ connection: place, missing_panel: missing })[command] ?? 1,
    transformCallback: () => 1,
  };
  globalThis.__TAURI_EVENT_PLUGIN_INTERNALS__ = { unregisterListener: () => {} };
`;

const port = await freePort();
const mock = spawn(process.execPath, [fileURLToPath(new URL("mock.mjs", import.meta.url)), "green", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
const address = String(await new Promise((resolve) => mock.stdout.once("data", resolve))).trim();
const { origin, hash } = new URL(address);
const token = hash.slice("#token=".length);

const profile = mkdtempSync(join(tmpdir(), "understudy-audit-"));
const arguments_ = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", `--user-data-dir=${profile}`, "--remote-debugging-pipe", "about:blank"];
const browser = spawn(options.browser, arguments_, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const { send, events } = protocol(browser.stdio[3], browser.stdio[4]);

const pages = PAGES.filter((page) => page.slice(0, 3).join(" ").includes(options.only));
const findings = [];
let charts = 0;
try {
  events.on = (event) => errorOf(event) && findings.push(errorOf(event));
  for (const shown of pages) {
    for (const size of SIZES) {
      for (const scheme of SCHEMES) await inNewTab((page) => audit(page, shown, size, scheme));
    }
  }
} finally {
  browser.kill();
  mock.kill();
  await new Promise((resolve) => browser.once("exit", resolve));
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
for (const finding of [...new Set(findings)]) console.log(finding);
console.log(`${pages.length * SIZES.length * SCHEMES.length} pages, ${charts} charts, ${findings.length} findings${axe === null ? ", without axe" : ""}`);
process.exitCode = findings.length > 0 || (charts === 0 && options.only === "") ? 1 : 0;

/** A closed tab closes its event stream: a browser opens only six connections to a server. */
async function inNewTab(work) {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const page = (method, params = {}) => send(method, params, sessionId);
  for (const domain of ["Page", "Runtime", "Log"]) await page(`${domain}.enable`);
  await work(page);
  await send("Target.closeTarget", { targetId });
}

async function audit(page, [scene, name, state = "", steps = null], size, scheme) {
  const at = `${scene}/${name} ${state} ${size.name} ${scheme}`;
  if (state === "shell") await page("Page.addScriptToEvaluateOnNewDocument", { source: SHELL });
  await show(page, scene, name, size, scheme);
  if (steps !== null) await press(page, steps);
  const found = await evaluate(page, CHECKS);
  charts += found.charts;
  findings.push(...found.findings.map((one) => `${at}: ${one}`));
  if (axe !== null) findings.push(...(await axeFindings(page)).map((one) => `${at}: ${one}`));
  if (options.shots !== undefined) await shot(page, size, join(options.shots, `${at.replace(/\W+/g, "-")}.png`));
}

/** Zoom divides the width in CSS pixels, as in a browser's own zoom. */
async function show(page, scene, name, { width, zoom }, scheme) {
  await fetch(`${origin}/mock/scene/${scene}`);
  await page("Emulation.setDeviceMetricsOverride", { width: width / zoom, height: HEIGHT / zoom, deviceScaleFactor: zoom, mobile: false });
  await page("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: "reduce" }] });
  await page("Page.navigate", { url: `${origin}/#token=${token}` });
  await until(page, "document.querySelector('nav') !== null");
  const target = name === "incident" ? `incidents/${await firstIncident()}` : name;
  await evaluate(page, `void (location.hash = ${JSON.stringify(`#${target}`)})`);
  await until(page, "document.querySelector('main h1, main h2') !== null");
  await evaluate(page, OPEN_ALL);
  await until(page, "[...document.querySelectorAll('figure, main p')].every((part) => !part.textContent.includes('Loading…'))");
  await evaluate(page, OPEN_ALL);
}

/** As a screen reader names it: the text of a button, with its parts that are not visible. */
async function press(page, { buttons, text }) {
  const squeezed = (text) => text.replaceAll(/\s/g, "");
  const found = (name) => `[...document.querySelectorAll("button:not(:disabled), select:not(:disabled) option")].find((one) => one.textContent.replace(/\\s/g, "") === ${JSON.stringify(squeezed(name))})`;
  for (const name of buttons) {
    if (name.run !== undefined) {
      await until(page, `document.querySelector(${JSON.stringify(name.wants)}) !== null`);
      await evaluate(page, `${name.run};0`);
      continue;
    }
    await until(page, `${found(name)} !== undefined`);
    await evaluate(page, `(${PRESS})(${found(name)})`);
  }
  await until(page, `document.body.textContent.includes(${JSON.stringify(text)})`);
}

async function firstIncident() {
  const response = await fetch(`${origin}/control/incidents`, { headers: { "x-understudy-control": token } });
  return (await response.json()).incidents[0].id;
}

async function evaluate(page, expression) {
  const { result, exceptionDetails } = await page("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
}

async function until(page, condition) {
  const polled = `new Promise((resolve, reject) => {
    const end = Date.now() + 30000;
    (function look() {
      if (${condition}) resolve(true);
      else if (Date.now() > end) reject(new Error(${JSON.stringify(`waited 30 s for: ${condition}`)}));
      else setTimeout(look, 50);
    })();
  })`;
  return evaluate(page, polled);
}

async function axeFindings(page) {
  await evaluate(page, `${axe};0`);
  const rules = await evaluate(page, "window.axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `axe ${id}: ${nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`))");
  return rules;
}

/** The content scrolls inside the window, so the window is made as high as the content. */
async function shot(page, { width, zoom }, file) {
  const height = await evaluate(page, `Math.ceil(Math.max(400, ...[...document.querySelectorAll("main, main *, dialog *")]
    .filter((part) => part.scrollHeight > part.clientHeight && getComputedStyle(part).overflowY === "auto" && part.closest("pre, ul") === null)
    .map((part) => part.scrollHeight + (part.closest("dialog") ? 150 : part.getBoundingClientRect().top)), document.querySelector("main").scrollHeight))`);
  await page("Emulation.setDeviceMetricsOverride", { width: width / zoom, height, deviceScaleFactor: zoom, mobile: false });
  const { data } = await page("Page.captureScreenshot", { captureBeyondViewport: true });
  writeFileSync(file, Buffer.from(data, "base64"));
}

function errorOf({ method, params }) {
  if (method === "Runtime.exceptionThrown") return `exception: ${params.exceptionDetails.exception?.description ?? params.exceptionDetails.text}`;
  // A change that is outdated is answered with 409, and a form with an error with 422; the page shows it.
  const expected = method === "Log.entryAdded" && /status of (409|422)/.test(params.entry.text);
  if (method === "Log.entryAdded" && params.entry.level === "error" && !expected) return `console: ${params.entry.text} ${params.entry.url ?? ""}`;
  return null;
}

/** Messages of the DevTools protocol, each ended by a zero byte. */
function protocol(to, from) {
  const waiting = new Map();
  const events = { on: () => {} };
  let [next, rest] = [1, ""];
  from.setEncoding("utf8").on("data", (chunk) => {
    const parts = (rest + chunk).split("\0");
    rest = parts.pop();
    for (const message of parts.map((part) => JSON.parse(part))) {
      const answer = waiting.get(message.id);
      waiting.delete(message.id);
      if (answer === undefined) events.on(message);
      else if (message.error) answer.reject(new Error(message.error.message));
      else answer.resolve(message.result);
    }
  });
  const send = (method, params = {}, sessionId = undefined) =>
    new Promise((resolve, reject) => {
      waiting.set(next, { resolve, reject });
      to.write(`${JSON.stringify({ id: next, method, params, sessionId })}\0`);
      next += 1;
    });
  return { send, events };
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}
