import type { Dialect } from "../../generated/Dialect";
import type { Exchange } from "../../generated/Exchange";
import type { Explained } from "../../generated/Explained";
import type { Provider } from "../../generated/Provider";
import type { Session } from "../../generated/Session";
import { KEY_REFUSED, resultOf } from "../../words/labels";
import { modelName } from "../../words/models";

/** How a client logs in: a parameter of `GET /control/explain`. */
export type Login = "none" | "key" | "subscription";

/** A client by its requests: its usual model and its login. */
export type Client = {
  name: string;
  pipeline: string | null;
  model: string;
  dialect: Dialect;
  login: Login;
  lastSeen: string;
  open: number;
  /** Endpoint that refused the key or login of its last request. */
  refusedBy: string | null;
};

/** "Claude Opus, then GPT Sol". `moved`: a fallback answers now. `consent`: the product that needs the owner's consent to be a fallback. */
export type Line = { models: string[]; moved: boolean; missing: "nothing" | "fallback" | "answer"; consent: string | null };

/** One entry for each client and pipeline, by name: the order stays as requests come. Rehearsals and refused connections are left out. */
export function clientsOf(exchanges: readonly Exchange[], sessions: readonly Session[], providers: readonly Provider[]): Client[] {
  const groups = new Map<string, [Exchange, ...Exchange[]]>();
  for (const exchange of exchanges) {
    if (exchange.rehearsal || exchange.client === "" || exchange.end === "turned_away") continue;
    const key = JSON.stringify([exchange.client, exchange.pipeline]);
    const group = groups.get(key);
    if (group) group.push(exchange);
    else groups.set(key, [exchange]);
  }
  const clients = [...groups.values()].map((rows) => clientOf(rows, sessions, providers));
  return clients.sort((a, b) => a.name.localeCompare(b.name) || (a.pipeline ?? "").localeCompare(b.pipeline ?? ""));
}

export function lineOf(explained: Explained, login: Login, paidAllowed: boolean, productOf: (endpoint: string) => string): Line {
  const usable = explained.candidates.filter((candidate) => candidate.usable);
  const named = explained.fallbacks;
  const models = usable.map(({ endpoint, model }, at) => {
    const fallback = at === 0 ? undefined : named.find((one) => one.endpoint === endpoint && one.model === model);
    return fallback?.name ?? (model === null ? productOf(endpoint) : modelName(model));
  });
  const first = usable[0]?.model ?? null;
  const moved = first !== null && modelName(first) !== modelName(explained.model);
  const missing = usable.length === 0 ? "answer" : usable.length === 1 ? "fallback" : "nothing";
  const others = named.filter((one) => one.endpoint !== usable[0]?.endpoint);
  const asks = missing === "fallback" && login === "subscription" && !paidAllowed && others[0];
  return { models: [...new Set(models)], moved, missing, consent: asks ? productOf(asks.endpoint) : null };
}

function clientOf(rows: readonly [Exchange, ...Exchange[]], sessions: readonly Session[], providers: readonly Provider[]): Client {
  const [{ client: name, pipeline, started: lastSeen }] = rows;
  const usual = mostFrequent(rows);
  const open = sessions.filter((session) => session.client === name).reduce((sum, session) => sum + session.open, 0);
  return { name, pipeline: pipeline ?? null, model: usual.model, dialect: usual.dialect, login: loginOf(rows, providers), lastSeen, open, refusedBy: refusedBy(rows[0]) };
}

function refusedBy(newest: Exchange): string | null {
  return resultOf(newest) === KEY_REFUSED ? (newest.attempts.at(-1)?.endpoint ?? null) : null;
}

function loginOf(rows: readonly Exchange[], providers: readonly Provider[]): Login {
  const attempts = rows.flatMap((row) => row.attempts);
  if (attempts.some((attempt) => attempt.by_subscription)) return "subscription";
  const endpoints = providers.flatMap((provider) => provider.endpoints);
  const ownKey = (id: string) => endpoints.some((endpoint) => endpoint.id === id && endpoint.key === "client_login");
  return attempts.some((attempt) => ownKey(attempt.endpoint)) ? "key" : "none";
}

/** A request for the most frequent model; of several such models, for the last requested one. */
function mostFrequent(rows: readonly [Exchange, ...Exchange[]]): Exchange {
  const frequency = ({ model }: Exchange) => rows.filter((row) => row.model === model).length;
  return rows.reduce((best, row) => (frequency(row) > frequency(best) ? row : best));
}
