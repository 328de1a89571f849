//! Translation faults that were reported for other gateways and can occur in a response. If a row names a source, it is the
//! issue that reports the fault.

/// One fault to test for.
pub(crate) struct Probe {
    pub(crate) name: &'static str,
    /// Events of a stream in Messages, Chat and Responses; empty: the dialect does not support it.
    pub(crate) translated: [&'static [&'static str]; 3],
    pub(crate) parsed: Parsed,
}

/// The expected result for the client in each of the other dialects.
pub(crate) enum Parsed {
    Answer {
        /// The text, including that of a refusal.
        text: &'static str,
        /// Id, name and arguments.
        calls: &'static [(&'static str, &'static str, &'static str)],
        /// Stop reasons in Messages, Chat and Responses.
        stop: [&'static str; 3],
        /// Uncached input, output, cache reads, cache writes. `None`: not checked.
        usage: Option<[u64; 4]>,
    },
    /// No end event; any content.
    Nothing,
    /// The provider's error in the client's envelope, and no end event.
    Error(&'static str),
}

use Parsed::{Answer, Error, Nothing};

const TURN: [&str; 3] = ["end_turn", "stop", "completed"];
const TOOL: [&str; 3] = ["tool_use", "tool_calls", "completed"];
const CUT: [&str; 3] = ["max_tokens", "length", "max_output_tokens"];
const REFUSED: [&str; 3] = ["refusal", "content_filter", "content_filter"];

const START: &str = r#"{"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":10,"cache_read_input_tokens":90,"cache_creation_input_tokens":20,"output_tokens":1}}}"#;
const TEXT: &str =
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
const HI: &str =
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"#;
const CALL: &str = r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"f","input":{}}}"#;
const CLOSE: &str = r#"{"type":"content_block_stop","index":0}"#;
const END_TURN: &str =
    r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}"#;
const TOOL_USE: &str =
    r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":7}}"#;
const MAX_TOKENS: &str =
    r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":7}}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;

const CHAT_HI: &str = r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"Hi"}}]}"#;
const CHAT_STOP: &str =
    r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const CHAT_TOOLS: &str =
    r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#;
const CHAT_LENGTH: &str =
    r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#;
const DONE: &str = "[DONE]";

const CREATED: &str = r#"{"type":"response.created","response":{"id":"resp_1","model":"m","status":"in_progress","output":[]}}"#;
const MESSAGE: &str = r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"i","content":[]}}"#;
const TEXT_DELTA: &str =
    r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}"#;
const MESSAGE_DONE: &str = r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"i","content":[{"type":"output_text","text":"Hi"}]}}"#;
const FUNCTION: &str = r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"i","call_id":"a","name":"f","arguments":""}}"#;
const COMPLETED: &str =
    r#"{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[]}}"#;
const INCOMPLETE: &str = r#"{"type":"response.incomplete","response":{"id":"resp_1","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}}"#;

pub(crate) const PROBES: &[Probe] = &[
    Probe {
        name: "a tool turn is a tool turn, also where the provider calls it another (litellm#25390, #35663, bifrost#6123, K-001)",
        translated: [
            &[START, CALL, CLOSE, END_TURN, STOP],
            &[
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}}]}"#,
                CHAT_STOP,
                DONE,
            ],
            &[
                CREATED,
                FUNCTION,
                r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"i","call_id":"a","name":"f","arguments":"{}"}}"#,
                COMPLETED,
            ],
        ],
        parsed: Answer {
            text: "",
            calls: &[("a", "f", "{}")],
            stop: TOOL,
            usage: None,
        },
    },
    Probe {
        name: "arguments that come with the beginning of their call are not lost (litellm#20711, #24134, #25321, #29491)",
        translated: [
            &[
                START,
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"f","input":{"x":1.50}}}"#,
                CLOSE,
                TOOL_USE,
                STOP,
            ],
            &[
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}]}}]}"#,
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1.50}"}}]},"finish_reason":"tool_calls"}]}"#,
                DONE,
            ],
            &[
                CREATED,
                r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"i","call_id":"a","name":"f","arguments":"{\"x\":1.50}"}}"#,
                COMPLETED,
            ],
        ],
        parsed: Answer {
            text: "",
            calls: &[("a", "f", r#"{"x":1.50}"#)],
            stop: TOOL,
            usage: None,
        },
    },
    Probe {
        name: "a call without arguments has {} once (bifrost PR #3441, agentgateway#3002)",
        translated: [
            &[
                START,
                CALL,
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}}"#,
                CLOSE,
                TOOL_USE,
                STOP,
            ],
            &[
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}}]}"#,
                CHAT_TOOLS,
                DONE,
            ],
            &[
                CREATED,
                FUNCTION,
                r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"i","call_id":"a","name":"f","arguments":""}}"#,
                COMPLETED,
            ],
        ],
        parsed: Answer {
            text: "",
            calls: &[("a", "f", "{}")],
            stop: TOOL,
            usage: None,
        },
    },
    Probe {
        name: "calls that come at the same time are told one after the other (bifrost PR #3441, K-085)",
        translated: [
            &[
                START,
                CALL,
                r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"b","name":"g","input":{}}}"#,
                r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"y\":2}"}}"#,
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"x\":1}"}}"#,
                r#"{"type":"content_block_stop","index":1}"#,
                CLOSE,
                TOOL_USE,
                STOP,
            ],
            &[
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}},{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\""}}]}}]}"#,
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":":2}"}},{"index":0,"function":{"arguments":":1}"}}]}}]}"#,
                CHAT_TOOLS,
                DONE,
            ],
            &[
                CREATED,
                FUNCTION,
                r#"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"j","call_id":"b","name":"g","arguments":""}}"#,
                r#"{"type":"response.function_call_arguments.delta","output_index":1,"delta":"{\"y\":2}"}"#,
                r#"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"x\":1}"}"#,
                r#"{"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","id":"j","call_id":"b","name":"g","arguments":"{\"y\":2}"}}"#,
                r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"i","call_id":"a","name":"f","arguments":"{\"x\":1}"}}"#,
                COMPLETED,
            ],
        ],
        parsed: Answer {
            text: "",
            calls: &[("a", "f", r#"{"x":1}"#), ("b", "g", r#"{"y":2}"#)],
            stop: TOOL,
            usage: None,
        },
    },
    Probe {
        name: "an id that Messages refuses is carried, and comes back on the next turn (K-004, K-005, K-037)",
        translated: [
            &[],
            &[
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"functions.f:0","function":{"name":"f","arguments":"{}"}}]}}]}"#,
                CHAT_TOOLS,
                DONE,
            ],
            &[
                CREATED,
                r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"i","call_id":"functions.f:0","name":"f","arguments":"{}"}}"#,
                COMPLETED,
            ],
        ],
        parsed: Answer {
            text: "",
            calls: &[("us-functions_2ef_3a0", "f", "{}")],
            stop: TOOL,
            usage: None,
        },
    },
    Probe {
        name: "[DONE] within arguments ends nothing (litellm#31562)",
        translated: [
            &[
                START,
                CALL,
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"x\":\"data: [DONE]\"}"}}"#,
                CLOSE,
                TOOL_USE,
                STOP,
            ],
            &[
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":\"data: [DONE]\"}"}}]}}]}"#,
                CHAT_TOOLS,
                DONE,
            ],
            &[
                CREATED,
                FUNCTION,
                r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"i","call_id":"a","name":"f","arguments":"{\"x\":\"data: [DONE]\"}"}}"#,
                COMPLETED,
            ],
        ],
        parsed: Answer {
            text: "",
            calls: &[("a", "f", r#"{"x":"data: [DONE]"}"#)],
            stop: TOOL,
            usage: None,
        },
    },
    Probe {
        name: "a call that was cut by the limit is not made whole (K-035)",
        translated: [
            &[START, CALL, CLOSE, MAX_TOKENS, STOP],
            &[
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}}]}"#,
                CHAT_LENGTH,
                DONE,
            ],
            &[CREATED, FUNCTION, INCOMPLETE],
        ],
        parsed: Answer {
            text: "",
            calls: &[("a", "f", "")],
            stop: CUT,
            usage: None,
        },
    },
    Probe {
        name: "a limit is told as one (K-035)",
        translated: [
            &[START, TEXT, HI, CLOSE, MAX_TOKENS, STOP],
            &[CHAT_HI, CHAT_LENGTH, DONE],
            &[CREATED, MESSAGE, TEXT_DELTA, INCOMPLETE],
        ],
        parsed: Answer {
            text: "Hi",
            calls: &[],
            stop: CUT,
            usage: None,
        },
    },
    Probe {
        name: "a filter or a refusal is told as one, with the words before it (K-010A, K-034, K-036)",
        translated: [
            &[
                START,
                TEXT,
                HI,
                CLOSE,
                r#"{"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":7}}"#,
                STOP,
            ],
            &[
                CHAT_HI,
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}"#,
                DONE,
            ],
            &[
                CREATED,
                MESSAGE,
                TEXT_DELTA,
                MESSAGE_DONE,
                r#"{"type":"response.incomplete","response":{"id":"resp_1","status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[]}}"#,
            ],
        ],
        parsed: Answer {
            text: "Hi",
            calls: &[],
            stop: REFUSED,
            usage: None,
        },
    },
    Probe {
        name: "the words of a refusal are kept, and it is one (K-067)",
        translated: [
            &[],
            &[
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"refusal":"No."}}]}"#,
                CHAT_STOP,
                DONE,
            ],
            &[
                CREATED,
                MESSAGE,
                r#"{"type":"response.refusal.delta","output_index":0,"content_index":0,"delta":"No."}"#,
                r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"i","content":[{"type":"refusal","refusal":"No."}]}}"#,
                COMPLETED,
            ],
        ],
        parsed: Answer {
            text: "No.",
            calls: &[],
            stop: ["refusal", "stop", "completed"],
            usage: None,
        },
    },
    Probe {
        name: "a pause is not the end of the turn (Portkey utils.ts)",
        translated: [
            &[
                START,
                TEXT,
                HI,
                CLOSE,
                r#"{"type":"message_delta","delta":{"stop_reason":"pause_turn"},"usage":{"output_tokens":7}}"#,
                STOP,
            ],
            &[],
            &[],
        ],
        parsed: Nothing,
    },
    Probe {
        name: "thinking is never text (K-016, K-033, K-057, litellm#32357)",
        translated: [
            &[
                START,
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}"#,
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}"#,
                CLOSE,
                TEXT,
                HI,
                CLOSE,
                END_TURN,
                STOP,
            ],
            &[
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"reasoning_content":"Hm","reasoning":"Hm"}}]}"#,
                CHAT_HI,
                CHAT_STOP,
                DONE,
            ],
            &[
                CREATED,
                r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"r","summary":[]}}"#,
                r#"{"type":"response.reasoning_summary_text.delta","output_index":0,"delta":"Hm"}"#,
                r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":"Hm"}]}}"#,
                MESSAGE,
                TEXT_DELTA,
                MESSAGE_DONE,
                COMPLETED,
            ],
        ],
        parsed: Answer {
            text: "Hi",
            calls: &[],
            stop: TURN,
            usage: None,
        },
    },
    Probe {
        name: "cached tokens are counted once (litellm#9812, new-api#4395)",
        translated: [
            &[START, TEXT, HI, CLOSE, END_TURN, STOP],
            &[
                CHAT_HI,
                CHAT_STOP,
                r#"{"id":"c","model":"m","choices":[],"usage":{"prompt_tokens":120,"completion_tokens":7,"total_tokens":127,"prompt_tokens_details":{"cached_tokens":90,"cache_write_tokens":20}}}"#,
                DONE,
            ],
            &[
                CREATED,
                MESSAGE,
                TEXT_DELTA,
                MESSAGE_DONE,
                r#"{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[],"usage":{"input_tokens":120,"output_tokens":7,"total_tokens":127,"input_tokens_details":{"cached_tokens":90,"cache_write_tokens":20}}}}"#,
            ],
        ],
        parsed: Answer {
            text: "Hi",
            calls: &[],
            stop: TURN,
            usage: Some([10, 7, 90, 20]),
        },
    },
    Probe {
        name: "no empty text stands beside a call (K-001, K-045, new-api#1854)",
        translated: [
            &[START, TEXT, CLOSE, CALL, CLOSE, TOOL_USE, STOP],
            &[
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"\n"}}]}"#,
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}}]}"#,
                CHAT_TOOLS,
                DONE,
            ],
            &[
                CREATED,
                r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"m","content":[{"type":"output_text","text":""}]}}"#,
                r#"{"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","id":"i","call_id":"a","name":"f","arguments":"{}"}}"#,
                COMPLETED,
            ],
        ],
        parsed: Answer {
            text: "",
            calls: &[("a", "f", "{}")],
            stop: TOOL,
            usage: None,
        },
    },
    Probe {
        name: "a missing stop reason is not made up (agentgateway)",
        translated: [
            &[
                START,
                TEXT,
                HI,
                CLOSE,
                r#"{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":7}}"#,
                STOP,
            ],
            &[CHAT_HI, DONE],
            &[CREATED, MESSAGE, TEXT_DELTA, MESSAGE_DONE],
        ],
        parsed: Nothing,
    },
    Probe {
        name: "a missing terminal event after the proof is made good (better-ccflare#307)",
        translated: [
            &[START, TEXT, HI, CLOSE, END_TURN],
            &[CHAT_HI, CHAT_STOP],
            &[],
        ],
        parsed: Answer {
            text: "Hi",
            calls: &[],
            stop: TURN,
            usage: None,
        },
    },
    Probe {
        name: "an error in the stream is an error and no end (Portkey chatComplete.ts, bifrost#6783)",
        translated: [
            &[
                START,
                TEXT,
                HI,
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            ],
            &[
                CHAT_HI,
                r#"{"error":{"message":"Overloaded","type":"server_error","code":"server_error"}}"#,
            ],
            &[
                CREATED,
                MESSAGE,
                TEXT_DELTA,
                r#"{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"Overloaded"}}}"#,
            ],
        ],
        parsed: Error("Overloaded"),
    },
    Probe {
        name: "several answers to one request are more than the other dialects have",
        translated: [
            &[],
            &[
                CHAT_HI,
                r#"{"id":"c","model":"m","choices":[{"index":1,"delta":{"content":"Ho"}}]}"#,
                CHAT_STOP,
                DONE,
            ],
            &[],
        ],
        parsed: Nothing,
    },
    Probe {
        name: "what the provider ran by itself is not the client's to run",
        translated: [
            &[
                START,
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}"#,
                CLOSE,
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"web_search_tool_result","tool_use_id":"s","content":[]}}"#,
                CLOSE,
                TEXT,
                HI,
                CLOSE,
                END_TURN,
                STOP,
            ],
            &[],
            &[
                CREATED,
                r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"web_search_call","id":"w","status":"completed"}}"#,
                MESSAGE,
                TEXT_DELTA,
                MESSAGE_DONE,
                COMPLETED,
            ],
        ],
        parsed: Answer {
            text: "Hi",
            calls: &[],
            stop: TURN,
            usage: None,
        },
    },
    Probe {
        name: "a tool that only one dialect has is not another one",
        translated: [
            &[],
            &[],
            &[
                CREATED,
                r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"local_shell_call","id":"i","call_id":"a","action":{"type":"exec","command":["ls"]}}}"#,
                COMPLETED,
            ],
        ],
        parsed: Nothing,
    },
];
