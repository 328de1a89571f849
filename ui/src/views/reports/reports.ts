import type { ReportChoices } from "../../generated/ReportChoices";

/** What a report is about: a month, or one incident. */
export type Subject = { month: string } | { incident: number };

/** The detail of Incidents that shows the reports. */
export const REPORTS = "reports";

/** "reports" is the newest month, "report-2026-11" a month, "report-12" an incident. Null: another detail. */
export function subjectOf(detail: string | null, choices: ReportChoices | null): Subject | null {
  const named = detail?.startsWith("report-") ? detail.slice("report-".length) : null;
  if (named !== null && /^\d{4}-\d{2}$/.test(named)) return { month: named };
  if (named !== null && /^\d{1,15}$/.test(named)) return { incident: Number(named) };
  const newest = choices?.months[0];
  return detail === REPORTS && newest ? { month: newest.month } : null;
}

export const isReport = (detail: string | null) => detail === REPORTS || (detail?.startsWith("report-") ?? false);

export const detailOf = (subject: Subject) => `report-${"month" in subject ? subject.month : subject.incident}`;

export type Format = "html" | "md" | "json" | "csv";

/** Null: the owner's report. */
export type Reader = { customer: string; amounts: boolean } | null;

/** Parameters of `GET /control/report`. */
export function parametersOf(subject: Subject, reader: Reader, format: Format, table: string | null = null): Record<string, string> {
  return {
    ...("month" in subject ? { month: subject.month } : { incident: String(subject.incident) }),
    ...(reader === null ? {} : { customer: reader.customer, with_values: String(reader.amounts) }),
    ...(table === null ? {} : { table }),
    format,
  };
}

/** "report-2026-11-miller-ltd.html": letters, digits and hyphens, for every file system. */
export function fileNameOf(subject: Subject, reader: Reader, format: Format, table: string | null = null): string {
  const parts = ["report", "month" in subject ? subject.month : `incident-${subject.incident}`, reader?.customer ?? "", table ?? ""];
  const words = parts.map((part) => part.toLowerCase().normalize("NFKD").replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, ""));
  return `${words.filter((word) => word !== "").join("-").slice(0, 80)}.${format}`;
}
