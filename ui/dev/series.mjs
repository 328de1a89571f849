// Figures over time as the engine sends them, for development and screenshots.

const DAY = 86_400_000;

/** The same figures at each start: a number from 0 to 1 for a slot and a provider. */
const noise = (slot, seed) => ((slot * 7919 + seed * 104_729) % 997) / 997;

function bounds(query) {
  const hours = query.get("hours");
  const [count, step] = hours === null ? [Number(query.get("days") ?? 30), DAY] : [Number(hours), 3_600_000];
  const end = hours === null ? new Date().setHours(24, 0, 0, 0) : Math.ceil(Date.now() / step) * step;
  return Array.from({ length: count + 1 }, (_, at) => new Date(end - (count - at) * step).toISOString());
}

const slots = (all) => Array.from({ length: all.length - 1 }, (_, slot) => slot);

/** The first 30 of 90 days are before the installation; Claude had bad days, a limit, and a day without the internet. */
export function uptime(query, incidents) {
  const all = bounds(query);
  const failed = {
    anthropic: { 52: [2, 2, 0], 61: [31, 12, 19], 70: [4, 0, 4], 83: [9, 2, 29], 89: [12, 2, 12] },
    openai: { 86: [6, 0, 6] },
  };
  const limits = { anthropic: { 64: 18, 65: 41, 78: 7 }, openai: {} };
  const local = { anthropic: { 57: 22, 84: 3 }, openai: { 57: 9 } };
  const providers = ["anthropic", "openai"].map((provider, seed) => ({
    provider,
    points: slots(all)
      .filter((slot) => slot >= 30 && slot % 13 !== 5)
      .map((slot) => {
        const [failures, uncarried, carried] = failed[provider][slot] ?? [0, 0, 0];
        return { slot, calls: failures + 40 + Math.round(noise(slot, seed) * 60), failed: failures, uncarried, carried, limits: limits[provider][slot] ?? 0, local: local[provider][slot] ?? 0 };
      }),
    incidents: incidents.filter((one) => one.summary.provider === provider).map(({ summary: { id, opened, closed } }) => ({ id, opened, closed })).sort((a, b) => a.id - b.id),
  }));
  return { bounds: all, providers };
}

export function latency(query) {
  const all = bounds(query);
  const point = (slot, seed, measure, base) => ({ slot, measure, responses: 4 + (slot % 9), p50_ms: Math.round(base * (0.8 + noise(slot, seed) * 0.5)), p95_ms: Math.round(base * (1.5 + noise(slot, seed + 3))) });
  const providers = ["anthropic", "openai"].map((provider, seed) => ({
    provider,
    points: slots(all).filter((slot) => slot % 11 !== 3).flatMap((slot) => [point(slot, seed, "first_token", 640 + seed * 180), point(slot, seed, "total", 6_400 + seed * 900)]),
  }));
  return { bounds: all, providers };
}

export function cost(query) {
  const all = bounds(query);
  const own = (slot, seed) => Math.round(noise(slot, seed) * 3_000_000);
  const fallback = { 10: 2_400_000, 11: 4_700_000, 23: 1_900_000, 29: 230_000 };
  const point = (slot, seed) => ({
    slot, own_micro_usd: own(slot, seed), fallback_micro_usd: seed === 1 ? (fallback[slot] ?? 0) : 0, probes_micro_usd: 40_000, estimated_micro_usd: slot % 5 === 0 ? 400_000 : 0,
    unpriced: seed === 0 && slot % 9 === 2 ? 2 : 0,
  });
  const providers = ["anthropic", "openai"].map((provider, seed) => ({ provider, points: slots(all).filter((slot) => slot % 7 !== 2).map((slot) => point(slot, seed)) }));
  return { bounds: all, providers };
}

/** Claude's page follows its failure after some minutes; there are few requests at night. */
export function ribbon(provider, down) {
  const end = Math.ceil(Date.now() / 900_000) * 900_000;
  const all = Array.from({ length: 97 }, (_, at) => new Date(end - (96 - at) * 900_000).toISOString());
  const hour = (slot) => new Date(all[slot]).getHours();
  const calls = (slot, answered, failed, limits = 0, local = 0) => ({ slot, answered, failed, limits, local });
  const bad = (slot) => provider === "anthropic" && down && slot >= 93;
  const page = slots(all).filter((slot) => slot < 40 || slot > 43).flatMap((slot) => [
    { surface: "api", slot, level: bad(slot) && slot > 93 ? "partial_outage" : slot >= 60 && slot < 63 && provider === "anthropic" ? "degraded" : "operational" },
    { surface: "claude-ai", slot, level: bad(slot) ? "major_outage" : "operational" },
  ]);
  page.push(...[40, 41, 42, 43].map((slot) => ({ surface: "", slot, level: "unknown" })));
  const probes = slots(all).filter((slot) => slot % 2 === 0 || bad(slot)).map((slot) => (bad(slot) ? calls(slot, 0, 3) : calls(slot, 1, 0)));
  const traffic = slots(all).filter((slot) => bad(slot) || (hour(slot) >= 7 && hour(slot) < 23 && slot % 5 !== 1)).map((slot) =>
    bad(slot) ? calls(slot, slot === 93 ? 2 : 0, 4) : slot >= 70 && slot < 73 ? calls(slot, 0, 0, 3) : calls(slot, 3 + (slot % 4), slot === 61 ? 1 : 0));
  return { bounds: all, page, probes, traffic };
}

/** Requests of an incident: one by one, and of one client by time if there are many. */
export function lanes({ opened, closed, exchanges_hit: hit }) {
  const [from, to, count] = [Date.parse(opened), closed === null ? Date.now() : Date.parse(closed), 42];
  const all = Array.from({ length: count + 1 }, (_, at) => new Date(from + ((to - from) / count) * at).toISOString());
  if (hit === 0) return { bounds: all, lanes: [] };
  const span = to - from;
  const names = [["pipeline", "Leads"], ["client", "Claude Code"], ["client", "Codex"]];
  const outcome = (at) => (at < 2 ? "failed" : at === 2 ? "interrupted" : at % 5 === 0 ? "waiting" : at % 7 === 6 ? "answered" : "carried");
  const bars = Array.from({ length: hit }, (_, at) => {
    const began = from + span * (0.02 + 0.9 * ((at + noise(at, 3) * 0.6) / hit));
    return { id: 214 - hit + at, began: new Date(began).toISOString(), ended: new Date(began + 4_000 + noise(at, 5) * span * 0.04).toISOString(), outcome: outcome(at), closed: at % 10 === 0 ? new Date(began + span * 0.3).toISOString() : null };
  });
  const small = names.map(([of, name], lane) => ({ of, name, requests: 0, bars: bars.filter((_, at) => at % 3 === lane), counts: [] })).filter((one) => one.bars.length > 0);
  const found = small.map((one) => ({ ...one, requests: one.bars.length }));
  if (hit < 80) return { bounds: all, lanes: found };
  const counts = slots(all).flatMap((slot) => [
    { slot, outcome: "carried", requests: 6 + Math.round(noise(slot, 1) * 12) },
    ...(slot < 6 ? [{ slot, outcome: "failed", requests: 4 }] : []),
    ...(slot % 6 === 2 ? [{ slot, outcome: "waiting", requests: 2 }] : []),
  ]);
  return { bounds: all, lanes: [{ of: "client", name: "n8n", requests: counts.reduce((sum, one) => sum + one.requests, 0), bars: [], counts }, ...found] };
}
