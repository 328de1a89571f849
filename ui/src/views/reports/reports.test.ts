import { expect, test } from "vitest";

import type { ReportChoices } from "../../generated/ReportChoices";
import { detailOf, fileNameOf, isReport, parametersOf, subjectOf } from "./reports";

const CHOICES: ReportChoices = {
  months: [
    { month: "2026-11", title: "November 2026", is_over: false },
    { month: "2026-10", title: "October 2026", is_over: true },
  ],
  customers: ["Miller Ltd"],
  tables: ["uptime", "cost"],
  zone: "Europe/Berlin",
  owner: null,
  logo_problem: null,
};

test("the address names a month or an incident", () => {
  expect(subjectOf("reports", CHOICES)).toEqual({ month: "2026-11" });
  expect(subjectOf("reports", null)).toBeNull();
  expect(subjectOf("report-2026-10", null)).toEqual({ month: "2026-10" });
  expect(subjectOf("report-12", null)).toEqual({ incident: 12 });
  for (const other of [null, "12", "report-", "report-x", "report-2026-1"]) expect(subjectOf(other, CHOICES)).toBeNull();
  expect(["reports", "report-12", "12", null].map(isReport)).toEqual([true, true, false, false]);
  for (const subject of [{ month: "2026-10" }, { incident: 7 }]) expect(subjectOf(detailOf(subject), null)).toEqual(subject);
});

test("amounts are wanted only for a customer", () => {
  expect(parametersOf({ month: "2026-11" }, null, "csv", "cost")).toEqual({ month: "2026-11", format: "csv", table: "cost" });
  expect(parametersOf({ incident: 12 }, { customer: "Miller Ltd", amounts: false }, "md")).toEqual({
    incident: "12",
    customer: "Miller Ltd",
    with_values: "false",
    format: "md",
  });
});

test("a file name has no sign that a file system refuses", () => {
  expect(fileNameOf({ month: "2026-11" }, null, "csv", "cost")).toBe("report-2026-11-cost.csv");
  expect(fileNameOf({ incident: 12 }, { customer: "Müller & Söhne/../Ltd.", amounts: false }, "html")).toBe("report-incident-12-mu-ller-so-hne-ltd.html");
  expect(fileNameOf({ incident: 12 }, { customer: "三菱", amounts: true }, "md")).toBe("report-incident-12.md");
  expect(fileNameOf({ month: "2026-11" }, { customer: "x".repeat(500), amounts: false }, "md").length).toBe(83);
});
