import { describe, expect, it } from "vitest";

import type { Span } from "../generated/Span";
import { plain, spansBeside, spansOr, without } from "./spans";

const text = (text: string): Span => ({ kind: "text", text });
const instant = (at: string): Span => ({ kind: "instant", at });
const at = (time: string) => Date.parse(time);

const DOWN = [text("Claude is down (since "), instant("2026-06-21T20:11:00Z"), text("). It's them, not you.")];

describe("instants", () => {
  it.each([
    ["Europe/Berlin", "22:11"],
    ["America/New_York", "16:11"],
    ["Asia/Kolkata", "01:41"],
    ["UTC", "20:11"],
  ])("read as local time in %s", (zone, time) => {
    expect(plain(DOWN, at("2026-06-21T20:30:00Z"), zone)).toBe(`Claude is down (since ${time}). It's them, not you.`);
  });

  it("have their date on another day of the viewer's zone", () => {
    // 22:11 and 00:05 in Berlin are two days; in UTC both are on 21 June.
    const now = at("2026-06-21T22:05:00Z");
    expect(plain(DOWN, now, "Europe/Berlin")).toContain("since 21 Jun, 22:11)");
    expect(plain(DOWN, now, "UTC")).toContain("since 20:11)");
    expect(plain(DOWN, now, "America/New_York")).toContain("since 16:11)");
  });

  it("use the UTC offset of their instant when the clocks go back", () => {
    // Berlin goes from UTC+2 to UTC+1 on 25 October 2026 at 01:00 UTC.
    const spans = [instant("2026-10-25T00:30:00Z"), text(" to "), instant("2026-10-25T01:30:00Z"), text(" and "), instant("2026-10-25T02:30:00Z")];
    expect(plain(spans, at("2026-10-25T12:00:00Z"), "Europe/Berlin")).toBe("02:30 to 02:30 and 03:30");
  });

  it("use the UTC offset of their instant when the clocks go forward", () => {
    // New York goes from UTC-5 to UTC-4 on 8 March 2026 at 07:00 UTC.
    const spans = [instant("2026-03-08T06:59:00Z"), text(" to "), instant("2026-03-08T07:01:00Z")];
    expect(plain(spans, at("2026-03-08T15:00:00Z"), "America/New_York")).toBe("01:59 to 03:01");
  });

  it("keep their date on the day before a clock change", () => {
    // 00:30 in Berlin on the day of the change is 22:30 UTC on the day before.
    expect(plain([instant("2026-10-24T22:30:00Z")], at("2026-10-25T22:30:00Z"), "Europe/Berlin")).toBe("00:30");
    expect(plain([instant("2026-10-24T21:30:00Z")], at("2026-10-25T22:30:00Z"), "Europe/Berlin")).toBe("24 Oct, 23:30");
  });
});

describe("durations and money", () => {
  it.each([
    [0, "less than a minute"],
    [59, "less than a minute"],
    [240, "4 min"],
    [3_600, "1 h 0 min"],
    [4_320, "1 h 12 min"],
  ])("%i seconds read %s", (seconds, text) => expect(plain([{ kind: "duration", seconds }], 0)).toBe(text));

  it.each([
    [0, "$0"],
    [9_999, "under $0.01"],
    [310_000, "$0.31"],
    [1_005_000, "$1.01"],
    [6_400_000_000, "$6,400"],
  ])("%i micro-dollars read %s", (amount, text) => expect(plain([{ kind: "money", amount }], 0)).toBe(text));
});

it("omits the name that is shown beside it", () => {
  expect(spansBeside("Claude", [text("Claude: it is them since "), instant("2026-06-21T20:11:00Z")])[0]).toEqual(text("It is them since "));
  expect(spansBeside("Claude", [instant("2026-06-21T20:11:00Z")])).toEqual([instant("2026-06-21T20:11:00Z")]);
});

it("omits a prefix of the first text", () => {
  const spans = [text("open until "), instant("2026-06-21T20:11:00Z")];
  expect(without("open ", spans)).toEqual([text("until "), instant("2026-06-21T20:11:00Z")]);
  expect(without("closed ", spans)).toBe(spans);
});

it("shows the text of an engine that sends no spans", () => {
  expect(spansOr(undefined, "since 20:11")).toEqual([text("since 20:11")]);
  expect(spansOr([], "since 20:11")).toEqual([text("since 20:11")]);
  expect(spansOr(DOWN, "since 20:11")).toBe(DOWN);
});
