import type { MayGoTo } from "../../../generated/MayGoTo";
import type { PipelineForm } from "../../../generated/PipelineForm";
import type { PipelineRuns } from "../../../generated/PipelineRuns";

/** The form as its fields show it: a number is a text or null while it is typed, and a share is a percentage. */
export type Draft = {
  name: string;
  customer: string;
  weeklyItems: number | null;
  value: number | null;
  currency: string;
  schedule: string;
  surgeLow: number | null;
  surgeHigh: number | null;
  providers: string[];
  mayGoTo: MayGoToChoice;
  endpoints: string[];
  runs: PipelineRuns;
  steps: DraftStep[];
};

/** `percent` null: measured. */
export type DraftStep = { name: string; percent: number | null };

export type MayGoToChoice = "default" | "named" | "same_vendor" | "any" | "endpoints";

export function newDraft(name = ""): Draft {
  return {
    name, customer: "", weeklyItems: null, value: null, currency: "USD", schedule: "", surgeLow: null, surgeHigh: null,
    providers: [], mayGoTo: "default", endpoints: [], runs: "here", steps: [],
  };
}

export function draftOf(form: PipelineForm): Draft {
  const endpoints = typeof form.may_go_to === "object" && form.may_go_to !== null ? form.may_go_to.endpoints : [];
  return {
    name: form.name,
    customer: form.customer ?? "",
    weeklyItems: form.weekly_items,
    value: form.value,
    currency: form.currency?.toUpperCase() ?? "USD",
    schedule: form.schedule ?? "",
    surgeLow: form.surge?.[0] ?? null,
    surgeHigh: form.surge?.[1] ?? null,
    providers: [...form.providers],
    mayGoTo: choiceOf(form.may_go_to),
    endpoints: [...endpoints],
    runs: form.runs,
    steps: form.steps.map(({ name, success }) => ({ name, percent: success === null ? null : rounded(success * 100) })),
  };
}

export function formOf(draft: Draft): PipelineForm {
  const { surgeLow: low, surgeHigh: high } = draft;
  return {
    name: draft.name.trim(),
    customer: draft.customer.trim() || null,
    weekly_items: number(draft.weeklyItems),
    value: number(draft.value),
    currency: draft.currency === "USD" ? null : draft.currency,
    schedule: draft.schedule.trim() || null,
    surge: number(low) === null && number(high) === null ? null : [number(low) ?? 1, number(high) ?? number(low) ?? 1],
    providers: draft.providers,
    may_go_to: mayGoTo(draft),
    runs: draft.runs,
    steps: draft.steps
      .filter(({ name }) => name.trim() !== "")
      .map(({ name, percent }) => ({ name: name.trim(), success: number(percent) === null ? null : rounded((percent ?? 0) / 100) })),
  };
}

/** "6 steps at 99 % → 94.1 %"; null: no step. */
export function product(steps: readonly DraftStep[]): string | null {
  if (steps.length === 0) return null;
  const assumed = steps.map(({ percent }) => number(percent)).filter((percent) => percent !== null);
  const rates = [...new Set(assumed)].map((percent) => `${rounded(percent)} %`);
  const total = assumed.reduce((all, percent) => all * (percent / 100), 1) * 100;
  const shown = `${Number(total.toFixed(1))} %`;
  const count = (many: number, what: string) => `${many} ${many === 1 ? "step" : "steps"} ${what}`;
  const measured = steps.length - assumed.length;
  if (assumed.length === 0) return count(measured, "measured from the requests of this pipeline");
  const product = `${count(assumed.length, `at ${rates.join(", ")}`)} → ${shown}`;
  return measured === 0 ? product : `${product}, times ${count(measured, "measured from its requests")}`;
}

function choiceOf(scope: MayGoTo | null): MayGoToChoice {
  if (scope === null || scope === "keep") return "default";
  return typeof scope === "string" ? scope : "endpoints";
}

function mayGoTo({ mayGoTo, endpoints }: Draft): MayGoTo | null {
  if (mayGoTo === "default") return null;
  return mayGoTo === "endpoints" ? { endpoints } : mayGoTo;
}

/** A number field that is empty is null or, in some browsers, undefined. */
function number(value: number | null | undefined): number | null {
  return value === null || value === undefined || Number.isNaN(value) ? null : value;
}

/** 0.1 + 0.2 is 0.3. */
function rounded(value: number): number {
  return Number(value.toFixed(6));
}
