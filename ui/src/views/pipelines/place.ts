/** The detail of the section: a pipeline's form, or a waiting request by its id. */
export type Detail = { kind: "form"; name: string | null; suggested: string } | { kind: "request"; id: string } | { kind: "none" };

const PIPELINE = "pipeline:";
const NEW = "new";

/** "pipeline:Leads", "new", "new:leeds" with a suggested name, or the id of a waiting request. */
export function detailOf(detail: string | null): Detail {
  if (detail === null) return { kind: "none" };
  if (detail.startsWith(PIPELINE)) return { kind: "form", name: detail.slice(PIPELINE.length), suggested: "" };
  if (detail === NEW || detail.startsWith(`${NEW}:`)) return { kind: "form", name: null, suggested: detail.slice(NEW.length + 1) };
  return { kind: "request", id: detail };
}

export const pipelineDetail = (name: string) => `${PIPELINE}${name}`;
export const newDetail = (suggested = "") => (suggested === "" ? NEW : `${NEW}:${suggested}`);
