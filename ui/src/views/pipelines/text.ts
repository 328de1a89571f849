import { EventReader } from "../../engine/sse";

/** The last text of the user in a request of any dialect; null: it has none, or is not JSON. */
export function requestText(body: string): string | null {
  const request = parsed(body);
  if (!isObject(request)) return null;
  if (typeof request["input"] === "string") return request["input"];
  const turns = [request["messages"], request["input"], request["contents"]].find(Array.isArray) ?? [];
  const texts = turns.filter((turn) => isObject(turn) && (turn["role"] === "user" || turn["role"] === undefined)).map(textOf);
  return texts.findLast((text) => text !== "") ?? null;
}

/** The text of a response of any dialect, in one piece or as events; null: it has none. */
export function responseText(body: string): string | null {
  const response = parsed(body);
  const text = isObject(response) ? complete(response) : streamed(body);
  return text === "" ? null : text;
}

function complete(response: Fields): string {
  const choice = listOf(response["choices"])[0];
  if (isObject(choice) && isObject(choice["message"])) return textOf(choice["message"]);
  const candidate = listOf(response["candidates"])[0];
  if (isObject(candidate) && isObject(candidate["content"])) return textOf(candidate["content"]);
  if (Array.isArray(response["output"])) return response["output"].map(textOf).filter(Boolean).join("\n");
  if (isObject(response["error"]) && typeof response["error"]["message"] === "string") return response["error"]["message"];
  return textOf(response);
}

function streamed(body: string): string {
  return new EventReader()
    .push(`${body}\n\n`)
    .map(({ data }) => delta(parsed(data)))
    .join("");
}

function delta(event: unknown): string {
  if (!isObject(event)) return "";
  if (event["type"] === "response.output_text.delta" && typeof event["delta"] === "string") return event["delta"];
  if (isObject(event["delta"]) && typeof event["delta"]["text"] === "string") return event["delta"]["text"];
  const choice = listOf(event["choices"])[0];
  if (isObject(choice) && isObject(choice["delta"]) && typeof choice["delta"]["content"] === "string") return choice["delta"]["content"];
  const candidate = listOf(event["candidates"])[0];
  return isObject(candidate) && isObject(candidate["content"]) ? textOf(candidate["content"]) : "";
}

/** A turn's text: its content is one text, or parts of which some are texts. */
function textOf(turn: unknown): string {
  if (!isObject(turn)) return "";
  const content = turn["content"] ?? turn["parts"];
  if (typeof content === "string") return content;
  return listOf(content)
    .map((part) => (isObject(part) && typeof part["text"] === "string" ? part["text"] : ""))
    .filter(Boolean)
    .join("\n");
}

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
