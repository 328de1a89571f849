// The official Node SDKs as people use them; the jobs and their outcome as in sdk.py.
// The first argument is the folder whose node_modules has them.

import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const installed = createRequire(join(process.argv[2], "node_modules", "_"));
const Anthropic = installed("@anthropic-ai/sdk").default;
const OpenAI = installed("openai").default;

const KEY = "sk-dummy-000";
const TURNS = 4;
const NAME = "append";
const ABOUT = "Appends one line to the file.";
const SCHEMA = {
  type: "object",
  properties: { line: { type: "string" } },
  required: ["line"],
  additionalProperties: false,
};
const MESSAGES_TOOL = { name: NAME, description: ABOUT, input_schema: SCHEMA };
const RESPONSES_TOOL = { type: "function", name: NAME, description: ABOUT, parameters: SCHEMA, strict: true };
const CHAT_TOOL = { type: "function", function: { name: NAME, description: ABOUT, parameters: SCHEMA, strict: true } };

/** One answer: its text, its reason to end, the ids of its calls, what the history gets of it. */
const turn = (text = "", stop = null) => ({ text, stop, calls: [], failures: [] });

/** Appends a line for each call. */
class Tool {
  results = {};
  constructor(file) {
    this.file = file;
  }
  run(call, args) {
    appendFileSync(this.file, JSON.parse(args).line + "\n");
    this.results[call] = "appended";
  }
}

const messagesModes = {
  helper: async (client, request, tool) => messagesRead(await client.messages.stream(request).finalMessage(), tool),
  create: async (client, request, tool) => messagesRead(await client.messages.create(request), tool),
  // Starts a tool on its block's closing, as agents do.
  raw: async (client, request, tool) => {
    const answer = turn();
    const blocks = [];
    for await (const event of await client.messages.create({ ...request, stream: true })) {
      const block = blocks[event.index];
      switch (event.type) {
        case "content_block_start":
          blocks[event.index] = { ...event.content_block, json: "" };
          break;
        case "content_block_delta":
          if (event.delta.type === "text_delta") block.text += event.delta.text;
          if (event.delta.type === "thinking_delta") block.thinking += event.delta.thinking;
          if (event.delta.type === "signature_delta") block.signature = event.delta.signature;
          if (event.delta.type === "input_json_delta") block.json += event.delta.partial_json;
          break;
        case "content_block_stop":
          if (block.type === "tool_use") {
            answer.calls.push(block.id);
            tool.run(block.id, block.json);
          }
          break;
        case "message_delta":
          answer.stop = event.delta.stop_reason;
          break;
      }
    }
    for (const { json, ...block } of blocks) {
      if (block.type === "tool_use") block.input = JSON.parse(json);
      answer.text += block.text ?? "";
      answer.failures.push(block);
    }
    return answer;
  },
};

// A body that is no message comes back as it is, without an error: its fields are then missing.
function messagesRead(message, tool) {
  const answer = turn("", message.stop_reason);
  for (const block of message.content ?? []) {
    answer.failures.push(block);
    if (block.type === "text") answer.text += block.text;
    if (block.type === "tool_use") {
      answer.calls.push(block.id);
      tool.run(block.id, JSON.stringify(block.input));
    }
  }
  return answer;
}

async function messages(play, client, job, tool) {
  const history = [{ role: "user", content: job.prompt }];
  const request = { model: job.model, max_tokens: 1000, messages: history };
  if (job.file) request.tools = [MESSAGES_TOOL];
  let answer;
  for (let at = 0; at < TURNS; at++) {
    answer = await play(client, request, tool);
    if (answer.calls.length === 0) break;
    const results = answer.calls.map((id) => ({ type: "tool_result", tool_use_id: id, content: tool.results[id] }));
    history.push({ role: "assistant", content: answer.failures }, { role: "user", content: results });
  }
  return answer;
}

const chatModes = {
  helper: async (client, request, tool) =>
    chatRead(await client.chat.completions.stream(request).finalChatCompletion(), tool),
  create: async (client, request, tool) => chatRead(await client.chat.completions.create(request), tool),
  // Starts tools when the answer gives its reason to end.
  raw: async (client, request, tool) => {
    const answer = turn();
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
      const choice = chunk.choices?.[0];
      answer.text += choice?.delta?.content ?? "";
      for (const part of choice?.delta?.tool_calls ?? []) {
        const call = (answer.failures[part.index] ??= { id: "", name: "", arguments: "" });
        call.id ||= part.id ?? "";
        call.name ||= part.function?.name ?? "";
        call.arguments += part.function?.arguments ?? "";
      }
      if (choice?.finish_reason) {
        answer.stop = choice.finish_reason;
        for (const call of answer.failures) {
          answer.calls.push(call.id);
          tool.run(call.id, call.arguments);
        }
      }
    }
    return answer;
  },
};

function chatRead(completion, tool) {
  const choice = completion.choices?.[0];
  const answer = turn(choice?.message?.content ?? "", choice?.finish_reason);
  for (const call of choice?.message?.tool_calls ?? []) {
    answer.calls.push(call.id);
    answer.failures.push({ id: call.id, ...call.function });
    tool.run(call.id, call.function.arguments);
  }
  return answer;
}

async function chat(play, client, job, tool) {
  const history = [{ role: "user", content: job.prompt }];
  const request = { model: job.model, messages: history };
  if (job.file) request.tools = [CHAT_TOOL];
  let answer;
  for (let at = 0; at < TURNS; at++) {
    answer = await play(client, request, tool);
    if (answer.calls.length === 0) break;
    const calls = answer.failures.map(({ id, name, arguments: args }) => ({
      id,
      type: "function",
      function: { name, arguments: args },
    }));
    history.push({ role: "assistant", content: answer.text, tool_calls: calls });
    for (const id of answer.calls) history.push({ role: "tool", tool_call_id: id, content: tool.results[id] });
  }
  return answer;
}

const responsesModes = {
  helper: async (client, request, tool) => responsesRead(await client.responses.stream(request).finalResponse(), tool),
  create: async (client, request, tool) => responsesRead(await client.responses.create(request), tool),
  // Starts a tool when its item is done, as agents do.
  raw: async (client, request, tool) => {
    const answer = turn();
    for await (const event of await client.responses.create({ ...request, stream: true })) {
      if (event.type === "response.output_text.delta") answer.text += event.delta;
      if (event.type === "response.output_item.done") responsesItem(answer, event.item, tool);
      if (["response.completed", "response.incomplete", "response.failed"].includes(event.type)) {
        answer.stop = event.response.status;
      }
    }
    return answer;
  },
};

function responsesRead(response, tool) {
  const answer = turn(response.output_text ?? "", response.status);
  for (const item of response.output ?? []) responsesItem(answer, item, tool);
  return answer;
}

function responsesItem(answer, item, tool) {
  if (item.type !== "function_call") return;
  answer.calls.push(item.call_id);
  answer.failures.push({ type: item.type, call_id: item.call_id, name: item.name, arguments: item.arguments });
  tool.run(item.call_id, item.arguments);
}

async function responses(play, client, job, tool) {
  const history = [{ role: "user", content: job.prompt }];
  const request = { model: job.model, input: history };
  if (job.file) request.tools = [RESPONSES_TOOL];
  let answer;
  for (let at = 0; at < TURNS; at++) {
    answer = await play(client, request, tool);
    if (answer.calls.length === 0) break;
    const results = answer.calls.map((id) => ({
      type: "function_call_output",
      call_id: id,
      output: tool.results[id],
    }));
    history.push(...answer.failures, ...results);
  }
  return answer;
}

function prepared({ mode, base }) {
  const [vendor, ...rest] = mode.split(" ");
  const how = rest.pop();
  if (vendor === "anthropic") return [messages, messagesModes[how], new Anthropic({ baseURL: base, apiKey: KEY })];
  const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: KEY });
  return rest[0] === "chat" ? [chat, chatModes[how], client] : [responses, responsesModes[how], client];
}

async function run(job) {
  const [converse, play, client] = prepared(job);
  try {
    const { text, stop } = await converse(play, client, job, new Tool(job.file));
    return { text, stop: stop ?? null, error: null };
  } catch (error) {
    // The program that uses the SDK gets every error.
    return { text: "", stop: null, error: `${error?.name ?? typeof error}: ${error?.message ?? JSON.stringify(error)}` };
  }
}

// A helper rejects a promise of its own beside the one that is waited for.
process.on("unhandledRejection", () => {});
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(JSON.parse(line))));
}
