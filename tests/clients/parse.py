"""What the official Python SDKs make of an answer, field by field. A job a line on standard input, what was heard a line on
standard output, after a first line that says "ready". Run with `-W error`: a warning is an error.

A job: {"dialect", "way", "base", "model"}. The way is "helper" (the SDK puts the stream together), "raw" (its events as they
come) or "create" (one piece). What was heard: {"text", "refusal", "calls", "stop", "usage", "error"}; a call is [id, name, arguments as
JSON], the usage [input without what was cached, output, read from the cache, written to it].

The SDKs take an answer as it is and check none of its types. Here every event and every answer is checked against its type.
"""

import json
import logging
import sys

import anthropic
import openai
from anthropic.types import Message
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

KEY = "sk-dummy-000"
ASKED = [{"role": "user", "content": "How does the evening go?"}]
# Messages requires a limit, and a provider of that dialect may be any other's fallback.
LIMIT = 1000
USAGE = {"include_usage": True}


class Complaints(logging.Handler):
    """An SDK that complains in a log fails, too."""

    def emit(self, record):
        raise RuntimeError(record.getMessage())


def checked(model, kind=None):
    """The model, if all of it is of the types that its class declares."""
    (kind or type(model)).model_validate(model.model_dump(mode="json", warnings="error"), strict=False)
    return model


class Heard:
    def __init__(self):
        self.text, self.refusal, self.calls, self.stop, self.usage = "", "", [], None, None

    def told(self, error=None):
        return {**vars(self), "error": error}


def messages_request(model):
    return {"model": model, "max_tokens": LIMIT, "messages": ASKED}


def chat_request(model):
    return {"model": model, "max_completion_tokens": LIMIT, "messages": ASKED}


def responses_request(model):
    return {"model": model, "max_output_tokens": LIMIT, "input": ASKED}


def messages_helper(client, model, heard):
    with client.messages.stream(**messages_request(model)) as stream:
        text = "".join(stream.text_stream)
        message = stream.get_final_message()
    messages_read(message, heard)
    assert heard.text == text, "the text of the events is that of the message"


def messages_create(client, model, heard):
    messages_read(client.messages.create(**messages_request(model)), heard)


def messages_read(message, heard):
    checked(message, Message)
    heard.stop = message.stop_reason
    heard.usage = messages_usage(message.usage)
    for block in message.content:
        if block.type == "text":
            heard.text += block.text
        elif block.type == "tool_use":
            heard.calls.append([block.id, block.name, json.dumps(block.input)])
        else:
            raise TypeError(f"a block of {block.type}")


def messages_raw(client, model, heard):
    for event in client.messages.create(**messages_request(model), stream=True):
        checked(event)
        if event.type == "content_block_start" and event.content_block.type == "tool_use":
            heard.calls.append([event.content_block.id, event.content_block.name, ""])
        elif event.type == "content_block_delta" and event.delta.type == "text_delta":
            heard.text += event.delta.text
        elif event.type == "content_block_delta" and event.delta.type == "input_json_delta":
            heard.calls[-1][2] += event.delta.partial_json
        elif event.type == "message_delta":
            heard.stop = event.delta.stop_reason
            heard.usage = messages_usage(event.usage)


def messages_usage(usage):
    return [
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_input_tokens,
        usage.cache_creation_input_tokens,
    ]


def chat_helper(client, model, heard):
    """The SDK itself raises where an answer was cut or refused, and its exception holds the answer."""
    try:
        with client.chat.completions.stream(**chat_request(model), stream_options=USAGE) as stream:
            for _ in stream:
                pass
            completion = stream.get_final_completion()
    except openai.LengthFinishReasonError as cut:
        completion = cut.completion
    except openai.ContentFilterFinishReasonError as refused:
        completion = refused.completion
    chat_read(completion, heard)


def chat_create(client, model, heard):
    chat_read(client.chat.completions.create(**chat_request(model)), heard)


def chat_read(completion, heard):
    checked(completion, ChatCompletion)
    (choice,) = completion.choices
    heard.text = choice.message.content or ""
    heard.refusal = choice.message.refusal or ""
    heard.stop = choice.finish_reason
    heard.usage = completion.usage and openai_usage(completion.usage, "prompt", "completion")
    for call in choice.message.tool_calls or []:
        if call.type == "custom":
            heard.calls.append([call.id, call.custom.name, call.custom.input])
        else:
            heard.calls.append([call.id, call.function.name, call.function.arguments])


def chat_raw(client, model, heard):
    for chunk in client.chat.completions.create(**chat_request(model), stream=True, stream_options=USAGE):
        checked(chunk)
        if chunk.usage:
            heard.usage = openai_usage(chunk.usage, "prompt", "completion")
        for choice in chunk.choices:
            heard.text += choice.delta.content or ""
            heard.refusal += choice.delta.refusal or ""
            heard.stop = choice.finish_reason or heard.stop
            for part in choice.delta.tool_calls or []:
                said = part.model_dump()
                inner = said.get("function") or said["custom"]
                if part.index == len(heard.calls):
                    heard.calls.append([part.id, inner["name"], ""])
                heard.calls[part.index][2] += inner.get("arguments") or inner.get("input") or ""


def responses_helper(client, model, heard):
    """The SDK knows an end that is complete; any other it hands over as its last event."""
    last = None
    with client.responses.stream(**responses_request(model)) as stream:
        for event in stream:
            last = event
        if last.type == "response.completed":
            responses_read(stream.get_final_response(), heard)
        else:
            responses_read(last.response, heard)


def responses_create(client, model, heard):
    responses_read(client.responses.create(**responses_request(model)), heard)


def responses_read(response, heard):
    checked(response, Response)
    heard.text = response.output_text
    heard.stop = response.incomplete_details.reason if response.incomplete_details else response.status
    heard.usage = response.usage and openai_usage(response.usage, "input", "output")
    for item in response.output:
        if item.type == "message":
            heard.refusal += "".join(part.refusal for part in item.content if part.type == "refusal")
        elif item.type == "function_call":
            heard.calls.append([item.call_id, item.name, item.arguments])
        elif item.type == "custom_tool_call":
            heard.calls.append([item.call_id, item.name, item.input])
        else:
            raise TypeError(f"an item of {item.type}")


def responses_raw(client, model, heard):
    for event in client.responses.create(**responses_request(model), stream=True):
        checked(event)
        if event.type in ("response.completed", "response.incomplete", "response.failed"):
            responses_read(event.response, heard)


def openai_usage(usage, into, out):
    told = usage.model_dump()
    details = told[f"{into}_tokens_details"]
    read, write = details["cached_tokens"], details["cache_write_tokens"]
    assert told["total_tokens"] == told[f"{into}_tokens"] + told[f"{out}_tokens"]
    return [told[f"{into}_tokens"] - read - write, told[f"{out}_tokens"], read, write]


PARSERS = {
    "anthropic": {"helper": messages_helper, "raw": messages_raw, "create": messages_create},
    "openai-chat": {"helper": chat_helper, "raw": chat_raw, "create": chat_create},
    "openai-responses": {"helper": responses_helper, "raw": responses_raw, "create": responses_create},
}


def parse(job):
    heard = Heard()
    if job["dialect"] == "anthropic":
        client = anthropic.Anthropic(base_url=job["base"], api_key=KEY, max_retries=0)
    else:
        client = openai.OpenAI(base_url=job["base"] + "/v1", api_key=KEY, max_retries=0)
    try:
        with client:
            PARSERS[job["dialect"]][job["way"]](client, job["model"], heard)
        return heard.told()
    except Exception as error:  # The test reports every error.
        return heard.told(f"{type(error).__name__}: {error}"[:600])


logging.getLogger().addHandler(Complaints(logging.WARNING))
print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(parse(json.loads(line))), flush=True)
