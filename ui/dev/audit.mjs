// Opens each section of the built UI in headless Chromium, at 100 % and 200 % zoom, light and dark, and reports what breaks a rule:
// content wider than the window, a chart without a text alternative or a table, an error in the console; with axe also its rules.
// Run `npm run build`, then `npm run audit -- [--axe axe.min.js] [--shots directory] [--browser chromium]`. Exit code 1: a finding.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({ options: { axe: { type: "string" }, shots: { type: "string" }, browser: { type: "string", default: "chromium" } } });
const axe = options.axe === undefined ? null : readFileSync(options.axe, "utf8");

const WIDTH = 1280;
const HEIGHT = 900;
const ZOOMS = [1, 2];
const SCHEMES = ["light", "dark"];
/** A scene of the mock server and the address of a page. Each section, and each page with a chart. */
const PAGES = [
  ["green", "now"], ["outage", "now"], ["newcomer", "now"], ["drill", "now"], ["drilled", "now"], ["drill-refused", "now"],
  ["outage", "incidents"], ["outage", "incident"],
  ["outage", "pipelines"], ["outage", "requests"],
  ["green", "settings/general"], ["green", "settings/clients"],
];

/** Opens each provider and each table. */
const OPEN_ALL = `
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const button of document.querySelectorAll("main li > button[aria-expanded=false]")) button.click();
`;

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

const port = await freePort();
const mock = spawn(process.execPath, [fileURLToPath(new URL("mock.mjs", import.meta.url)), "green", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
const address = String(await new Promise((resolve) => mock.stdout.once("data", resolve))).trim();
const { origin, hash } = new URL(address);
const token = hash.slice("#token=".length);

const profile = mkdtempSync(join(tmpdir(), "understudy-audit-"));
const arguments_ = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", `--user-data-dir=${profile}`, "--remote-debugging-pipe", "about:blank"];
const browser = spawn(options.browser, arguments_, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const { send, events } = protocol(browser.stdio[3], browser.stdio[4]);

const findings = [];
let charts = 0;
try {
  events.on = (event) => errorOf(event) && findings.push(errorOf(event));
  for (const [scene, name] of PAGES) {
    for (const zoom of ZOOMS) {
      for (const scheme of SCHEMES) await inNewTab((page) => audit(page, scene, name, zoom, scheme));
    }
  }
} finally {
  browser.kill();
  mock.kill();
  await new Promise((resolve) => browser.once("exit", resolve));
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
for (const finding of [...new Set(findings)]) console.log(finding);
console.log(`${PAGES.length * ZOOMS.length * SCHEMES.length} pages, ${charts} charts, ${findings.length} findings${axe === null ? ", without axe" : ""}`);
process.exitCode = findings.length > 0 || charts === 0 ? 1 : 0;

/** A closed tab closes its event stream: a browser opens only six connections to a server. */
async function inNewTab(work) {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const page = (method, params = {}) => send(method, params, sessionId);
  for (const domain of ["Page", "Runtime", "Log"]) await page(`${domain}.enable`);
  await work(page);
  await send("Target.closeTarget", { targetId });
}

async function audit(page, scene, name, zoom, scheme) {
  const at = `${scene}/${name} ${zoom * 100} % ${scheme}`;
  await show(page, scene, name, zoom, scheme);
  const found = await evaluate(page, CHECKS);
  charts += found.charts;
  findings.push(...found.findings.map((one) => `${at}: ${one}`));
  if (axe !== null) findings.push(...(await axeFindings(page)).map((one) => `${at}: ${one}`));
  if (options.shots !== undefined) await shot(page, zoom, join(options.shots, `${at.replace(/\W+/g, "-")}.png`));
}

/** Zoom divides the width in CSS pixels, as in a browser's own zoom. */
async function show(page, scene, name, zoom, scheme) {
  await fetch(`${origin}/mock/scene/${scene}`);
  await page("Emulation.setDeviceMetricsOverride", { width: WIDTH / zoom, height: HEIGHT / zoom, deviceScaleFactor: zoom, mobile: false });
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
    const end = Date.now() + 10000;
    (function look() {
      if (${condition}) resolve(true);
      else if (Date.now() > end) reject(new Error(${JSON.stringify(`waited 10 s for: ${condition}`)}));
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
async function shot(page, zoom, file) {
  const height = await evaluate(page, "Math.max(document.querySelector('main').scrollHeight, 400)");
  await page("Emulation.setDeviceMetricsOverride", { width: WIDTH / zoom, height, deviceScaleFactor: zoom, mobile: false });
  const { data } = await page("Page.captureScreenshot", { captureBeyondViewport: true });
  writeFileSync(file, Buffer.from(data, "base64"));
}

function errorOf({ method, params }) {
  if (method === "Runtime.exceptionThrown") return `exception: ${params.exceptionDetails.exception?.description ?? params.exceptionDetails.text}`;
  if (method === "Log.entryAdded" && params.entry.level === "error") return `console: ${params.entry.text} ${params.entry.url ?? ""}`;
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
