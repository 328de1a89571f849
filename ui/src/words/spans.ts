import type { Span } from "../generated/Span";
import { moment, money } from "./format";

/** Spans as one text, with instants in the viewer's zone, or in `zone`. */
export function plain(spans: Span[], now: number, zone?: string): string {
  return spans.map((span) => spanText(span, now, zone)).join("");
}

export function spanText(span: Span, now: number, zone?: string): string {
  switch (span.kind) {
    case "text":
      return span.text;
    case "instant":
      return moment(span.at, now, zone);
    case "duration":
      return durationText(span.seconds);
    case "money":
      return money(span.amount);
  }
}

/** Sentences as spans. An engine of an earlier version sends only `text`, with times in its own zone. */
export function spansOr(spans: Span[] | undefined, text: string): Span[] {
  return spans && spans.length > 0 ? spans : [{ kind: "text", text }];
}

/** "Claude: it is them." beside the name "Claude": "It is them." */
export function spansBeside(name: string, spans: Span[]): Span[] {
  const [first, ...rest] = spans;
  if (first?.kind !== "text") return spans;
  const text = first.text.startsWith(`${name}: `) ? first.text.slice(name.length + 2) : first.text;
  return [{ kind: "text", text: text.charAt(0).toUpperCase() + text.slice(1) }, ...rest];
}

/** "open until 20:14" without "open ": "until 20:14". */
export function without(prefix: string, spans: Span[]): Span[] {
  const [first, ...rest] = spans;
  if (first?.kind !== "text" || !first.text.startsWith(prefix)) return spans;
  return [{ kind: "text", text: first.text.slice(prefix.length) }, ...rest];
}

/** "1 h 12 min", "4 min": the same words as the notification and the command line use. */
function durationText(seconds: number): string {
  const minutes = Math.floor(Math.max(seconds, 0) / 60);
  if (minutes === 0) return "less than a minute";
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
