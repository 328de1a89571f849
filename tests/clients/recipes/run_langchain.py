"""LangChain: an agent whose answer is streamed, or taken in one piece."""

from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from shared import ADDRESS, FILE, KEY, MODE, PROMPT, append, report


def model():
    if MODE.startswith("anthropic"):
        return ChatAnthropic(model="claude-sonnet-4-5", base_url=ADDRESS, api_key=KEY)
    return ChatOpenAI(
        model="gpt-5",
        base_url=ADDRESS,
        api_key=KEY,
        use_responses_api=MODE.startswith("openai-responses"),
    )


def turn():
    agent = create_agent(model(), tools=[tool(append)] if FILE else [])
    asked = {"messages": [{"role": "user", "content": PROMPT}]}
    if MODE.endswith("whole"):
        return agent.invoke(asked)["messages"][-1].text
    text, last = "", None
    for chunk, _ in agent.stream(asked, stream_mode="messages"):
        if chunk.type not in ("ai", "AIMessageChunk"):
            continue
        # Each turn of the model has an id of its own; the last one is the answer.
        text = text + chunk.text if chunk.id == last else chunk.text
        last = chunk.id
    return text


report(turn)
