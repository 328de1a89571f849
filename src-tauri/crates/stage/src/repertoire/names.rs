//! The names of all scripts, as `GET /v1/models` lists them.

/// All names with their descriptions. A fault's parameter may follow after a colon.
pub(crate) const NAMES: &[(&str, &str)] = &[
    ("steady", "Answers with a short text."),
    ("long", "Answers with some sixty words."),
    ("thinking", "Thinks, then answers."),
    (
        "tool",
        "Calls one of the offered tools, then answers with its result.",
    ),
    ("parallel-tools", "Calls a tool twice in one answer."),
    (
        "429",
        "Rate limit. Any status from 400 to 599 works; headers follow a colon: 429:retry-after=2",
    ),
    (
        "429-quota",
        "Out of money. Other bodies: -context, -policy, -html, -empty",
    ),
    ("500", "Internal error."),
    ("503", "Unavailable."),
    ("529", "Overloaded."),
    ("502-html", "A web page of a broken proxy."),
    ("400-context", "The prompt is too long for the model."),
    ("400-policy", "The prompt is declined for its content."),
    ("refuse", "Drops the connection without a byte."),
    ("reset", "Reads the request, then resets the connection."),
    (
        "silent",
        "Reads the request and never answers; silent:30s answers after 30 s.",
    ),
    (
        "late-first-token",
        "The first content comes after 20 s, or after the time given.",
    ),
    (
        "stall",
        "Falls silent after three content events; stall:after=5,30s goes on after 30 s.",
    ),
    (
        "stall-in-tool",
        "Falls silent in the middle of a tool call.",
    ),
    ("stall-after-stop", "Falls silent after the stop reason."),
    ("pings-only", "Opens an answer, then sends only pings."),
    (
        "cut-after-opening",
        "Cuts the connection before the first content.",
    ),
    (
        "cut-in-text",
        "Cuts the connection in the middle of the text.",
    ),
    (
        "cut-in-tool",
        "Cuts the connection in the middle of a tool call.",
    ),
    (
        "cut-before-final",
        "Cuts the connection after the content, before the stop reason.",
    ),
    (
        "cut",
        "Cuts the connection after forty content events, or after the number given: cut:after=5",
    ),
    (
        "reset-in-text",
        "Resets the connection in the middle of the text.",
    ),
    (
        "clean-close-in-text",
        "Ends properly in the middle of the text.",
    ),
    (
        "clean-close-in-tool",
        "Ends properly in the middle of a tool call.",
    ),
    (
        "clean-close-before-final",
        "Ends properly before the stop reason.",
    ),
    (
        "missing-terminal",
        "Leaves out the terminal event after the stop reason.",
    ),
    (
        "error-event",
        "Reports an error in the middle of the stream.",
    ),
    ("error-event-first", "Reports an error as the first event."),
    (
        "error-event-before-final",
        "Reports an error after the content.",
    ),
    ("malformed-event", "One event is no JSON."),
    ("truncated-body", "Sends less than content-length promises."),
    ("empty-ok", "Status 200 with an empty body."),
    ("html-ok", "Status 200 with a web page."),
    ("json-error-ok", "Status 200 with an error in it."),
    ("max-tokens", "Stops at the token limit, half-way."),
    (
        "context-window",
        "Stops at the end of the context window, half-way.",
    ),
    ("refusal", "Declines to answer."),
    ("pause-turn", "Pauses a long turn."),
    ("stop-sequence", "Stops at a stop sequence."),
    ("stop-null", "Ends without saying why."),
    (
        "nothing-to-act-on",
        "Ends cleanly with nothing in the answer.",
    ),
    (
        "invalid-tool-input",
        "Calls a tool with arguments that are no JSON.",
    ),
    (
        "drip",
        "Waits 100 ms, or the time given, between any two events.",
    ),
    (
        "hang-up",
        "Drops the connection after 30 s without a byte, or after the time given; hang-up:after=3,30s: in the answer.",
    ),
    (
        "error-event:after=3",
        "Reports an error after three content events; error-event:after=3,overload: in these words.",
    ),
    ("overflow", "The prompt is too long, in the vendor's words."),
    (
        "rate-limit",
        "The limit of a minute, in the vendor's words.",
    ),
    (
        "rate-limit-day",
        "The limit of a day, in the vendor's words.",
    ),
    ("quota", "No money, in the vendor's words."),
    (
        "plan-limit",
        "The plan's window is used up, in the vendor's words and headers.",
    ),
    ("key-refused", "The key is refused, in the vendor's words."),
    ("overload", "The vendor is overloaded, in its words."),
    (
        "declined",
        "The prompt is declined for its content, in the vendor's words.",
    ),
    (
        "tool-use-failed",
        "The model's tool call could not be read, in the vendor's words.",
    ),
    (
        "no-model",
        "The model does not exist, in the vendor's words.",
    ),
    (
        "internal-error",
        "An internal error, in the vendor's words.",
    ),
    (
        "stop:eos",
        "Ends with this reason; any word may follow the colon, or none.",
    ),
    (
        "reasons:",
        "Bears this finish reason in every chunk; any word may follow the colon, or none.",
    ),
    (
        "status:incomplete",
        "Responses: the status under response.completed; any word may follow the colon.",
    ),
    ("half", "Ends the last part in its middle."),
    ("usage:none", "Tells no usage."),
    ("usage:always", "Tells usage in the last chunk, unasked."),
    ("usage:in-choice", "Tells usage in the choice."),
    ("usage:each-chunk", "Tells usage in every chunk."),
    (
        "usage:reasoning-beside",
        "Counts thinking in the total only.",
    ),
    (
        "usage:hit-and-miss",
        "Tells cached tokens as prompt_cache_hit_tokens.",
    ),
    (
        "usage:cached-on-top",
        "Tells cached tokens as usage.cached_tokens.",
    ),
    (
        "usage:corrected",
        "Tells usage twice, the second time with less.",
    ),
    ("usage:absurd", "Tells more tokens than any window holds."),
    ("ids:own", "Call ids as the dialect's own vendor has them."),
    ("ids:functions", "Call ids like functions.Bash:0."),
    (
        "ids:vllm",
        "Call ids of chatcmpl-tool- and 32 hexadecimal digits.",
    ),
    ("ids:nine", "Call ids of nine letters and digits."),
    ("ids:deepseek", "Call ids like call_00_0123…"),
    ("ids:gemini", "Call ids like function-call-0123…"),
    ("ids:46", "Call ids of so many characters."),
    ("reasoning:hidden", "Chat: only counts thinking."),
    (
        "reasoning:reasoning_content",
        "Chat: thinking in this field.",
    ),
    ("reasoning:reasoning", "Chat: thinking in this field."),
    (
        "reasoning:details",
        "Chat: thinking in reasoning_details, signed.",
    ),
    ("reasoning:parts", "Chat: thinking as a part of content."),
    ("calls:whole", "Each call's arguments in one event."),
    ("calls:unnumbered", "Chat: every call has the index 0."),
    ("surrogates:split", "The halves of an emoji in two events."),
    ("surrogates:lone", "Half an emoji."),
    ("last-event:open", "The last event lacks its blank line."),
    ("last-event:bare", "The last event lacks its line break."),
    ("whole-document", "Answers a stream with one JSON document."),
    (
        "whole-document:event-stream",
        "… with the content type of a stream.",
    ),
    ("keep-alive", "Signs of life between the events."),
    (
        "as-gemini",
        "Acts this vendor's rules: anthropic, openai, gemini, deepseek, mistral, groq, xai, moonshot, zai, openrouter, together, vllm, ollama, by-model.",
    ),
];
