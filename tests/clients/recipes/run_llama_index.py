"""LlamaIndex: an agent, which streams by default."""

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.llms.anthropic import Anthropic
from llama_index.llms.openai import OpenAI, OpenAIResponses

from shared import ADDRESS, FILE, KEY, MODE, PROMPT, append, report


def model():
    if MODE.startswith("anthropic"):
        return Anthropic(model="claude-sonnet-4-5", base_url=ADDRESS, api_key=KEY)
    kind = OpenAIResponses if MODE.startswith("openai-responses") else OpenAI
    return kind(model="gpt-4.1", api_base=ADDRESS, api_key=KEY)


async def turn():
    agent = FunctionAgent(tools=[append] if FILE else [], llm=model(), streaming=not MODE.endswith("whole"))
    return str(await agent.run(PROMPT))


report(turn)
