// LangChain for JavaScript: an agent whose answer is streamed, or taken in one piece.

import { address, append, file, key, load, mode, prompt, report } from "./shared.mjs";

const { createAgent, tool } = await load("langchain");
const { ChatAnthropic } = await load("@langchain/anthropic");
const { ChatOpenAI } = await load("@langchain/openai");
const { z } = await load("zod");

function model() {
  if (mode.startsWith("anthropic")) {
    return new ChatAnthropic({ model: "claude-sonnet-4-5", apiKey: key, anthropicApiUrl: address });
  }
  return new ChatOpenAI({
    model: "gpt-5",
    apiKey: key,
    configuration: { baseURL: address },
    useResponsesApi: mode.startsWith("openai-responses"),
  });
}

await report(async () => {
  const schema = z.object({ line: z.string() });
  const tools = file ? [tool(append, { name: "append", description: "Appends one line to the file.", schema })] : [];
  const agent = createAgent({ model: model(), tools });
  const requested = { messages: [{ role: "user", content: prompt }] };
  if (mode.endsWith("whole")) return (await agent.invoke(requested)).messages.at(-1).text;
  let text = "";
  let last;
  for await (const [chunk] of await agent.stream(requested, { streamMode: "messages" })) {
    if (chunk.getType() !== "ai") continue;
    // Each turn of the model has an id of its own; the last one is the answer.
    text = chunk.id === last ? text + chunk.text : chunk.text;
    last = chunk.id;
  }
  return text;
});
