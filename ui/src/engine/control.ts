import type { Accepted } from "../generated/Accepted";
import type { ControlError } from "../generated/ControlError";
import type { CostSeries } from "../generated/CostSeries";
import type { Doctor } from "../generated/Doctor";
import type { Drill } from "../generated/Drill";
import type { DrillEntry } from "../generated/DrillEntry";
import type { DrillOffer } from "../generated/DrillOffer";
import type { EffectItem } from "../generated/EffectItem";
import type { EffectPage } from "../generated/EffectPage";
import type { EffectSettle } from "../generated/EffectSettle";
import type { Exchange } from "../generated/Exchange";
import type { ExchangePage } from "../generated/ExchangePage";
import type { Explained } from "../generated/Explained";
import type { Fallback } from "../generated/Fallback";
import type { Incident } from "../generated/Incident";
import type { IncidentPage } from "../generated/IncidentPage";
import type { IncidentLanes } from "../generated/IncidentLanes";
import type { KeyTried } from "../generated/KeyTried";
import type { LatencySeries } from "../generated/LatencySeries";
import type { NewToken } from "../generated/NewToken";
import type { PipelineForm } from "../generated/PipelineForm";
import type { PipelinePage } from "../generated/PipelinePage";
import type { PipelineRefused } from "../generated/PipelineRefused";
import type { ReportChoices } from "../generated/ReportChoices";
import type { ReviewClose } from "../generated/ReviewClose";
import type { ReviewItem } from "../generated/ReviewItem";
import type { ReviewPage } from "../generated/ReviewPage";
import type { RibbonSeries } from "../generated/RibbonSeries";
import type { SettingsText } from "../generated/SettingsText";
import type { TestFallback } from "../generated/TestFallback";
import type { UptimeSeries } from "../generated/UptimeSeries";
import { viewerZone } from "../words/format";
import { live } from "./live.svelte";
import type { Command } from "../generated/Command";

/** A request to the control API that failed: what happened, and what to do. */
export class ControlFailure extends Error {
  constructor(
    message: string,
    readonly fix: string | null,
    /** The response's JSON, where there was any. */
    readonly body: unknown = null,
    /** The response's status, where there was any. */
    readonly status: number | null = null,
  ) {
    super(message);
  }
}

export type PageOf = { limit: number; before?: number | null };

/** `text`: a search in the incidents and their failed requests; empty: all. */
export const incidents = ({ text, ...page }: PageOf & { text: string }) =>
  request<IncidentPage>("GET", `incidents?${query(page)}&text=${encodeURIComponent(text)}`);
export const incident = (id: number) => request<Incident>("GET", `incidents/${id}`);
/** `pipeline`: only its requests; null: all. `text`: a search in all of them; empty: none. */
export const exchanges = ({ pipeline = null, text = "", ...page }: PageOf & { pipeline?: string | null; text?: string }) =>
  request<ExchangePage>(
    "GET",
    `exchanges?${query(page)}${pipeline === null ? "" : `&pipeline=${encodeURIComponent(pipeline)}`}${text === "" ? "" : `&q=${encodeURIComponent(text)}`}`,
  );
export const exchange = (id: number) => request<Exchange>("GET", `exchanges/${id}`);
export const checkInterruption = (id: number) => request<Accepted>("POST", `interruptions/${id}/checked`);
export const reviews = ({ all, ...page }: PageOf & { all: boolean }) => request<ReviewPage>("GET", `review?${query(page)}&all=${all}`);
export const review = (id: string) => request<ReviewItem>("GET", `review/${encodeURIComponent(id)}`);
export const closeReview = (id: string, close: ReviewClose) =>
  request<Accepted>("POST", `review/${encodeURIComponent(id)}/close`, close);
export const reopenReview = (id: string) => request<Accepted>("POST", `review/${encodeURIComponent(id)}/reopen`);
/** The item's failed requests and the one that answered it, oldest first. */
export const reviewRequests = (id: string) => request<Exchange[]>("GET", `review/${encodeURIComponent(id)}/requests`);
/** Side effects, newest first; `all`: also the finished ones. */
export const sideEffects = ({ all, ...page }: PageOf & { all: boolean }) => request<EffectPage>("GET", `effects?${query(page)}&all=${all}`);
export const sideEffect = (id: string) => request<EffectItem>("GET", `effects/${encodeURIComponent(id)}`);
/** The owner's decision about a side effect. */
export const settleSideEffect = (id: string, settle: EffectSettle) => request<Accepted>("POST", `effects/${encodeURIComponent(id)}/settle`, settle);
/** Each candidate may take as long as the longest response. */
export const runReview = (id: string) =>
  request<ReviewItem>("POST", `review/${encodeURIComponent(id)}/run`, undefined, 3_600_000);
/** Both steps may take as long as the longest response. */
export const testFallback = (wanted: TestFallback) => request<Fallback>("POST", "fallbacks/test", wanted, 3_600_000);
/** What a drill would do and cost. */
export const drillOffer = (live: boolean) => request<DrillOffer>("GET", `drill/offer?live=${live}`);
export const beginDrill = (entry: DrillEntry) => request<Drill>("POST", "drill", entry);
export const endDrill = () => request<Drill>("DELETE", "drill");
/** The candidates that a request with these properties would have now. */
export const explain = (of: Record<string, string>) => request<Explained>("GET", `explain?${new URLSearchParams(of)}`);
export const doctor = () => request<Doctor>("GET", "doctor", undefined, 60_000);
export const command = (command: Command) => request<Accepted>("POST", "do", command);
/** Days begin at midnight in the viewer's zone. */
const byDay = (days: number) => new URLSearchParams({ days: String(days), zone: viewerZone() });
export type LatencySpan = "day" | "month";
export const uptimeSeries = (days: number) => request<UptimeSeries>("GET", `series/uptime?${byDay(days)}`);
export const latencySeries = (span: LatencySpan) => request<LatencySeries>("GET", `series/latency?${span === "day" ? "hours=24" : byDay(30)}`);
export const costSeries = (days: number) => request<CostSeries>("GET", `series/cost?${byDay(days)}`);
export const incidentLanes = (id: number) => request<IncidentLanes>("GET", `series/incidents/${id}/requests`);
export const ribbonSeries = (provider: string) => request<RibbonSeries>("GET", `series/ribbon/${encodeURIComponent(provider)}`);
export const pipelines = () => request<PipelinePage>("GET", "pipelines");

/** `version`: of the lines that the form was made from; null: of a new pipeline, which must not exist yet. `name`: its present name. */
export const savePipeline = (name: string, form: PipelineForm, version: string | null) =>
  request<Accepted>("PUT", `pipelines/${encodeURIComponent(name)}?${version === null ? "new=true" : `version=${version}`}`, form);
export const deletePipeline = (name: string, version: string) =>
  request<Accepted>("DELETE", `pipelines/${encodeURIComponent(name)}?version=${version}`);
/** A key of its own; it is in this response and nowhere else. */
export const addToken = (name: string, pipeline: string) => request<NewToken>("POST", "tokens", { name, pipeline });

export const revokeToken = (name: string) => request<Accepted>("POST", "tokens/revoke", { name, pipeline: null });

/** The errors at the fields of a form that was not written. */
export function fieldErrors(failure: ControlFailure): Record<string, string> {
  const fields = isRefusedForm(failure.body) ? failure.body.fields : [];
  return Object.fromEntries(fields.map(({ field, error }) => [field, error]));
}

export const reportChoices = () => request<ReportChoices>("GET", "reports");
/** A report as a document; `of`: its subject and its format. A year of requests takes a second. */
export const report = (of: Record<string, string>) => requestText("GET", `report?${new URLSearchParams(of)}`, undefined, 60_000);
export const settings = () => request<SettingsText>("GET", "settings");

/** A text with errors is a result and not a failure: the errors are shown beside the text. */
export async function saveSettings(text: string): Promise<SettingsText> {
  try {
    return await request<SettingsText>("PUT", "settings", text);
  } catch (failure) {
    if (failure instanceof ControlFailure && isSettingsText(failure.body)) return failure.body;
    throw failure;
  }
}

/** The provider tests the key with one request, which may be slow. */
export const saveKey = (endpoint: string, key: string) =>
  request<KeyTried>("PUT", `keys/${encodeURIComponent(endpoint)}`, { key }, 90_000);
export const removeKey = (endpoint: string) =>
  request<Partial<Accepted> | null>("DELETE", `keys/${encodeURIComponent(endpoint)}`);

/** The message for anything that the calls above threw. */
export function asFailure(error: unknown): ControlFailure {
  if (error instanceof ControlFailure) return error;
  return new ControlFailure(error instanceof Error ? error.message : String(error), null);
}

/** A text is sent unchanged, any other body as JSON. */
export async function request<Answer>(method: string, path: string, body?: unknown, timeoutMs = 15_000): Promise<Answer> {
  return parsed(await requestText(method, path, body, timeoutMs)) as Answer;
}

/** The text of a successful response. */
export async function requestText(method: string, path: string, body?: unknown, timeoutMs = 15_000): Promise<string> {
  const place = live.place;
  if (!place) throw new ControlFailure("There is no connection to the engine.", "This page is reconnecting.");
  const headers: Record<string, string> = { "x-understudy-control": place.token };
  const plain = typeof body === "string";
  if (body !== undefined) headers["content-type"] = plain ? "text/plain; charset=utf-8" : "application/json";
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${place.address}/control/${path}`, {
      method,
      headers,
      cache: "no-store",
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: plain ? body : JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new ControlFailure(
      late ? `The engine did not respond within ${timeoutMs / 1000} s.` : "The engine does not respond.",
      "Try again in a moment.",
    );
  }
  if (response.ok) return text;
  const answer = parsed(text);
  if (isControlError(answer)) throw new ControlFailure(answer.error, answer.fix, answer, response.status);
  throw new ControlFailure(`The engine responded with status ${response.status}.`, null, answer, response.status);
}

function parsed(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function query({ limit, before }: PageOf): string {
  return before === null || before === undefined ? `limit=${limit}` : `limit=${limit}&before=${before}`;
}

function isControlError(value: unknown): value is ControlError {
  return typeof value === "object" && value !== null && "error" in value && typeof value.error === "string";
}

function isRefusedForm(value: unknown): value is PipelineRefused {
  return typeof value === "object" && value !== null && "fields" in value && Array.isArray(value.fields);
}

function isSettingsText(value: unknown): value is SettingsText {
  return typeof value === "object" && value !== null && "errors" in value && Array.isArray(value.errors);
}
