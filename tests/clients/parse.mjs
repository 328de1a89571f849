// The official Node SDKs' reading of a response, field by field; jobs and results as in parse.py.
// The first argument is the folder whose node_modules has them.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const installed = createRequire(join(process.argv[2], "node_modules", "_"));
const Anthropic = installed("@anthropic-ai/sdk").default;
const OpenAI = installed("openai").default;

const KEY = "sk-dummy-000";
const MESSAGES = [{ role: "user", content: "How does the evening go?" }];
/** Messages requires a limit, and a provider of that dialect may be any other's fallback. */
const LIMIT = 1000;
const USAGE = { include_usage: true };
const messagesRequest = (model) => ({ model, max_tokens: LIMIT, messages: MESSAGES });
const chatRequest = (model) => ({ model, max_completion_tokens: LIMIT, messages: MESSAGES });
const responsesRequest = (model) => ({ model, max_output_tokens: LIMIT, input: MESSAGES });

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
  const [all, generated] = [usage[`${into}_tokens`], usage[`${out}_tokens`]];
  if (usage.total_tokens !== all + generated) throw new Error("the total is no sum");
  return [all - read - write, generated, read, write];
};

function messagesRead(message, parsed) {
  parsed.stop = message.stop_reason;
  parsed.usage = messagesUsage(message.usage);
  for (const block of message.content) {
    if (block.type === "text") parsed.text += block.text;
    else if (block.type === "tool_use") parsed.calls.push([block.id, block.name, JSON.stringify(block.input)]);
    else throw new Error(`a block of ${block.type}`);
  }
}

const messages = {
  helper: async (client, model, parsed) => {
    const stream = client.messages.stream(messagesRequest(model));
    let text = "";
    stream.on("text", (delta) => (text += delta));
    messagesRead(await stream.finalMessage(), parsed);
    if (parsed.text !== text) throw new Error("the text of the events is not that of the message");
  },
  create: async (client, model, parsed) =>
    messagesRead(await client.messages.create(messagesRequest(model)), parsed),
  raw: async (client, model, parsed) => {
    const request = { ...messagesRequest(model), stream: true };
    for await (const { type, delta, content_block: block, usage } of await client.messages.create(request)) {
      if (block?.type === "tool_use") parsed.calls.push([block.id, block.name, ""]);
      if (delta?.type === "text_delta") parsed.text += delta.text;
      if (delta?.type === "input_json_delta") parsed.calls.at(-1)[2] += delta.partial_json;
      if (type === "message_delta") {
        parsed.stop = delta.stop_reason;
        parsed.usage = messagesUsage(usage);
      }
    }
  },
};

function chatRead(completion, parsed) {
  const [choice] = completion.choices;
  parsed.text = choice.message.content ?? "";
  parsed.refusal = choice.message.refusal ?? "";
  parsed.stop = choice.finish_reason;
  parsed.usage = completion.usage ? openaiUsage(completion.usage, "prompt", "completion") : null;
  for (const call of choice.message.tool_calls ?? []) {
    const inner = call.function ?? call.custom;
    parsed.calls.push([call.id, inner.name, inner.arguments ?? inner.input]);
  }
}

const chat = {
  // The SDK itself throws where an answer was cut or refused, without the answer, which its snapshot holds.
  helper: async (client, model, parsed) => {
    const stream = client.chat.completions.stream({ ...chatRequest(model), stream_options: USAGE });
    let snapshot;
    stream.on("chunk", (_, so_far) => (snapshot = so_far));
    try {
      chatRead(await stream.finalChatCompletion(), parsed);
    } catch (error) {
      const ended = { LengthFinishReasonError: "length", ContentFilterFinishReasonError: "content_filter" };
      if (!(error.constructor.name in ended)) throw error;
      chatRead(snapshot, parsed);
      if (parsed.stop !== ended[error.constructor.name]) throw error;
    }
  },
  create: async (client, model, parsed) =>
    chatRead(await client.chat.completions.create(chatRequest(model)), parsed),
  raw: async (client, model, parsed) => {
    const request = { ...chatRequest(model), stream: true, stream_options: USAGE };
    for await (const { choices, usage } of await client.chat.completions.create(request)) {
      if (usage) parsed.usage = openaiUsage(usage, "prompt", "completion");
      for (const { delta, finish_reason } of choices) {
        parsed.text += delta.content ?? "";
        parsed.refusal += delta.refusal ?? "";
        parsed.stop = finish_reason ?? parsed.stop;
        for (const { index, id, ...kind } of delta.tool_calls ?? []) {
          const inner = kind.function ?? kind.custom;
          parsed.calls[index] ??= [id, inner.name, ""];
          parsed.calls[index][2] += inner.arguments ?? inner.input ?? "";
        }
      }
    }
  },
};

function responsesRead(response, parsed) {
  parsed.text = response.output_text ?? "";
  parsed.stop = response.incomplete_details?.reason ?? response.status;
  parsed.usage = response.usage ? openaiUsage(response.usage, "input", "output") : null;
  for (const item of response.output) {
    if (item.type === "message") {
      for (const part of item.content) parsed.refusal += part.refusal ?? "";
    } else if (item.type === "function_call") parsed.calls.push([item.call_id, item.name, item.arguments]);
    else if (item.type === "custom_tool_call") parsed.calls.push([item.call_id, item.name, item.input]);
    else throw new Error(`an item of ${item.type}`);
  }
}

const responses = {
  helper: async (client, model, parsed) =>
    responsesRead(await client.responses.stream(responsesRequest(model)).finalResponse(), parsed),
  create: async (client, model, parsed) =>
    responsesRead(await client.responses.create(responsesRequest(model)), parsed),
  // The text is put together from the deltas: the last event's response has no `output_text`.
  raw: async (client, model, parsed) => {
    let text = "";
    for await (const event of await client.responses.create({ ...responsesRequest(model), stream: true })) {
      if (event.type === "response.output_text.delta") text += event.delta;
      if (["response.completed", "response.incomplete", "response.failed"].includes(event.type)) {
        responsesRead(event.response, parsed);
      }
    }
    parsed.text = text;
  },
};

const PARSERS = { anthropic: messages, "openai-chat": chat, "openai-responses": responses };

async function parse({ dialect, way, base, model }) {
  const parsed = { text: "", refusal: "", calls: [], stop: null, usage: null, error: null };
  complaints = [];
  const client =
    dialect === "anthropic"
      ? new Anthropic({ baseURL: base, apiKey: KEY, maxRetries: 0 })
      : new OpenAI({ baseURL: `${base}/v1`, apiKey: KEY, maxRetries: 0 });
  try {
    await PARSERS[dialect][way](client, model, parsed);
    if (complaints.length > 0) throw new Error(complaints.join("; "));
  } catch (error) {
    parsed.error = `${error.constructor.name}: ${error.message}`;
  }
  return parsed;
}

// A helper rejects a promise of its own beside the one that is waited for.
process.on("unhandledRejection", () => {});
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await parse(JSON.parse(line))));
}
