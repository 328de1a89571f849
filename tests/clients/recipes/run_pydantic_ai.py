"""pydantic-ai: an agent whose answer is streamed, or taken in one piece."""

from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

from shared import ADDRESS, FILE, KEY, MODE, PROMPT, append, report


def model():
    if MODE.startswith("anthropic"):
        provider = AnthropicProvider(base_url=ADDRESS, api_key=KEY)
        return AnthropicModel("claude-sonnet-4-5", provider=provider)
    kind = OpenAIResponsesModel if MODE.startswith("openai-responses") else OpenAIChatModel
    return kind("gpt-5", provider=OpenAIProvider(base_url=ADDRESS, api_key=KEY))


async def turn():
    agent = Agent(model(), tools=[append] if FILE else [])
    # With a handler it streams; `run_stream` would take the text before a call for the answer.
    handler = None if MODE.endswith("whole") else listen
    return (await agent.run(PROMPT, event_stream_handler=handler)).output


async def listen(_, events):
    async for _ in events:
        pass


report(turn)
