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

/** The first 30 of 90 days are before the installation; Claude had bad days. */
export function uptime(query) {
  const all = bounds(query);
  const failed = { anthropic: { 52: 2, 61: 31, 70: 4, 89: 12 }, openai: { 86: 6 } };
  const providers = ["anthropic", "openai"].map((provider, seed) => ({
    provider,
    points: slots(all).filter((slot) => slot >= 30 && slot % 13 !== 5).map((slot) => ({ slot, calls: 60 + Math.round(noise(slot, seed) * 200), failed: failed[provider][slot] ?? 0 })),
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
  const providers = ["anthropic", "openai"].map((provider, seed) => ({
    provider,
    points: slots(all).filter((slot) => slot % 7 !== 2).map((slot) => ({ slot, measured_micro_usd: Math.round(noise(slot, seed) * 6_000_000), estimated_micro_usd: slot % 5 === 0 ? 400_000 : 0 })),
  }));
  return { bounds: all, providers, unpriced: 2 };
}

export function incidentSeries({ opened, closed, exchanges_hit, carried_by_fallback }) {
  const [from, to, count] = [Date.parse(opened), closed === null ? Date.now() : Date.parse(closed), 42];
  const all = Array.from({ length: count + 1 }, (_, at) => new Date(from + ((to - from) / count) * at).toISOString());
  if (exchanges_hit === 0) return { bounds: all, points: [] };
  const points = slots(all).map((slot) => ({ slot, failed: slot % 5 === 1 && slot < 14 ? 2 : 0, carried: slot > 4 && carried_by_fallback > 0 ? 1 + (slot % 3) : 0, waiting: slot < 6 ? 0 : slot < 20 ? 1 : 2 }));
  return { bounds: all, points };
}
