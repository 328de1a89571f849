"""The official Python SDKs as people use them. A job a line on standard input, what came of it a line on standard
output, after a first line that says "ready".

A job: {"mode", "base", "model", "prompt", "file"}; with a file the model is offered one tool, which appends a line to it.
What came of it: {"text", "stop", "error"}: the last turn's text, the reason it ended for, the exception.
"""

import json
import sys
from dataclasses import dataclass, field

import anthropic
import openai

KEY = "sk-dummy-000"
TURNS = 4
NAME, ABOUT = "append", "Appends one line to the file."
SCHEMA = {
    "type": "object",
    "properties": {"line": {"type": "string"}},
    "required": ["line"],
    "additionalProperties": False,
}
MESSAGES_TOOL = {"name": NAME, "description": ABOUT, "input_schema": SCHEMA}
RESPONSES_TOOL = {"type": "function", "name": NAME, "description": ABOUT, "parameters": SCHEMA, "strict": True}
CHAT_TOOL = {
    "type": "function",
    "function": {"name": NAME, "description": ABOUT, "parameters": SCHEMA, "strict": True},
}


@dataclass
class Turn:
    text: str = ""
    stop: str | None = None
    # (id, arguments as JSON) of every received call.
    calls: list = field(default_factory=list)
    # What the history gets of it.
    said: list = field(default_factory=list)


class Tool:
    """Appends a line, as often as it is told to."""

    def __init__(self, file):
        self.file = file
        self.results = {}

    def run(self, call, arguments):
        line = json.loads(arguments)["line"]
        with open(self.file, "a") as file:
            file.write(line + "\n")
        self.results[call] = "appended"


def messages_helper(client, request, tool):
    with client.messages.stream(**request) as stream:
        for _ in stream:
            pass
        return messages_read(stream.get_final_message(), tool)


def messages_create(client, request, tool):
    return messages_read(client.messages.create(**request), tool)


def messages_read(message, tool):
    turn = Turn(stop=message.stop_reason, said=[block.model_dump(exclude_none=True) for block in message.content])
    for block in message.content:
        if block.type == "text":
            turn.text += block.text
        if block.type == "tool_use":
            turn.calls.append(block.id)
            tool.run(block.id, json.dumps(block.input))
    return turn


def messages_raw(client, request, tool):
    """Starts a tool on its block's closing, as agents do."""
    turn, blocks = Turn(), {}
    for event in client.messages.create(**request, stream=True):
        if event.type == "content_block_start":
            blocks[event.index] = {**event.content_block.model_dump(exclude_none=True), "input_json": ""}
        elif event.type == "content_block_delta":
            block, delta = blocks[event.index], event.delta
            if delta.type == "text_delta":
                block["text"] += delta.text
            elif delta.type == "thinking_delta":
                block["thinking"] += delta.thinking
            elif delta.type == "signature_delta":
                block["signature"] = delta.signature
            elif delta.type == "input_json_delta":
                block["input_json"] += delta.partial_json
        elif event.type == "content_block_stop":
            block = blocks[event.index]
            if block["type"] == "tool_use":
                turn.calls.append(block["id"])
                tool.run(block["id"], block["input_json"])
        elif event.type == "message_delta":
            turn.stop = event.delta.stop_reason
    for block in blocks.values():
        arguments = block.pop("input_json")
        if block["type"] == "tool_use":
            block["input"] = json.loads(arguments)
        turn.text += block.get("text", "")
        turn.said.append(block)
    return turn


def messages(play, client, job, tool):
    history = [{"role": "user", "content": job["prompt"]}]
    request = {"model": job["model"], "max_tokens": 1000, "messages": history}
    if job["file"]:
        request["tools"] = [MESSAGES_TOOL]
    for _ in range(TURNS):
        turn = play(client, request, tool)
        if not turn.calls:
            break
        results = [{"type": "tool_result", "tool_use_id": call, "content": tool.results[call]} for call in turn.calls]
        history += [{"role": "assistant", "content": turn.said}, {"role": "user", "content": results}]
    return turn


def chat_helper(client, request, tool):
    with client.chat.completions.stream(**request) as stream:
        for _ in stream:
            pass
        return chat_read(stream.get_final_completion(), tool)


def chat_create(client, request, tool):
    return chat_read(client.chat.completions.create(**request), tool)


def chat_read(completion, tool):
    choice = completion.choices[0]
    turn = Turn(text=choice.message.content or "", stop=choice.finish_reason)
    for call in choice.message.tool_calls or []:
        turn.calls.append(call.id)
        turn.said.append({"id": call.id, "name": call.function.name, "arguments": call.function.arguments})
        tool.run(call.id, call.function.arguments)
    return turn


def chat_raw(client, request, tool):
    """Starts tools when the answer gives its reason to end."""
    turn, calls = Turn(), {}
    for chunk in client.chat.completions.create(**request, stream=True):
        if not chunk.choices:
            continue
        choice = chunk.choices[0]
        turn.text += choice.delta.content or ""
        for part in choice.delta.tool_calls or []:
            call = calls.setdefault(part.index, {"id": "", "name": "", "arguments": ""})
            call["id"] = part.id or call["id"]
            call["name"] = part.function.name or call["name"]
            call["arguments"] += part.function.arguments or ""
        if choice.finish_reason:
            turn.stop = choice.finish_reason
            for call in calls.values():
                turn.calls.append(call["id"])
                turn.said.append(call)
                tool.run(call["id"], call["arguments"])
    return turn


def chat(play, client, job, tool):
    history = [{"role": "user", "content": job["prompt"]}]
    request = {"model": job["model"], "messages": history}
    if job["file"]:
        request["tools"] = [CHAT_TOOL]
    for _ in range(TURNS):
        turn = play(client, request, tool)
        if not turn.calls:
            break
        calls = [
            {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"]}}
            for c in turn.said
        ]
        history.append({"role": "assistant", "content": turn.text, "tool_calls": calls})
        history += [{"role": "tool", "tool_call_id": call, "content": tool.results[call]} for call in turn.calls]
    return turn


def responses_helper(client, request, tool):
    with client.responses.stream(**request) as stream:
        for _ in stream:
            pass
        return responses_read(stream.get_final_response(), tool)


def responses_create(client, request, tool):
    return responses_read(client.responses.create(**request), tool)


def responses_read(response, tool):
    turn = Turn(text=response.output_text, stop=response.status)
    for item in response.output:
        responses_item(turn, item, tool)
    return turn


def responses_item(turn, item, tool):
    if item.type == "function_call":
        call = {"type": item.type, "call_id": item.call_id, "name": item.name, "arguments": item.arguments}
        turn.calls.append(item.call_id)
        turn.said.append(call)
        tool.run(item.call_id, item.arguments)


def responses_raw(client, request, tool):
    """Starts a tool when its item is done, as agents do."""
    turn = Turn()
    for event in client.responses.create(**request, stream=True):
        if event.type == "response.output_text.delta":
            turn.text += event.delta
        elif event.type == "response.output_item.done":
            responses_item(turn, event.item, tool)
        elif event.type in ("response.completed", "response.incomplete", "response.failed"):
            turn.stop = event.response.status
    return turn


def responses(play, client, job, tool):
    history = [{"role": "user", "content": job["prompt"]}]
    request = {"model": job["model"], "input": history}
    if job["file"]:
        request["tools"] = [RESPONSES_TOOL]
    for _ in range(TURNS):
        turn = play(client, request, tool)
        if not turn.calls:
            break
        results = [
            {"type": "function_call_output", "call_id": call, "output": tool.results[call]} for call in turn.calls
        ]
        history += turn.said + results
    return turn


MODES = {
    "anthropic helper": (messages, messages_helper),
    "anthropic raw": (messages, messages_raw),
    "anthropic create": (messages, messages_create),
    "openai chat helper": (chat, chat_helper),
    "openai chat raw": (chat, chat_raw),
    "openai chat create": (chat, chat_create),
    "openai responses helper": (responses, responses_helper),
    "openai responses raw": (responses, responses_raw),
    "openai responses create": (responses, responses_create),
}


def run(job):
    converse, play = MODES[job["mode"]]
    if job["mode"].startswith("anthropic"):
        client = anthropic.Anthropic(base_url=job["base"], api_key=KEY)
    else:
        client = openai.OpenAI(base_url=job["base"] + "/v1", api_key=KEY)
    try:
        with client:
            turn = converse(play, client, job, Tool(job["file"]))
        return {"text": turn.text, "stop": turn.stop, "error": None}
    except Exception as error:  # The program that uses the SDK gets every error.
        return {"text": "", "stop": None, "error": f"{type(error).__name__}: {error}"}


print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
