/** The detail of the section: a pipeline's form, a waiting request by its id, the side effects, or one of them. */
export type Detail = { kind: "form"; name: string | null; suggested: string } | { kind: "request"; id: string } | { kind: "effects" } | { kind: "effect"; id: string } | { kind: "none" };

const PIPELINE = "pipeline:";
const NEW = "new";
const EFFECT = "effect:";

export const effectsDetail = "effects";
export const effectDetail = (id: string) => `${EFFECT}${id}`;

/** "pipeline:Leads", "new", "new:leeds" with a suggested name, "effects", "effect:e17", or the id of a waiting request. */
export function detailOf(detail: string | null): Detail {
  if (detail === null) return { kind: "none" };
  if (detail.startsWith(PIPELINE)) return { kind: "form", name: detail.slice(PIPELINE.length), suggested: "" };
  if (detail === NEW || detail.startsWith(`${NEW}:`)) return { kind: "form", name: null, suggested: detail.slice(NEW.length + 1) };
  if (detail === effectsDetail) return { kind: "effects" };
  if (detail.startsWith(EFFECT)) return { kind: "effect", id: detail.slice(EFFECT.length) };
  return { kind: "request", id: detail };
}

export const pipelineDetail = (name: string) => `${PIPELINE}${name}`;
export const newDetail = (suggested = "") => (suggested === "" ? NEW : `${NEW}:${suggested}`);
