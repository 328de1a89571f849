// The official Node SDKs' reading of a response, field by field; jobs and results as in parse.py.
// The first argument is the folder whose node_modules has them.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const installed = createRequire(join(process.argv[2], "node_modules", "_"));
const Anthropic = installed("@anthropic-ai/sdk").default;
const OpenAI = installed("openai").default;

const KEY = "sk-dummy-000";
const ASKED = [{ role: "user", content: "How does the evening go?" }];
/** Messages requires a limit, and a provider of that dialect may be any other's fallback. */
const LIMIT = 1000;
const USAGE = { include_usage: true };
const messagesRequest = (model) => ({ model, max_tokens: LIMIT, messages: ASKED });
const chatRequest = (model) => ({ model, max_completion_tokens: LIMIT, messages: ASKED });
const responsesRequest = (model) => ({ model, max_output_tokens: LIMIT, input: ASKED });

/** Warnings since the last job; one of them fails it. */
let complaints = [];
process.on("warning", (warning) => complaints.push(String(warning)));
for (const way of ["warn", "error"]) console[way] = (...words) => complaints.push(words.join(" "));

const messagesUsage = (usage) => [
  usage.input_tokens,
  usage.output_tokens,
  usage.cache_read_input_tokens,
  usage.cache_creation_input_tokens,
];

const openaiUsage = (usage, into, out) => {
  const { cached_tokens: read, cache_write_tokens: write } = usage[`${into}_tokens_details`];
  const [all, given] = [usage[`${into}_tokens`], usage[`${out}_tokens`]];
  if (usage.total_tokens !== all + given) throw new Error("the total is no sum");
  return [all - read - write, given, read, write];
};

function messagesRead(message, heard) {
  heard.stop = message.stop_reason;
  heard.usage = messagesUsage(message.usage);
  for (const block of message.content) {
    if (block.type === "text") heard.text += block.text;
    else if (block.type === "tool_use") heard.calls.push([block.id, block.name, JSON.stringify(block.input)]);
    else throw new Error(`a block of ${block.type}`);
  }
}

const messages = {
  helper: async (client, model, heard) => {
    const stream = client.messages.stream(messagesRequest(model));
    let text = "";
    stream.on("text", (delta) => (text += delta));
    messagesRead(await stream.finalMessage(), heard);
    if (heard.text !== text) throw new Error("the text of the events is not that of the message");
  },
  create: async (client, model, heard) =>
    messagesRead(await client.messages.create(messagesRequest(model)), heard),
  raw: async (client, model, heard) => {
    const request = { ...messagesRequest(model), stream: true };
    for await (const { type, delta, content_block: block, usage } of await client.messages.create(request)) {
      if (block?.type === "tool_use") heard.calls.push([block.id, block.name, ""]);
      if (delta?.type === "text_delta") heard.text += delta.text;
      if (delta?.type === "input_json_delta") heard.calls.at(-1)[2] += delta.partial_json;
      if (type === "message_delta") {
        heard.stop = delta.stop_reason;
        heard.usage = messagesUsage(usage);
      }
    }
  },
};

function chatRead(completion, heard) {
  const [choice] = completion.choices;
  heard.text = choice.message.content ?? "";
  heard.refusal = choice.message.refusal ?? "";
  heard.stop = choice.finish_reason;
  heard.usage = completion.usage ? openaiUsage(completion.usage, "prompt", "completion") : null;
  for (const call of choice.message.tool_calls ?? []) {
    const inner = call.function ?? call.custom;
    heard.calls.push([call.id, inner.name, inner.arguments ?? inner.input]);
  }
}

const chat = {
  // The SDK itself throws where an answer was cut or refused, without the answer, which its snapshot holds.
  helper: async (client, model, heard) => {
    const stream = client.chat.completions.stream({ ...chatRequest(model), stream_options: USAGE });
    let snapshot;
    stream.on("chunk", (_, so_far) => (snapshot = so_far));
    try {
      chatRead(await stream.finalChatCompletion(), heard);
    } catch (error) {
      const ended = { LengthFinishReasonError: "length", ContentFilterFinishReasonError: "content_filter" };
      if (!(error.constructor.name in ended)) throw error;
      chatRead(snapshot, heard);
      if (heard.stop !== ended[error.constructor.name]) throw error;
    }
  },
  create: async (client, model, heard) =>
    chatRead(await client.chat.completions.create(chatRequest(model)), heard),
  raw: async (client, model, heard) => {
    const request = { ...chatRequest(model), stream: true, stream_options: USAGE };
    for await (const { choices, usage } of await client.chat.completions.create(request)) {
      if (usage) heard.usage = openaiUsage(usage, "prompt", "completion");
      for (const { delta, finish_reason } of choices) {
        heard.text += delta.content ?? "";
        heard.refusal += delta.refusal ?? "";
        heard.stop = finish_reason ?? heard.stop;
        for (const { index, id, ...kind } of delta.tool_calls ?? []) {
          const inner = kind.function ?? kind.custom;
          heard.calls[index] ??= [id, inner.name, ""];
          heard.calls[index][2] += inner.arguments ?? inner.input ?? "";
        }
      }
    }
  },
};

function responsesRead(response, heard) {
  heard.text = response.output_text ?? "";
  heard.stop = response.incomplete_details?.reason ?? response.status;
  heard.usage = response.usage ? openaiUsage(response.usage, "input", "output") : null;
  for (const item of response.output) {
    if (item.type === "message") {
      for (const part of item.content) heard.refusal += part.refusal ?? "";
    } else if (item.type === "function_call") heard.calls.push([item.call_id, item.name, item.arguments]);
    else if (item.type === "custom_tool_call") heard.calls.push([item.call_id, item.name, item.input]);
    else throw new Error(`an item of ${item.type}`);
  }
}

const responses = {
  helper: async (client, model, heard) =>
    responsesRead(await client.responses.stream(responsesRequest(model)).finalResponse(), heard),
  create: async (client, model, heard) =>
    responsesRead(await client.responses.create(responsesRequest(model)), heard),
  // The text is put together from the deltas: the last event's response has no `output_text`.
  raw: async (client, model, heard) => {
    let text = "";
    for await (const event of await client.responses.create({ ...responsesRequest(model), stream: true })) {
      if (event.type === "response.output_text.delta") text += event.delta;
      if (["response.completed", "response.incomplete", "response.failed"].includes(event.type)) {
        responsesRead(event.response, heard);
      }
    }
    heard.text = text;
  },
};

const PARSERS = { anthropic: messages, "openai-chat": chat, "openai-responses": responses };

async function parse({ dialect, way, base, model }) {
  const heard = { text: "", refusal: "", calls: [], stop: null, usage: null, error: null };
  complaints = [];
  const client =
    dialect === "anthropic"
      ? new Anthropic({ baseURL: base, apiKey: KEY, maxRetries: 0 })
      : new OpenAI({ baseURL: `${base}/v1`, apiKey: KEY, maxRetries: 0 });
  try {
    await PARSERS[dialect][way](client, model, heard);
    if (complaints.length > 0) throw new Error(complaints.join("; "));
  } catch (error) {
    heard.error = `${error.constructor.name}: ${error.message}`;
  }
  return heard;
}

// A helper rejects a promise of its own beside the one that is waited for.
process.on("unhandledRejection", () => {});
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await parse(JSON.parse(line))));
}
