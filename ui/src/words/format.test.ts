import { describe, expect, it } from "vitest";

import { ago, beside, cost, count, duration, exactMoney, lasted, moment, money, moneyRange, namesCause, plural, timeToTheSecond } from "./format";

const AT = "2026-06-21T20:04:00Z";
const after = (seconds: number) => Date.parse(AT) + seconds * 1_000;

describe("money", () => {
  it.each([
    [0, "$0"],
    [12, "under $0.01"],
    [9_999, "under $0.01"],
    [11_600, "$0.01"],
    [123_400, "$0.12"],
    [12_400_000, "$12.40"],
    [5_000_000_000, "$5,000"],
    [5_000_250_000, "$5,000.25"],
    [-2_500_000, "-$2.50"],
  ])("%i micro-dollars read %s", (micro, text) => expect(money(micro)).toBe(text));

  it.each([
    [0, "$0"],
    [12, "<$0.0001"],
    [4_200, "$0.0042"],
    [99_949, "$0.0999"],
    [123_400, "$0.12"],
  ])("%i micro-dollars of one request read %s", (micro, text) => expect(exactMoney(micro)).toBe(text));

  it('writes "about" if tokens are estimated', () => {
    expect(cost(4_200, true)).toBe("about $0.0042");
    expect(cost(4_200, false)).toBe("$0.0042");
  });

  it("writes one amount if both ends are equal", () => {
    expect(moneyRange(5_000_000_000, 15_000_000_000)).toBe("$5,000 to $15,000");
    expect(moneyRange(2_000_000_000, 2_000_000_000)).toBe("$2,000");
  });
});

describe("duration", () => {
  it.each([
    [0, "0 ms"],
    [840, "840 ms"],
    [4_240, "4.2 s"],
    [59_949, "59.9 s"],
    [59_950, "1 min"],
    [200_000, "3 min 20 s"],
    [2_519_000, "41 min"],
    [3_599_600, "1 h"],
    [14_700_000, "4 h 5 min"],
    [183_600_000, "2 d 3 h"],
  ])("%i ms read %s", (ms, text) => expect(duration(ms)).toBe(text));
});

describe("lasted", () => {
  it.each([
    [0.4, "0 s"],
    [40, "40 s"],
    [238, "3 min"],
    [1_375, "22 min"],
    [3_600, "1 h"],
    [7_500, "2 h 5 min"],
    [183_600, "2 d 3 h"],
  ])("%f s read %s", (seconds, text) => expect(lasted(seconds)).toBe(text));
});

it.each([
  ["Claude: it is them. 12 of 12 probes failed.", true],
  ["It's them. All 23 calls failed.", true],
  ["It is not clear whose fault it is. 8 of 8 requests failed.", true],
  ["12 of 14 requests failed; it is them.", false],
])("%s names its cause: %s", (evidence, named) => expect(namesCause(evidence)).toBe(named));

describe("times", () => {
  it.each([
    [-30, "just now"],
    [4, "just now"],
    [5, "5 s ago"],
    [59, "59 s ago"],
    [60, "1 min ago"],
    [3_599, "59 min ago"],
    [7_200, "2 h ago"],
    [86_400, "21 Jun, 20:04"],
  ])("%i s later it was %s", (seconds, text) => expect(ago(AT, after(seconds))).toBe(text));

  it("adds the date to a time with seconds only on another day", () => {
    expect(timeToTheSecond(AT, after(60))).toBe("20:04:00");
    expect(timeToTheSecond(AT, after(5 * 3_600))).toBe("21 Jun, 20:04:00");
  });

  it("adds the date only on another day", () => {
    expect(moment(AT, after(3_600))).toBe("20:04");
    expect(moment(AT, after(5 * 3_600))).toBe("21 Jun, 20:04");
  });
});

describe("counts", () => {
  it("groups thousands and uses the singular for one", () => {
    expect(count(12_345)).toBe("12,345");
    expect(plural(1, "request", "requests")).toBe("1 request");
    expect(plural(0, "request", "requests")).toBe("0 requests");
  });
});

describe("a sentence beside its name", () => {
  it.each([
    ["Claude", "Claude: it is them.", "It is them."],
    ["Claude", "Claude Code is fine.", "Claude Code is fine."],
    ["Claude", "", ""],
  ])("%s, %j reads %j", (name, sentence, text) => expect(beside(name, sentence)).toBe(text));
});
