export type ServerEvent = { event: string; data: string };

/**
 * Splits a `text/event-stream` into its events, whatever the chunk boundaries. Comments, ids and retry hints are
 * ignored; an event that the end of the stream cuts off is discarded (WHATWG HTML, section 9.2.6).
 */
export class EventReader {
  #rest = "";
  #event = "";
  #data: string[] = [];

  push(text: string): ServerEvent[] {
    const complete: ServerEvent[] = [];
    // A CR at the end may belong to a CRLF, so it is kept until the next chunk.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = this.#line(line);
      if (event) complete.push(event);
    }
    return complete;
  }

  #line(line: string): ServerEvent | null {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    if (field === "data") this.#data.push(value);
    return null;
  }

  #dispatch(): ServerEvent | null {
    const event = { event: this.#event || "message", data: this.#data.join("\n") };
    const empty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    return empty ? null : event;
  }
}

/** Reads events until the server ends the stream or `signal` aborts it. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const events = new EventReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* events.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Without this an abandoned loop would leave the request open.
    await reader.cancel().catch(() => undefined);
  }
}
