import { describe, expect, it } from "vitest";

import { EventReader, eventsOf } from "./sse";

const stream = 'event: snapshot\ndata: {"seq":1}\n\n: keep-alive\n\nid: 7\nevent: snapshot\r\ndata: {"seq":\r\ndata: 2}\r\n\r\ndata:bare\n\n';
const expected = [
  { event: "snapshot", data: '{"seq":1}' },
  { event: "snapshot", data: '{"seq":\n2}' },
  { event: "message", data: "bare" },
];

describe("EventReader", () => {
  it("reads the events of one chunk", () => {
    expect(new EventReader().push(stream)).toEqual(expected);
  });

  it("reads the same events at every split, and byte by byte", () => {
    for (let at = 0; at <= stream.length; at += 1) {
      const reader = new EventReader();
      expect([...reader.push(stream.slice(0, at)), ...reader.push(stream.slice(at))]).toEqual(expected);
    }
    const reader = new EventReader();
    expect([...stream].flatMap((character) => reader.push(character))).toEqual(expected);
  });

  it("discards an event that the end cut off", () => {
    const reader = new EventReader();
    expect(reader.push("event: snapshot\ndata: half")).toEqual([]);
    expect(reader.push("\n")).toEqual([]);
    expect(reader.push("\n")).toEqual([{ event: "snapshot", data: "half" }]);
  });
});

describe("eventsOf", () => {
  it("decodes characters that a chunk boundary splits", async () => {
    const bytes = new TextEncoder().encode("data: Claude → GPT\n\n");
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const events = [];
    for await (const event of eventsOf(body)) events.push(event);
    expect(events).toEqual([{ event: "message", data: "Claude → GPT" }]);
  });
});
