// Vercel AI SDK: text that is streamed, or taken in one piece, with a tool.

import { address, append, file, key, load, mode, prompt, report } from "./shared.mjs";

const { generateText, stepCountIs, isStepCount, streamText, tool } = await load("ai");
const { createAnthropic } = await load("@ai-sdk/anthropic");
const { createOpenAI } = await load("@ai-sdk/openai");
const { z } = await load("zod");

function model() {
  const options = { baseURL: address, apiKey: key };
  if (mode.startsWith("anthropic")) return createAnthropic(options)("claude-sonnet-4-5");
  const openai = createOpenAI(options);
  return mode.startsWith("openai-chat") ? openai.chat("gpt-5") : openai("gpt-5");
}

await report(async () => {
  const inputSchema = z.object({ line: z.string() });
  const request = {
    model: model(),
    prompt,
    stopWhen: (stepCountIs ?? isStepCount)(4),
    tools: file ? { append: tool({ description: "Appends one line to the file.", inputSchema, execute: append }) } : {},
  };
  if (mode.endsWith("whole")) return (await generateText(request)).text;
  // As its documentation advises: a failure in mid-stream is a part of the stream, and comes to `onError` alone.
  let failed;
  const result = streamText({ ...request, onError: ({ error }) => (failed = error) });
  let text = "";
  for await (const part of result.fullStream) {
    if (part.type === "start-step") text = "";
    if (part.type === "text-delta") text += part.text;
  }
  if (failed) throw failed;
  return text;
});
