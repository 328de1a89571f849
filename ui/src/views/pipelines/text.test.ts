import { describe, expect, test } from "vitest";

import { requestText, responseText } from "./text";

const json = JSON.stringify;

describe("requestText", () => {
  test.each([
    ["Messages", json({ system: "s", messages: [{ role: "user", content: "first" }, { role: "assistant", content: "a" }, { role: "user", content: [{ type: "text", text: "Lead 7" }, { type: "image" }] }] }), "Lead 7"],
    ["Chat Completions", json({ messages: [{ role: "system", content: "s" }, { role: "user", content: "Lead 7" }] }), "Lead 7"],
    ["Responses, one text", json({ input: "Lead 7" }), "Lead 7"],
    ["Responses, items", json({ input: [{ role: "user", content: [{ type: "input_text", text: "Lead 7" }] }, { type: "function_call_output", output: "{}" }] }), "Lead 7"],
    ["Gemini", json({ contents: [{ role: "user", parts: [{ text: "Lead" }, { text: "7" }] }] }), "Lead\n7"],
    ["a turn of tool results keeps the text before it", json({ messages: [{ role: "user", content: "Lead 7" }, { role: "user", content: [{ type: "tool_result" }] }] }), "Lead 7"],
    ["no text", json({ messages: [] }), null],
    ["not JSON", "%PDF", null],
    ["no object", "[1]", null],
  ])("%s", (_, body, text) => expect(requestText(body)).toBe(text));
});

describe("responseText", () => {
  test.each([
    ["Messages", json({ content: [{ type: "text", text: "yes" }] }), "yes"],
    ["Chat Completions", json({ choices: [{ message: { role: "assistant", content: "yes" } }] }), "yes"],
    ["Responses", json({ output: [{ type: "reasoning" }, { type: "message", content: [{ type: "output_text", text: "yes" }] }] }), "yes"],
    ["Gemini", json({ candidates: [{ content: { parts: [{ text: "yes" }] } }] }), "yes"],
    ["an error", json({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }), "Overloaded"],
    ["streamed Messages", 'event: content_block_delta\ndata: {"delta":{"type":"text_delta","text":"y"}}\n\ndata: {"delta":{"text":"es"}}\n\n', "yes"],
    ["streamed Chat Completions", 'data: {"choices":[{"delta":{"content":"yes"}}]}\n\ndata: [DONE]\n\n', "yes"],
    ["streamed Responses", 'data: {"type":"response.output_text.delta","delta":"yes"}\n\n', "yes"],
    ["nothing", "", null],
  ])("%s", (_, body, text) => expect(responseText(body)).toBe(text));
});
