/** Micro-dollars, in the words of the notification and the command line: "under $0.01", "$0.31", "$6,400". */
export function money(micro: number): string {
  if (micro < 0) return `-${money(-micro)}`;
  if (micro >= 1 && micro < 10_000) return "under $0.01";
  const cents = Math.floor((micro + 5_000) / 10_000);
  const dollars = Math.floor(cents / 100).toLocaleString("en-US");
  return cents % 100 === 0 ? `$${dollars}` : `$${dollars}.${String(cents % 100).padStart(2, "0")}`;
}

/** Micro-dollars of one request, and of a chart's scale: "$0.0042", "$12.40". */
export function exactMoney(micro: number): string {
  return micro >= 1 && micro < 100_000 ? (micro < 100 ? "<$0.0001" : `$${(micro / 1_000_000).toFixed(4)}`) : money(micro);
}

/** The cost of an exchange or an attempt; "about" if some of its tokens are estimated from bytes. */
export function cost(micro: number, tokensEstimated: boolean): string {
  return tokensEstimated ? `about ${exactMoney(micro)}` : exactMoney(micro);
}

export function moneyRange(low: number, high: number): string {
  return low === high ? money(low) : `${money(low)} to ${money(high)}`;
}

export function count(number: number): string {
  return number.toLocaleString("en-US");
}

export function plural(number: number, one: string, many: string): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** "Claude: it is them." without the name "Claude": "It is them." */
export function beside(name: string, sentence: string): string {
  const rest = sentence.startsWith(`${name}: `) ? sentence.slice(name.length + 2) : sentence;
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** The evidence names the cause itself: "Claude: it is them. …", "It's them. …". */
export function namesCause(evidence: string): boolean {
  return /^(?:[^:.]+: )?it(?:'s| is) /i.test(evidence);
}

/** A span of ms: "840 ms", "4.2 s", "3 min 20 s", "42 min", "4 h 5 min", "2 d 3 h". */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds >= 600 && seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 3_600) return twoUnits(seconds, 60, "min", 1, "s");
  if (seconds < 86_400) return twoUnits(seconds, 3_600, "h", 60, "min");
  return twoUnits(seconds, 86_400, "d", 3_600, "h");
}

/** "40 s", "4 min", "1 h 20 min", "3 d 4 h": the same words as the notification, the report and the command line use. */
export function lasted(seconds: number): string {
  const full = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(full / 60) % 60;
  const hours = Math.floor(full / 3_600) % 24;
  const days = Math.floor(full / 86_400);
  if (days > 0) return hours === 0 ? `${days} d` : `${days} d ${hours} h`;
  if (hours > 0) return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${full} s`;
}

/** "5 s ago", "3 min ago", "2 h ago"; a day or more is a date. */
export function ago(at: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(at)) / 1_000);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return timesIn().dayAndTime.format(new Date(at));
}

/** "20:04" today, "21 Jun, 20:04" on another day, in the viewer's zone. */
export function moment(at: string, now: number, zone?: string): string {
  const times = timesIn(zone);
  return (sameDay(at, now, times) ? times.time : times.dayAndTime).format(new Date(at));
}

/** "20:04:11" today, "21 Jun, 20:04:11" on another day. */
export function timeToTheSecond(at: string, now: number): string {
  const times = timesIn();
  return (sameDay(at, now, times) ? times.second : times.dayAndSecond).format(new Date(at));
}

/** "Sunday, 21 June 2026 at 20:04:11 CEST" */
export function exact(at: string): string {
  return timesIn().exact.format(new Date(at));
}

/** "21 Jun" */
export function day(at: string, zone?: string): string {
  return timesIn(zone).day.format(new Date(at));
}

/** The name of the viewer's zone, read at each call: a laptop moves between zones while the window is open. */
export function viewerZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

type Times = Record<"time" | "second" | "day" | "dayAndTime" | "dayAndSecond" | "date" | "exact", Intl.DateTimeFormat>;

const zones = new Map<string, Times>();

function timesIn(zone = viewerZone()): Times {
  const known = zones.get(zone);
  if (known) return known;
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
  const time = { hour: "2-digit", minute: "2-digit" } as const;
  const second = { ...time, second: "2-digit" } as const;
  const day = { day: "numeric", month: "short" } as const;
  const times = {
    time: format(time),
    second: format(second),
    day: format(day),
    dayAndTime: format({ ...day, ...time }),
    dayAndSecond: format({ ...day, ...second }),
    date: format({ dateStyle: "short" }),
    exact: format({ dateStyle: "full", timeStyle: "long" }),
  };
  zones.set(zone, times);
  return times;
}

function sameDay(at: string, now: number, times: Times): boolean {
  return times.date.format(new Date(at)) === times.date.format(new Date(now));
}

function twoUnits(seconds: number, big: number, bigName: string, small: number, smallName: string): string {
  const bigs = Math.floor(seconds / big);
  const smalls = Math.floor((seconds % big) / small);
  return smalls === 0 ? `${bigs} ${bigName}` : `${bigs} ${bigName} ${smalls} ${smallName}`;
}
