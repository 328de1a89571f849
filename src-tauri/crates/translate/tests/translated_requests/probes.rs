//! Translation faults that were reported for other gateways and can occur in a request. If a row names a source, it is the
//! issue that reports the fault.

/// One fault to test for.
pub(crate) struct Probe {
    pub(crate) name: &'static str,
    /// Fields of a request in Messages, Chat and Responses that replace those of a plain one; `None`: the dialect does not
    /// support it.
    pub(crate) requested: [Option<&'static str>; 3],
    /// The expected request for a candidate in Messages, Chat and Responses.
    pub(crate) parsed: [Parsed; 3],
    /// Texts that no candidate may get.
    pub(crate) never: &'static [&'static str],
}

pub(crate) enum Parsed {
    /// These values at these JSON pointers; `absent`: no value.
    As(&'static [(&'static str, &'static str)]),
    /// With a reason that contains this.
    Refused(&'static str),
}

use Parsed::{As, Refused};

const LONG_NAME: &str =
    "mcp__a_server_whose_name_is_long__and_its_tool_has_a_name_that_is_long_too_1";

pub(crate) const PROBES: &[Probe] = &[
    Probe {
        name: "arguments of a call are told as they were (litellm#20711, #24134)",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{"z":1.0,"a":"\u00e9"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"ok"}]}]}"#,
            ),
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"z\":1.0,\"a\":\"é\"}"}}]},{"role":"tool","tool_call_id":"t1","content":"ok"}]}"#,
            ),
            Some(
                r#"{"input":[{"role":"user","content":"a"},{"type":"function_call","call_id":"t1","name":"f","arguments":"{\"z\":1.0,\"a\":\"é\"}"},{"type":"function_call_output","call_id":"t1","output":"ok"}]}"#,
            ),
        ],
        parsed: [
            As(&[
                ("/messages/1/content/0/input", r#"{"z":1.0,"a":"é"}"#),
                ("/messages/2/content/0/content", r#""ok""#),
            ]),
            As(&[
                ("/messages/1/content", "null"),
                ("/messages/1/tool_calls/0/function/name", r#""f""#),
                ("/messages/2/tool_call_id", r#""t1""#),
            ]),
            As(&[
                ("/input/1/call_id", r#""t1""#),
                ("/input/2/output", r#""ok""#),
            ]),
        ],
        never: &[],
    },
    Probe {
        name: "a call without arguments has {} once (bifrost PR #3441)",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"}]}]}"#,
            ),
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":""}}]},{"role":"tool","tool_call_id":"t1","content":""}]}"#,
            ),
            Some(
                r#"{"input":[{"role":"user","content":"a"},{"type":"function_call","call_id":"t1","name":"f","arguments":""},{"type":"function_call_output","call_id":"t1","output":""}]}"#,
            ),
        ],
        parsed: [
            As(&[
                (
                    "/messages/1/content",
                    r#"[{"type":"tool_use","id":"t1","name":"f","input":{}}]"#,
                ),
                (
                    "/messages/2/content",
                    r#"[{"type":"tool_result","tool_use_id":"t1"}]"#,
                ),
            ]),
            As(&[
                ("/messages/1/tool_calls/0/function/arguments", r#""{}""#),
                ("/messages/2/content", r#""""#),
            ]),
            As(&[
                ("/input/1/arguments", r#""{}""#),
                ("/input/2/output", r#""""#),
            ]),
        ],
        never: &[],
    },
    Probe {
        name: "arguments that are no JSON are still told (litellm#35303)",
        requested: [
            None,
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":"}}]},{"role":"tool","tool_call_id":"t1","content":"no"}]}"#,
            ),
            Some(
                r#"{"input":[{"role":"user","content":"a"},{"type":"function_call","call_id":"t1","name":"f","arguments":"{\"a\":"},{"type":"function_call_output","call_id":"t1","output":"no"}]}"#,
            ),
        ],
        parsed: [
            As(&[(
                "/messages/1/content/0/input",
                r#"{"INVALID_JSON":"{\"a\":"}"#,
            )]),
            As(&[(
                "/messages/1/tool_calls/0/function/arguments",
                r#""{\"a\":""#,
            )]),
            As(&[("/input/1/arguments", r#""{\"a\":""#)]),
        ],
        never: &[],
    },
    Probe {
        name: "parallel calls and their results keep their order, in one turn (K-012, K-082)",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"text","text":"both"},{"type":"tool_use","id":"t1","name":"f","input":{}},{"type":"tool_use","id":"t2","name":"g","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t2","content":"two"},{"type":"tool_result","tool_use_id":"t1","content":"one"},{"type":"text","text":"go on"}]}]}"#,
            ),
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"both","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"t2","type":"function","function":{"name":"g","arguments":"{}"}}]},{"role":"tool","tool_call_id":"t2","content":"two"},{"role":"tool","tool_call_id":"t1","content":"one"},{"role":"user","content":"go on"}]}"#,
            ),
            Some(
                r#"{"input":[{"role":"user","content":"a"},{"role":"assistant","content":"both"},{"type":"function_call","call_id":"t1","name":"f","arguments":"{}"},{"type":"function_call","call_id":"t2","name":"g","arguments":"{}"},{"type":"function_call_output","call_id":"t2","output":"two"},{"role":"user","content":"go on"},{"type":"function_call_output","call_id":"t1","output":"one"}]}"#,
            ),
        ],
        parsed: [
            As(&[
                ("/messages/1/content/0/text", r#""both""#),
                ("/messages/1/content/2/id", r#""t2""#),
                (
                    "/messages/2/content",
                    r#"[{"type":"tool_result","tool_use_id":"t2","content":"two"},{"type":"tool_result","tool_use_id":"t1","content":"one"},{"type":"text","text":"go on"}]"#,
                ),
                ("/messages/3", "absent"),
            ]),
            As(&[
                ("/messages/1/content", r#""both""#),
                ("/messages/1/tool_calls/1/id", r#""t2""#),
                ("/messages/2/tool_call_id", r#""t2""#),
                ("/messages/3/tool_call_id", r#""t1""#),
                ("/messages/4", r#"{"role":"user","content":"go on"}"#),
            ]),
            As(&[
                ("/input/3/call_id", r#""t2""#),
                ("/input/4/output", r#""two""#),
                ("/input/5/output", r#""one""#),
                ("/input/6/content/0/text", r#""go on""#),
            ]),
        ],
        never: &[],
    },
    Probe {
        name: "one call at a time stays so (K-017, K-031, K-043, K-058)",
        requested: [
            Some(
                r#"{"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}"#,
            ),
            Some(
                r#"{"tools":[{"type":"function","function":{"name":"f"}}],"parallel_tool_calls":false}"#,
            ),
            Some(r#"{"tools":[{"type":"function","name":"f"}],"parallel_tool_calls":false}"#),
        ],
        parsed: [
            As(&[(
                "/tool_choice",
                r#"{"type":"auto","disable_parallel_tool_use":true}"#,
            )]),
            As(&[("/parallel_tool_calls", "false")]),
            As(&[("/parallel_tool_calls", "false")]),
        ],
        never: &[],
    },
    Probe {
        name: "an id that Messages refuses is carried (K-005), and other ids are not touched",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"us-functions_2elist_3a0","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"us-functions_2elist_3a0"}]}]}"#,
            ),
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"functions.list:0","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"functions.list:0","content":""}]}"#,
            ),
            None,
        ],
        parsed: [
            As(&[
                ("/messages/1/content/0/id", r#""us-functions_2elist_3a0""#),
                (
                    "/messages/2/content/0/tool_use_id",
                    r#""us-functions_2elist_3a0""#,
                ),
            ]),
            // Restored from Messages, encoded from Chat: the round-trip tests check that the call and its result agree.
            As(&[("/messages/1/tool_calls/0/type", r#""function""#)]),
            As(&[("/input/1/type", r#""function_call""#)]),
        ],
        never: &[],
    },
    Probe {
        name: "an id that two answers have, from a server that numbers its calls afresh",
        requested: [
            None,
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"c0","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c0","content":"1"},{"role":"assistant","tool_calls":[{"id":"c0","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c0","content":"2"}]}"#,
            ),
            None,
        ],
        parsed: [
            As(&[
                ("/messages/1/content/0/id", r#""c0""#),
                ("/messages/2/content/0/tool_use_id", r#""c0""#),
                ("/messages/3/content/0/id", r#""us-c0_n2""#),
                ("/messages/4/content/0/tool_use_id", r#""us-c0_n2""#),
            ]),
            As(&[]),
            As(&[("/input/4/call_id", r#""us-c0_n2""#)]),
        ],
        never: &[],
    },
    Probe {
        name: "a name of more than 64 characters (litellm#17904, K-008)",
        requested: [
            Some(
                r#"{"tools":[{"name":"mcp__a_server_whose_name_is_long__and_its_tool_has_a_name_that_is_long_too_1","input_schema":{"type":"object","properties":{}}}]}"#,
            ),
            Some(
                r#"{"tools":[{"type":"function","function":{"name":"mcp__a_server_whose_name_is_long__and_its_tool_has_a_name_that_is_long_too_1"}}]}"#,
            ),
            Some(
                r#"{"tools":[{"type":"function","name":"mcp__a_server_whose_name_is_long__and_its_tool_has_a_name_that_is_long_too_1"}]}"#,
            ),
        ],
        parsed: [
            As(&[("/tools/0/input_schema/type", r#""object""#)]),
            As(&[("/tools/0/type", r#""function""#)]),
            As(&[("/tools/0/type", r#""function""#)]),
        ],
        never: &[LONG_NAME],
    },
    Probe {
        name: "a result that is an error says so (K-006)",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":"no such file"}]}]}"#,
            ),
            None,
            None,
        ],
        parsed: [
            As(&[]),
            As(&[("/messages/2/content", r#""[is_error: true]\nno such file""#)]),
            As(&[("/input/2/output", r#""[is_error: true]\nno such file""#)]),
        ],
        never: &[],
    },
    Probe {
        name: "a result with text and an image (K-007, K-012)",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]}]}]}"#,
            ),
            None,
            Some(
                r#"{"input":[{"role":"user","content":"a"},{"type":"function_call","call_id":"t1","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"t1","output":[{"type":"input_text","text":"look"},{"type":"input_image","image_url":"data:image/png;base64,aGk="}]}]}"#,
            ),
        ],
        parsed: [
            As(&[(
                "/messages/2/content/0/content",
                r#"[{"type":"text","text":"look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]"#,
            )]),
            As(&[
                ("/messages/2/content", r#""look""#),
                ("/messages/3/role", r#""user""#),
                (
                    "/messages/3/content/1/image_url/url",
                    r#""data:image/png;base64,aGk=""#,
                ),
            ]),
            As(&[(
                "/input/2/output",
                r#"[{"type":"input_text","text":"look"},{"type":"input_image","image_url":"data:image/png;base64,aGk="}]"#,
            )]),
        ],
        never: &[],
    },
    Probe {
        name: "a result without its call, which Messages and Chat refuse",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"}]}]}"#,
            ),
            Some(r#"{"messages":[{"role":"tool","tool_call_id":"t1","content":""}]}"#),
            Some(r#"{"input":[{"type":"function_call_output","call_id":"t1","output":""}]}"#),
        ],
        parsed: [Refused("`t1`"), Refused("`t1`"), Refused("`t1`")],
        never: &[],
    },
    Probe {
        name: "a tool without a schema, or with a bare one (K-062)",
        requested: [
            Some(r#"{"tools":[{"name":"f","input_schema":{"type":"object"}}]}"#),
            Some(r#"{"tools":[{"type":"function","function":{"name":"f"}}]}"#),
            Some(r#"{"tools":[{"type":"function","name":"f","parameters":{}}]}"#),
        ],
        parsed: [
            As(&[(
                "/tools/0/input_schema",
                r#"{"type":"object","properties":{}}"#,
            )]),
            As(&[
                (
                    "/tools/0/function/parameters",
                    r#"{"type":"object","properties":{}}"#,
                ),
                ("/tools/0/function/strict", "absent"),
            ]),
            As(&[
                (
                    "/tools/0/parameters",
                    r#"{"type":"object","properties":{}}"#,
                ),
                ("/tools/0/strict", "false"),
            ]),
        ],
        never: &[],
    },
    Probe {
        name: "a strict tool stays strict (K-064, K-066)",
        requested: [
            Some(
                r#"{"tools":[{"name":"f","strict":true,"input_schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}]}"#,
            ),
            Some(
                r#"{"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}]}"#,
            ),
            Some(
                r#"{"tools":[{"type":"function","name":"f","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}]}"#,
            ),
        ],
        parsed: [
            As(&[("/tools/0/strict", "true")]),
            As(&[("/tools/0/function/strict", "true")]),
            As(&[("/tools/0/strict", "true")]),
        ],
        never: &[],
    },
    Probe {
        name: "a strict tool with an optional argument, which OpenAI does not enforce",
        requested: [
            Some(
                r#"{"tools":[{"name":"f","strict":true,"input_schema":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}}]}"#,
            ),
            None,
            None,
        ],
        parsed: [
            As(&[("/tools/0/strict", "true")]),
            As(&[
                ("/tools/0/function/strict", "absent"),
                ("/tools/0/function/parameters/required", "absent"),
            ]),
            As(&[("/tools/0/strict", "false")]),
        ],
        never: &[],
    },
    Probe {
        name: "a tool of the vendor's own beside others of the client",
        requested: [
            Some(
                r#"{"tools":[{"type":"web_search_20250305","name":"web_search"},{"name":"f","input_schema":{"type":"object","properties":{}}}]}"#,
            ),
            None,
            Some(
                r#"{"tools":[{"type":"web_search","external_web_access":true},{"type":"function","name":"f"}],"tool_choice":"auto"}"#,
            ),
        ],
        parsed: [
            As(&[("/tools/0/name", r#""f""#), ("/tools/1", "absent")]),
            As(&[("/tools/0/function/name", r#""f""#), ("/tools/1", "absent")]),
            As(&[("/tools/0/name", r#""f""#), ("/tools/1", "absent")]),
        ],
        never: &["web_search"],
    },
    Probe {
        name: "a tool of the vendor's own that is needed",
        requested: [
            Some(r#"{"tools":[{"type":"web_search_20250305","name":"web_search"}]}"#),
            None,
            Some(
                r#"{"tools":[{"type":"web_search"},{"type":"function","name":"f"}],"tool_choice":{"type":"web_search"}}"#,
            ),
        ],
        parsed: [
            Refused("the tool `web_search"),
            Refused("the tool `web_search"),
            Refused("the tool `web_search"),
        ],
        never: &[],
    },
    Probe {
        name: "a tool of the vendor's making that the client runs (Envoy #2467)",
        requested: [
            Some(r#"{"tools":[{"type":"bash_20250124","name":"bash"}]}"#),
            None,
            Some(r#"{"tools":[{"type":"local_shell"},{"type":"function","name":"f"}]}"#),
        ],
        parsed: [
            Refused("which only models of"),
            Refused("which only models of"),
            Refused("which only models of"),
        ],
        never: &[],
    },
    Probe {
        name: "some tool must be called (K-072)",
        requested: [
            Some(
                r#"{"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"any"}}"#,
            ),
            Some(
                r#"{"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required"}"#,
            ),
            Some(r#"{"tools":[{"type":"function","name":"f"}],"tool_choice":"required"}"#),
        ],
        parsed: [
            As(&[("/tool_choice", r#"{"type":"any"}"#)]),
            As(&[("/tool_choice", r#""required""#)]),
            As(&[("/tool_choice", r#""required""#)]),
        ],
        never: &[],
    },
    Probe {
        name: "no tool may be called",
        requested: [
            Some(
                r#"{"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"none"}}"#,
            ),
            Some(r#"{"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"none"}"#),
            Some(r#"{"tools":[{"type":"function","name":"f"}],"tool_choice":"none"}"#),
        ],
        parsed: [
            As(&[("/tool_choice", r#"{"type":"none"}"#)]),
            As(&[("/tool_choice", r#""none""#)]),
            As(&[("/tool_choice", r#""none""#)]),
        ],
        never: &[],
    },
    Probe {
        name: "this tool must be called",
        requested: [
            Some(
                r#"{"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"tool","name":"f"}}"#,
            ),
            Some(
                r#"{"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}}}"#,
            ),
            Some(
                r#"{"tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"function","name":"f"}}"#,
            ),
        ],
        parsed: [
            As(&[("/tool_choice", r#"{"type":"tool","name":"f"}"#)]),
            As(&[(
                "/tool_choice",
                r#"{"type":"function","function":{"name":"f"}}"#,
            )]),
            As(&[("/tool_choice", r#"{"type":"function","name":"f"}"#)]),
        ],
        never: &[],
    },
    Probe {
        name: "tools under one heading, and a tool that takes free text (Codex)",
        requested: [
            None,
            None,
            Some(
                r#"{"tools":[{"type":"namespace","name":"agents","description":"d","tools":[{"type":"function","name":"spawn"}]},{"type":"custom","name":"apply_patch","description":"patch","format":{"type":"grammar","syntax":"lark","definition":"start: x"}}]}"#,
            ),
        ],
        parsed: [
            As(&[
                ("/tools/0/name", r#""agents__spawn""#),
                ("/tools/1/name", r#""apply_patch""#),
                ("/tools/1/input_schema/required", r#"["input"]"#),
            ]),
            As(&[
                ("/tools/0/function/name", r#""agents__spawn""#),
                ("/tools/1/function/parameters/required", r#"["input"]"#),
            ]),
            As(&[]),
        ],
        never: &[],
    },
    Probe {
        name: "several system texts and a later instruction, in order (Portkey#457, K-065)",
        requested: [
            Some(
                r#"{"system":[{"type":"text","text":"one"},{"type":"text","text":"two"}],"messages":[{"role":"user","content":"hi"},{"role":"system","content":"three"}]}"#,
            ),
            Some(
                r#"{"messages":[{"role":"system","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]},{"role":"user","content":"hi"},{"role":"developer","content":"three"}]}"#,
            ),
            Some(
                r#"{"input":[{"role":"system","content":[{"type":"input_text","text":"one"},{"type":"input_text","text":"two"}]},{"role":"user","content":"hi"},{"role":"developer","content":"three"}]}"#,
            ),
        ],
        parsed: [
            As(&[
                (
                    "/system",
                    r#"[{"type":"text","text":"one"},{"type":"text","text":"two"},{"type":"text","text":"three"}]"#,
                ),
                (
                    "/messages",
                    r#"[{"role":"user","content":[{"type":"text","text":"hi"}]}]"#,
                ),
            ]),
            As(&[(
                "/messages",
                r#"[{"role":"system","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]},{"role":"user","content":"hi"},{"role":"system","content":"three"}]"#,
            )]),
            As(&[
                ("/input/0/role", r#""system""#),
                (
                    "/input/0/content",
                    r#"[{"type":"input_text","text":"one"},{"type":"input_text","text":"two"}]"#,
                ),
                ("/input/1/role", r#""user""#),
                ("/input/2/content/0/text", r#""three""#),
            ]),
        ],
        never: &[],
    },
    Probe {
        name: "the limit to an answer is the client's, none is invented (K-006)",
        requested: [
            Some(r#"{"max_tokens":777}"#),
            Some(r#"{"max_completion_tokens":777}"#),
            Some(r#"{"max_output_tokens":777}"#),
        ],
        parsed: [
            As(&[("/max_tokens", "777")]),
            As(&[("/max_completion_tokens", "777"), ("/max_tokens", "absent")]),
            As(&[("/max_output_tokens", "777")]),
        ],
        never: &[],
    },
    Probe {
        name: "no limit: the target's default, or what the catalogue knows where one is demanded",
        requested: [None, Some("{}"), Some("{}")],
        parsed: [
            As(&[("/max_tokens", "32000")]),
            As(&[
                ("/max_completion_tokens", "absent"),
                ("/max_tokens", "absent"),
            ]),
            As(&[("/max_output_tokens", "absent")]),
        ],
        never: &[],
    },
    Probe {
        name: "cache marks are dropped and none invented (Portkey#1579, K-019)",
        requested: [
            Some(
                r#"{"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]}],"tools":[{"name":"f","input_schema":{"type":"object","properties":{}},"cache_control":{"type":"ephemeral"}}]}"#,
            ),
            Some(
                r#"{"messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]}]}"#,
            ),
            Some(r#"{"prompt_cache_key":"k"}"#),
        ],
        parsed: [As(&[]), As(&[]), As(&[])],
        never: &["cache"],
    },
    Probe {
        name: "earlier thinking is neither text nor told to another vendor (K-016, K-033, K-057, litellm#49969)",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"SECRET","signature":"SIGNED"},{"type":"redacted_thinking","data":"SECRET"},{"type":"text","text":"b"}]},{"role":"user","content":"c"}]}"#,
            ),
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","reasoning_content":"SECRET"},{"role":"user","content":"c"}]}"#,
            ),
            Some(
                r#"{"include":["reasoning.encrypted_content"],"input":[{"role":"user","content":"a"},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"SECRET"}],"encrypted_content":"SIGNED"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}"#,
            ),
        ],
        parsed: [
            As(&[("/messages/1/content", r#"[{"type":"text","text":"b"}]"#)]),
            As(&[("/messages/1", r#"{"role":"assistant","content":"b"}"#)]),
            As(&[
                ("/input/1/content/0/text", r#""b""#),
                ("/input/2/role", r#""user""#),
            ]),
        ],
        never: &["SECRET", "SIGNED", "reasoning", "thinking"],
    },
    Probe {
        name: "how much to think",
        requested: [
            Some(r#"{"thinking":{"type":"enabled","budget_tokens":31999},"max_tokens":32000}"#),
            Some(r#"{"reasoning_effort":"xhigh"}"#),
            Some(r#"{"reasoning":{"effort":"high","summary":"auto"}}"#),
        ],
        parsed: [
            As(&[
                ("/output_config/effort", r#""high""#),
                ("/thinking", "absent"),
            ]),
            As(&[("/reasoning_effort", r#""high""#)]),
            As(&[("/reasoning", r#"{"effort":"high"}"#)]),
        ],
        never: &["31999", "budget"],
    },
    Probe {
        name: "stop sequences (K-032, K-041)",
        requested: [
            Some(r#"{"stop_sequences":["END"]}"#),
            Some(r#"{"stop":"END"}"#),
            None,
        ],
        parsed: [
            As(&[("/stop_sequences", r#"["END"]"#)]),
            As(&[("/stop", r#"["END"]"#)]),
            Refused("stop sequences, which openai-responses does not have"),
        ],
        never: &[],
    },
    Probe {
        name: "an answer that follows a schema (K-040, K-042, K-051)",
        requested: [
            Some(
                r#"{"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}}"#,
            ),
            Some(
                r#"{"response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}}"#,
            ),
            Some(
                r#"{"text":{"format":{"type":"json_schema","name":"answer","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}}"#,
            ),
        ],
        parsed: [
            As(&[
                ("/output_config/format/type", r#""json_schema""#),
                ("/output_config/format/schema/required", r#"["a"]"#),
            ]),
            As(&[
                ("/response_format/json_schema/name", r#""answer""#),
                ("/response_format/json_schema/strict", "true"),
            ]),
            As(&[
                ("/text/format/name", r#""answer""#),
                ("/text/format/strict", "true"),
            ]),
        ],
        never: &[],
    },
    Probe {
        name: "some JSON without a schema",
        requested: [
            None,
            Some(r#"{"response_format":{"type":"json_object"}}"#),
            Some(r#"{"text":{"format":{"type":"json_object"}}}"#),
        ],
        parsed: [
            As(&[
                ("/output_config", "absent"),
                (
                    "/system/0/text",
                    r#""Answer with one JSON object and nothing else: no text before or after it, and no Markdown fence.""#,
                ),
            ]),
            As(&[("/response_format/type", r#""json_object""#)]),
            As(&[("/text/format/type", r#""json_object""#)]),
        ],
        never: &[],
    },
    Probe {
        name: "an image and a document (K-018)",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://x/a.png"}},{"type":"document","title":"a.pdf","source":{"type":"base64","media_type":"application/pdf","data":"aGk="}},{"type":"text","text":"look"}]}]}"#,
            ),
            Some(
                r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/a.png"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,aGk="}},{"type":"text","text":"look"}]}]}"#,
            ),
            Some(
                r#"{"input":[{"role":"user","content":[{"type":"input_image","image_url":"https://x/a.png","detail":"auto"},{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,aGk="},{"type":"input_text","text":"look"}]}]}"#,
            ),
        ],
        parsed: [
            As(&[
                (
                    "/messages/0/content/0/source",
                    r#"{"type":"url","url":"https://x/a.png"}"#,
                ),
                (
                    "/messages/0/content/1",
                    r#"{"type":"document","title":"a.pdf","source":{"type":"base64","media_type":"application/pdf","data":"aGk="}}"#,
                ),
            ]),
            As(&[
                (
                    "/messages/0/content/0/image_url/url",
                    r#""https://x/a.png""#,
                ),
                (
                    "/messages/0/content/1/file",
                    r#"{"filename":"a.pdf","file_data":"data:application/pdf;base64,aGk="}"#,
                ),
            ]),
            As(&[
                ("/input/0/content/0/image_url", r#""https://x/a.png""#),
                (
                    "/input/0/content/1",
                    r#"{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,aGk="}"#,
                ),
            ]),
        ],
        never: &[],
    },
    Probe {
        name: "a document by its address",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://x/a.pdf"}}]}]}"#,
            ),
            None,
            Some(
                r#"{"input":[{"role":"user","content":[{"type":"input_file","file_url":"https://x/a.pdf"}]}]}"#,
            ),
        ],
        parsed: [
            As(&[("/messages/0/content/0/source/url", r#""https://x/a.pdf""#)]),
            Refused("a document by its address"),
            As(&[("/input/0/content/0/file_url", r#""https://x/a.pdf""#)]),
        ],
        never: &[],
    },
    Probe {
        name: "a file that the vendor keeps",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"file_1"}}]}]}"#,
            ),
            Some(
                r#"{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]}"#,
            ),
            Some(
                r#"{"input":[{"role":"user","content":[{"type":"input_image","file_id":"file-1"}]}]}"#,
            ),
        ],
        parsed: [
            Refused("no copy of it is kept here"),
            Refused("no copy of it is kept here"),
            Refused("no copy of it is kept here"),
        ],
        never: &[],
    },
    Probe {
        name: "no empty text (K-001, K-009, K-045, new-api#1854)",
        requested: [
            Some(
                r#"{"system":"","messages":[{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":"hi"}]}]}"#,
            ),
            Some(
                r#"{"messages":[{"role":"system","content":""},{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":"hi"}]}]}"#,
            ),
            Some(
                r#"{"instructions":"","input":[{"role":"user","content":[{"type":"input_text","text":""},{"type":"input_text","text":"hi"}]}]}"#,
            ),
        ],
        parsed: [
            As(&[
                ("/system", "absent"),
                (
                    "/messages",
                    r#"[{"role":"user","content":[{"type":"text","text":"hi"}]}]"#,
                ),
            ]),
            As(&[("/messages", r#"[{"role":"user","content":"hi"}]"#)]),
            As(&[(
                "/input",
                r#"[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}]"#,
            )]),
        ],
        never: &[],
    },
    Probe {
        name: "`instructions` stay instructions (K-065)",
        requested: [None, None, Some(r#"{"instructions":"be brief"}"#)],
        parsed: [
            As(&[("/system/0/text", r#""be brief""#)]),
            As(&[("/messages/0", r#"{"role":"system","content":"be brief"}"#)]),
            As(&[]),
        ],
        never: &[],
    },
    Probe {
        name: "an earlier answer that the vendor keeps",
        requested: [None, None, Some(r#"{"previous_response_id":"resp_1"}"#)],
        parsed: [
            Refused("`previous_response_id`"),
            Refused("`previous_response_id`"),
            Refused("`previous_response_id`"),
        ],
        never: &[],
    },
    Probe {
        name: "an answer that is to be kept, and one that would be kept unasked",
        requested: [None, Some(r#"{"store":true}"#), Some(r#"{"store":null}"#)],
        parsed: [
            As(&[("/store", "absent")]),
            As(&[("/store", "absent")]),
            As(&[("/store", "false")]),
        ],
        never: &[],
    },
    Probe {
        name: "an answer that later requests will refer to",
        requested: [None, None, Some(r#"{"store":true}"#)],
        parsed: [
            As(&[("/store", "absent")]),
            As(&[("/store", "absent")]),
            As(&[("/store", "false")]),
        ],
        never: &[],
    },
    Probe {
        name: "an answer in the background",
        requested: [None, None, Some(r#"{"background":true}"#)],
        parsed: [
            Refused("`background`"),
            Refused("`background`"),
            Refused("`background`"),
        ],
        never: &[],
    },
    Probe {
        name: "who asks is not told to another vendor",
        requested: [
            Some(r#"{"metadata":{"user_id":"SECRET"}}"#),
            Some(r#"{"user":"SECRET","metadata":{"a":"SECRET"}}"#),
            Some(r#"{"safety_identifier":"SECRET","client_metadata":{"session_id":"SECRET"}}"#),
        ],
        parsed: [As(&[]), As(&[]), As(&[])],
        never: &["SECRET"],
    },
    Probe {
        name: "the answer's own beginning (litellm#27967)",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"{"}]}"#,
            ),
            None,
            None,
        ],
        parsed: [
            Refused("a prefix of the response"),
            Refused("a prefix of the response"),
            Refused("a prefix of the response"),
        ],
        never: &[],
    },
    Probe {
        name: "an answer that broke off behind a whole message, to go on (Codex)",
        requested: [
            None,
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"I will."}]}"#,
            ),
            Some(
                r#"{"input":[{"role":"user","content":"a"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"I will."}]}]}"#,
            ),
        ],
        parsed: [
            As(&[
                ("/messages/1/content/0/text", r#""I will.""#),
                (
                    "/messages/2",
                    r#"{"role":"user","content":[{"type":"text","text":"Continue."}]}"#,
                ),
            ]),
            As(&[
                ("/messages/1/content", r#""I will.""#),
                ("/messages/2", "absent"),
            ]),
            As(&[
                ("/input/1/content/0/text", r#""I will.""#),
                ("/input/2", "absent"),
            ]),
        ],
        never: &[],
    },
    Probe {
        name: "a call without its result, which every vendor refuses",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},{"role":"user","content":"b"}]}"#,
            ),
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"b"}]}"#,
            ),
            Some(
                r#"{"input":[{"role":"user","content":"a"},{"type":"function_call","call_id":"t1","name":"f","arguments":"{}"}]}"#,
            ),
        ],
        parsed: [Refused("`t1`"), Refused("`t1`"), Refused("`t1`")],
        never: &[],
    },
    Probe {
        name: "earlier calls of tools under one heading and of tools that take free text (Codex)",
        requested: [
            None,
            None,
            Some(
                r#"{"input":[{"role":"user","content":"a"},{"type":"function_call","call_id":"c1","namespace":"agents","name":"spawn","arguments":"{}"},{"type":"custom_tool_call","call_id":"c2","name":"apply_patch","input":"*** Begin\n\"x\""},{"type":"function_call_output","call_id":"c1","output":"1"},{"type":"custom_tool_call_output","call_id":"c2","output":"2"}]}"#,
            ),
        ],
        parsed: [
            As(&[
                ("/messages/1/content/0/name", r#""agents__spawn""#),
                ("/messages/1/content/1/name", r#""apply_patch""#),
                (
                    "/messages/1/content/1/input",
                    r#"{"input":"*** Begin\n\"x\""}"#,
                ),
                ("/messages/2/content/1/content", r#""2""#),
            ]),
            As(&[
                (
                    "/messages/1/tool_calls/0/function/name",
                    r#""agents__spawn""#,
                ),
                (
                    "/messages/1/tool_calls/1/function/arguments",
                    r#""{\"input\":\"*** Begin\\n\\\"x\\\"\"}""#,
                ),
                ("/messages/3/content", r#""2""#),
            ]),
            As(&[]),
        ],
        never: &[],
    },
    Probe {
        name: "what the vendor's own tools left in an answer",
        requested: [
            Some(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"u","title":"t","encrypted_content":"SECRET"}]},{"type":"text","text":"found","citations":[{"type":"web_search_result_location","url":"u","encrypted_index":"SECRET"}]}]},{"role":"user","content":"b"}]}"#,
            ),
            None,
            Some(
                r#"{"input":[{"role":"user","content":"a"},{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"q"}},{"role":"assistant","content":[{"type":"output_text","text":"found","annotations":[{"type":"url_citation","url":"u"}]}]},{"role":"user","content":"b"}]}"#,
            ),
        ],
        parsed: [
            As(&[("/messages/1/content", r#"[{"type":"text","text":"found"}]"#)]),
            As(&[("/messages/1/content", r#""found""#)]),
            As(&[
                ("/input/1/content/0/text", r#""found""#),
                ("/input/2/role", r#""user""#),
            ]),
        ],
        never: &["SECRET", "web_search"],
    },
    Probe {
        name: "a temperature above 1",
        requested: [
            None,
            Some(r#"{"temperature":1.5}"#),
            Some(r#"{"temperature":1.5}"#),
        ],
        parsed: [
            As(&[("/temperature", "1")]),
            As(&[("/temperature", "1.5")]),
            As(&[("/temperature", "1.5")]),
        ],
        never: &[],
    },
    Probe {
        name: "a field that nobody knows yet",
        requested: [
            Some(r#"{"of_tomorrow":{"a":1}}"#),
            Some(r#"{"of_tomorrow":{"a":1}}"#),
            Some(r#"{"of_tomorrow":{"a":1}}"#),
        ],
        parsed: [
            As(&[("/of_tomorrow", "absent")]),
            As(&[("/of_tomorrow", "absent")]),
            As(&[("/of_tomorrow", "absent")]),
        ],
        never: &["of_tomorrow"],
    },
    Probe {
        name: "a part that nobody knows yet",
        requested: [
            Some(r#"{"messages":[{"role":"user","content":[{"type":"hologram"}]}]}"#),
            Some(r#"{"messages":[{"role":"user","content":[{"type":"hologram"}]}]}"#),
            Some(r#"{"input":[{"type":"hologram"}]}"#),
        ],
        parsed: [
            Refused("`hologram`"),
            Refused("`hologram`"),
            Refused("`hologram`"),
        ],
        never: &[],
    },
    Probe {
        name: "a stream, with usage from Chat",
        requested: [
            Some(r#"{"stream":true}"#),
            Some(r#"{"stream":true}"#),
            Some(r#"{"stream":true}"#),
        ],
        parsed: [
            As(&[("/stream", "true")]),
            As(&[
                ("/stream", "true"),
                ("/stream_options", r#"{"include_usage":true}"#),
            ]),
            As(&[("/stream", "true"), ("/stream_options", "absent")]),
        ],
        never: &[],
    },
];
