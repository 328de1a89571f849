// Reports as the engine writes them, shortened: one HTML file that loads nothing.

const NAME = { "2026-11": "November 2026", "2026-10": "October 2026" };

export const CHOICES = (scene) => ({
  months: scene === "newcomer" ? [{ month: "2026-11", title: "November 2026", is_over: false }] : [{ month: "2026-11", title: "November 2026", is_over: false }, { month: "2026-10", title: "October 2026", is_over: true }],
  customers: scene === "newcomer" ? [] : ["Acme Corp", "Miller Ltd"],
  tables: ["uptime", "models", "incidents", "cost", "requests", "review"],
  zone: "Europe/Berlin",
  owner: scene === "newcomer" ? null : "Ada Automations",
  logo_problem: scene === "outage" ? "The logo /home/ada/.config/understudy/logo.png is not on the reports: No such file or directory (os error 2). Its name is under [report] in the settings." : null,
});

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#dcdee3, #3a3d45); --faint: light-dark(#5c626d, #a3a9b4); }
body { margin: 0; background: light-dark(#fff, #1c1d21); color: light-dark(#1c1e23, #e7e8eb); font: 14px/1.45 system-ui, sans-serif; }
main { max-width: 860px; margin: 0 auto; padding: 28px 24px 40px; }
.faint { color: var(--faint); }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
td, th { padding: 4px 12px 4px 0; text-align: left; border-bottom: 1px solid var(--line); }
`;

/** `query`: of the request. */
export function REPORT(query) {
  const customer = query.get("customer");
  const incident = query.get("incident");
  const title = incident ? "Claude: major outage" : `${customer ? "Outages in" : "Report for"} ${NAME[query.get("month")] ?? query.get("month")}`;
  const amounts = !customer || query.get("with_values") === "true";
  const rows = customer ? [["Leads", "57 requests affected", "52 safe, 3 waiting, 2 not finished"]] : [["Claude", "99.90 %", "42 min outage"], ["OpenAI", "100 %", "no outage"]];
  switch (query.get("format")) {
    case "json":
      return { kind: "application/json", text: JSON.stringify({ schema: "understudy.report/1" }) };
    case "csv":
      return { kind: "text/csv", text: "day,own_micro_usd\r\n2026-11-01,4000000\r\n" };
    case "md":
      return { kind: "text/markdown", text: `# ${title}\n\n${customer ? `For ${customer}.` : ""}\n` };
    default:
      return {
        kind: "text/html",
        text: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style></head><body><main>
<h1>${title}</h1><p class="faint">${customer ? `For ${customer}. ` : ""}Times in Europe/Berlin.</p>
<h2>${customer ? "What it meant for your items" : "Uptime"}</h2>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table><tbody>${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("")}</tbody></table></div>
${amounts ? "<p>At risk: $5,000 to $15,000.</p>" : ""}<p class="faint">Made by Understudy.</p></main></body></html>`,
      };
  }
}
