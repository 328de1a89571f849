"""OpenAI Agents SDK. Its traces go to OpenAI with `OPENAI_API_KEY` unless they are switched off."""

import os

from agents import (
    Agent,
    Runner,
    function_tool,
    set_default_openai_api,
    set_default_openai_client,
)
from agents.tracing import processors
from openai import AsyncOpenAI

from shared import ADDRESS, FILE, KEY, MODE, PROMPT, append, report

traced = []
processors.BackendSpanExporter.export = lambda self, items: traced.append((self.endpoint, self.api_key, len(items)))


async def turn():
    if os.environ.get("RECIPE_CLIENT_BY_ENVIRONMENT") != "1":
        set_default_openai_client(AsyncOpenAI(base_url=ADDRESS, api_key=KEY))
    set_default_openai_api("responses" if MODE.startswith("openai-responses") else "chat_completions")
    agent = Agent(name="evening", model="gpt-5", tools=[function_tool(append)] if FILE else [])
    if MODE.endswith("whole"):
        return (await Runner.run(agent, PROMPT)).final_output
    result = Runner.run_streamed(agent, PROMPT)
    async for _ in result.stream_events():
        pass
    return result.final_output


report(turn)
processors.default_processor().force_flush()
for endpoint, key, spans in traced:
    print(f"traced {spans} spans to {endpoint} with {key}")
