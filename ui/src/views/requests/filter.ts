import type { Exchange } from "../../generated/Exchange";
import type { ExchangeEnd } from "../../generated/ExchangeEnd";

export type EndFilter = "all" | "problems" | "carried" | ExchangeEnd;

/** Every word of `text` must occur somewhere in the exchange. */
export function matches(exchange: Exchange, text: string, end: EndFilter): boolean {
  if (!endMatches(exchange, end)) return false;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const hay = [
    exchange.client,
    exchange.session ?? "",
    exchange.pipeline ?? "",
    exchange.item ?? "",
    exchange.dialect,
    exchange.route,
    exchange.model,
    exchange.story,
    String(exchange.status),
    exchange.rehearsal ? "rehearsal" : "",
    ...exchange.attempts.flatMap((attempt) => [attempt.endpoint, attempt.model, attempt.outcome, attempt.stop_reason ?? ""]),
  ]
    .join("\n")
    .toLowerCase();
  return words.every((word) => hay.includes(word));
}

function endMatches(exchange: Exchange, end: EndFilter): boolean {
  switch (end) {
    case "all":
      return true;
    case "problems":
      return ["cut", "exhausted", "our_fault", "turned_away", "callers_fault", "truncated"].includes(exchange.end);
    case "carried":
      return exchange.stand_in;
    default:
      return exchange.end === end;
  }
}
