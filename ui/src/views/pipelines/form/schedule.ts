/** Days and hours as the picker shows them. */
export type Hours = { days: boolean[]; from: string; to: string; zone: string };

export const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

/** "Mon-Fri 09:00-17:00 Europe/Berlin"; null: the text has another form. */
export function hoursOf(text: string): Hours | null {
  const found = /^(\S+)\s+(\d\d:\d\d)-(\d\d:\d\d)\s+(\S+)$/.exec(text.trim());
  const days = found && daysOf(found[1] ?? "");
  return days ? { days, from: found[2] ?? "", to: found[3] ?? "", zone: found[4] ?? "" } : null;
}

export function textOf({ days, from, to, zone }: Hours): string {
  return `${shortened(days)} ${from}-${to} ${zone}`;
}

function daysOf(text: string): boolean[] | null {
  if (text.toLowerCase() === "daily") return DAYS.map(() => true);
  const days = DAYS.map(() => false);
  for (const part of text.split(",")) {
    const ends = part.split("-").map((name) => DAYS.findIndex((day) => day.toLowerCase() === name.toLowerCase()));
    const [first = -1, last = first] = ends;
    if (ends.length > 2 || first < 0 || last < 0) return null;
    for (let at = first; ; at = (at + 1) % DAYS.length) {
      days[at] = true;
      if (at === last) break;
    }
  }
  return days;
}

/** Days in a row as a range: "Mon-Fri", "Mon,Wed,Sat". */
function shortened(days: readonly boolean[]): string {
  if (days.every(Boolean)) return "daily";
  const parts: string[] = [];
  for (let at = 0; at < DAYS.length; at += 1) {
    if (!days[at]) continue;
    let last = at;
    while (days[last + 1]) last += 1;
    if (last - at >= 2) parts.push(`${DAYS[at]}-${DAYS[last]}`);
    else parts.push(...DAYS.slice(at, last + 1));
    at = last;
  }
  return parts.join(",");
}
