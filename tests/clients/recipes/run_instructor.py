"""instructor: an answer that must fit a class; it asks in one piece, and its model calls a tool of the class's name."""

import anthropic
import instructor
import openai
from pydantic import BaseModel

from shared import ADDRESS, KEY, MODE, PROMPT, report


class Evening(BaseModel):
    text: str


def turn():
    messages = [{"role": "user", "content": PROMPT}]
    if MODE.startswith("anthropic"):
        client = instructor.from_anthropic(anthropic.Anthropic(base_url=ADDRESS, api_key=KEY))
        answer = client.chat.completions.create(
            model="claude-sonnet-4-5", max_tokens=1000, messages=messages, response_model=Evening
        )
    else:
        how = instructor.Mode.RESPONSES_TOOLS if MODE.startswith("openai-responses") else instructor.Mode.TOOLS
        client = instructor.from_openai(openai.OpenAI(base_url=ADDRESS, api_key=KEY), mode=how)
        answer = client.chat.completions.create(model="gpt-5", messages=messages, response_model=Evening)
    return answer.text


report(turn)
