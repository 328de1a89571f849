//! Properties of the validator for generated responses, in all dialects and both framings.

use catalog::{Dialect, Tokens};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use wire::{BodyEnd, Broken, Completion, Framing, Report, Step, Validator};

const FRAMINGS: [Framing; 2] = [Framing::Stream, Framing::Document];

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Thinking(String),
    /// Name and arguments.
    Call(String, String),
}

/// A complete response, in any dialect.
#[derive(Clone, Debug)]
struct Answer {
    parts: Vec<Part>,
    input: u32,
    cached: u32,
    output: u32,
}

impl Answer {
    fn calls(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Call(..)))
    }

    /// True: there is text or a tool call.
    fn has_content(&self) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Text(text) => !text.is_empty(),
            Part::Thinking(_) => false,
            Part::Call(..) => true,
        })
    }

    fn body(&self, dialect: Dialect, framing: Framing) -> String {
        match (dialect, framing) {
            (Dialect::Anthropic, Framing::Document) => self.message().to_string(),
            (Dialect::Anthropic, Framing::Stream) => self.message_stream(),
            (Dialect::OpenaiChat, Framing::Document) => self.chat().to_string(),
            (Dialect::OpenaiChat, Framing::Stream) => self.chat_stream(),
            (Dialect::OpenaiResponses, Framing::Document) => self.response().to_string(),
            (Dialect::OpenaiResponses, Framing::Stream) => self.response_stream(),
        }
    }

    fn message(&self) -> Value {
        let content: Vec<Value> = self.parts.iter().enumerate().map(block).collect();
        let stop = if self.calls() { "tool_use" } else { "end_turn" };
        json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content, "stop_reason": stop,
            "usage": {"input_tokens": self.input, "cache_read_input_tokens": self.cached, "output_tokens": self.output},
        })
    }

    fn message_stream(&self) -> String {
        let complete = self.message();
        let mut start = complete.clone();
        start["content"] = json!([]);
        start["stop_reason"] = Value::Null;
        start["usage"]["output_tokens"] = json!(0);
        let mut events = vec![json!({"type": "message_start", "message": start})];
        for (index, part) in self.parts.iter().enumerate() {
            let (empty, delta) = match part {
                Part::Text(text) => (
                    json!({"type": "text", "text": ""}),
                    json!({"type": "text_delta", "text": text}),
                ),
                Part::Thinking(text) => (
                    json!({"type": "thinking", "thinking": ""}),
                    json!({"type": "thinking_delta", "thinking": text}),
                ),
                Part::Call(name, input) => (
                    json!({"type": "tool_use", "id": format!("call_{index}"), "name": name, "input": {}}),
                    json!({"type": "input_json_delta", "partial_json": input}),
                ),
            };
            events.push(
                json!({"type": "content_block_start", "index": index, "content_block": empty}),
            );
            events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
            events.push(json!({"type": "content_block_stop", "index": index}));
        }
        let delta = json!({"stop_reason": complete["stop_reason"]});
        let usage = json!({"output_tokens": self.output});
        events.push(json!({"type": "message_delta", "delta": delta, "usage": usage}));
        events.push(json!({"type": "message_stop"}));
        stream(&events)
    }

    fn chat_usage(&self) -> Value {
        let prompt = u64::from(self.input) + u64::from(self.cached);
        json!({
            "prompt_tokens": prompt, "completion_tokens": self.output, "prompt_tokens_details": {"cached_tokens": self.cached},
        })
    }

    fn finish(&self) -> &'static str {
        if self.calls() { "tool_calls" } else { "stop" }
    }

    fn chat(&self) -> Value {
        let mut text = String::new();
        let mut thinking = String::new();
        let mut calls = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Text(more) => text.push_str(more),
                Part::Thinking(more) => thinking.push_str(more),
                Part::Call(name, input) => calls.push(json!({
                    "id": format!("call_{index}"), "type": "function", "function": {"name": name, "arguments": input},
                })),
            }
        }
        let message = json!({"role": "assistant", "content": text, "reasoning_content": thinking, "tool_calls": calls});
        let choice = json!({"index": 0, "message": message, "finish_reason": self.finish()});
        json!({"id": "c", "object": "chat.completion", "model": "m", "choices": [choice], "usage": self.chat_usage()})
    }

    fn chat_stream(&self) -> String {
        let chunk = |delta: Value, finish: Value| json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
        let mut events = vec![chunk(json!({"role": "assistant"}), Value::Null)];
        for (index, part) in self.parts.iter().enumerate() {
            let delta = match part {
                Part::Text(text) => json!({"content": text}),
                Part::Thinking(text) => json!({"reasoning_content": text}),
                Part::Call(name, input) => json!({"tool_calls": [{
                    "index": index, "id": format!("call_{index}"), "function": {"name": name, "arguments": input},
                }]}),
            };
            events.push(chunk(delta, Value::Null));
        }
        events.push(chunk(json!({}), json!(self.finish())));
        events.push(json!({"id": "c", "model": "m", "choices": [], "usage": self.chat_usage()}));
        stream(&events) + "data: [DONE]\n\n"
    }

    fn response(&self) -> Value {
        let output: Vec<Value> = self.parts.iter().enumerate().map(item).collect();
        let prompt = u64::from(self.input) + u64::from(self.cached);
        json!({
            "id": "resp_1", "object": "response", "model": "m", "status": "completed", "output": output,
            "usage": {
                "input_tokens": prompt, "input_tokens_details": {"cached_tokens": self.cached}, "output_tokens": self.output,
            },
        })
    }

    fn response_stream(&self) -> String {
        let mut created = self.response();
        created["status"] = json!("in_progress");
        created["output"] = json!([]);
        created["usage"] = Value::Null;
        let mut events = vec![json!({"type": "response.created", "response": created})];
        for (index, part) in self.parts.iter().enumerate() {
            let complete = item((index, part));
            let (kind, delta) = match part {
                Part::Text(text) => ("output_text", text),
                Part::Thinking(text) => ("reasoning_summary_text", text),
                Part::Call(_, input) => ("function_call_arguments", input),
            };
            let kind = format!("response.{kind}.delta");
            let mut begun = complete.clone();
            for field in ["content", "summary"] {
                if begun[field].is_array() {
                    begun[field] = json!([]);
                }
            }
            events.push(
                json!({"type": "response.output_item.added", "output_index": index, "item": begun}),
            );
            events.push(json!({"type": kind, "output_index": index, "delta": delta}));
            events.push(
                json!({"type": "response.output_item.done", "output_index": index, "item": complete}),
            );
        }
        events.push(json!({"type": "response.completed", "response": self.response()}));
        for (number, event) in events.iter_mut().enumerate() {
            event["sequence_number"] = json!(number);
        }
        stream(&events)
    }
}

fn block((index, part): (usize, &Part)) -> Value {
    match part {
        Part::Text(text) => json!({"type": "text", "text": text}),
        Part::Thinking(text) => json!({"type": "thinking", "thinking": text, "signature": ""}),
        Part::Call(name, input) => json!({
            "type": "tool_use", "id": format!("call_{index}"), "name": name,
            "input": serde_json::from_str::<Value>(input).unwrap_or_default(),
        }),
    }
}

fn item((index, part): (usize, &Part)) -> Value {
    let id = format!("item_{index}");
    match part {
        Part::Text(text) => {
            json!({"type": "message", "id": id, "content": [{"type": "output_text", "text": text}]})
        }
        Part::Thinking(text) => {
            json!({"type": "reasoning", "id": id, "summary": [{"type": "summary_text", "text": text}]})
        }
        Part::Call(name, input) => json!({
            "type": "function_call", "id": id, "call_id": format!("call_{index}"), "name": name, "arguments": input,
        }),
    }
}

fn stream(events: &[Value]) -> String {
    let event = |event: &Value| match event["type"].as_str() {
        Some(kind) => format!("event: {kind}\ndata: {event}\n\n"),
        None => format!("data: {event}\n\n"),
    };
    events.iter().map(event).collect()
}

fn answers() -> impl Strategy<Value = Answer> {
    let word = prop::sample::select(
        &[
            "",
            "a",
            "Hello \u{1F3AD}",
            "line\nline",
            "\\\"[DONE]",
            "data: x\n\n",
        ][..],
    );
    let inputs =
        prop::sample::select(&["{}", r#"{"command":"ls"}"#, r#"{"a":[1,{"b":"}\n\n"}]}"#][..]);
    let part = (0..3_u8, word, inputs).prop_map(|(kind, word, input)| match kind {
        0 => Part::Text(word.to_owned()),
        1 => Part::Thinking(word.to_owned()),
        _ => Part::Call("Bash".to_owned(), input.to_owned()),
    });
    let parts = prop::collection::vec(part, 0..5);
    (parts, any::<u16>(), any::<u16>(), any::<u16>()).prop_map(|(parts, input, cached, output)| {
        Answer {
            parts,
            input: input.into(),
            cached: cached.into(),
            output: output.into(),
        }
    })
}

fn dialects() -> impl Strategy<Value = Dialect> {
    prop::sample::select(&Dialect::ALL[..])
}

fn framings() -> impl Strategy<Value = Framing> {
    prop::sample::select(&FRAMINGS[..])
}

fn cuts() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..8)
}

fn slices<'a>(bytes: &'a [u8], at: &[Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = at.iter().map(|i| i.index(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect()
}

#[derive(Debug, PartialEq)]
struct Seen {
    steps: Vec<Step>,
    clean: Completion,
    cut: Completion,
    report: Report,
}

fn watch(dialect: Dialect, framing: Framing, slices: &[&[u8]]) -> (Seen, Validator) {
    let mut validator = Validator::new(dialect, framing);
    let mut steps = Vec::new();
    for slice in slices {
        validator.push(slice, &mut steps);
    }
    let seen = Seen {
        steps,
        clean: validator.judge(BodyEnd::Clean),
        cut: validator.judge(BodyEnd::Cut),
        report: validator.report().clone(),
    };
    (seen, validator)
}

/// Every count of a response.
fn counts(report: &Report) -> [u64; 9] {
    let Tokens {
        input,
        output,
        cache_read,
        cache_write,
        cache_write_hour,
    } = report.tokens;
    [
        input,
        output,
        cache_read,
        cache_write,
        cache_write_hour,
        report.text_bytes,
        report.thinking_bytes,
        report.argument_bytes,
        report.usage_reported.into(),
    ]
}

fn grew(before: &[u64; 9], after: &[u64; 9]) -> bool {
    before
        .iter()
        .zip(after)
        .all(|(before, after)| before <= after)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    /// The two framings and the three dialects have the same verdict for the same response.
    #[test]
    fn all_dialects_and_framings_give_the_same_verdict(answer in answers(), dialect in dialects(), framing in framings()) {
        let body = answer.body(dialect, framing);
        let (seen, _) = watch(dialect, framing, &[body.as_bytes()]);
        let expected = if answer.has_content() { Completion::Complete } else { Completion::Broken(Broken::Empty) };
        prop_assert_eq!(&seen.clean, &expected, "{}", body);
        prop_assert_eq!(&seen.cut, &expected);
        let tokens = Tokens {
            input: answer.input.into(),
            output: answer.output.into(),
            cache_read: answer.cached.into(),
            ..Tokens::default()
        };
        // A broken stream is not read further, and Chat reports its usage last.
        if answer.has_content() {
            prop_assert_eq!(seen.report.tokens, tokens);
        }
        let calls = answer.parts.iter().filter(|part| matches!(part, Part::Call(..)));
        prop_assert_eq!(seen.report.tool_calls.len(), calls.count());
    }

    /// A document converted to events has the verdict of the document.
    #[test]
    fn a_document_as_events_has_the_verdict_of_the_document(answer in answers(), dialect in dialects()) {
        let body = answer.body(dialect, Framing::Document);
        let (complete, _) = watch(dialect, Framing::Document, &[body.as_bytes()]);
        let content = wire::as_events(dialect, body.as_bytes()).unwrap();
        let (stream, _) = watch(dialect, Framing::Stream, &[&content]);
        prop_assert_eq!(&stream.clean, &complete.clean, "{}", String::from_utf8_lossy(&content));
        prop_assert_eq!(&stream.cut, &complete.clean);
        // A broken stream is not read further.
        if answer.has_content() {
            let closed = |report: &Report| Report {
                tool_calls: report.tool_calls.iter().map(|call| wire::ToolCall { closed: true, ..call.clone() }).collect(),
                ..report.clone()
            };
            prop_assert_eq!(closed(&stream.report), closed(&complete.report));
        }
    }

    #[test]
    fn any_split_gives_the_same(answer in answers(), dialect in dialects(), framing in framings(), at in cuts()) {
        let body = answer.body(dialect, framing);
        let complete = watch(dialect, framing, &[body.as_bytes()]).0;
        prop_assert_eq!(watch(dialect, framing, &slices(body.as_bytes(), &at)).0, complete);
    }

    /// No prefix before the completion check is complete, and later bytes change nothing. A document passes at its last brace.
    #[test]
    fn no_prefix_is_complete_before_its_semantic_end(answer in answers(), dialect in dialects(), framing in framings(), at in any::<Index>()) {
        let body = answer.body(dialect, framing);
        let (complete, _) = watch(dialect, framing, &[body.as_bytes()]);
        let end_step = complete.steps.iter().find(|step| step.kind.passes_check());
        let passed = match framing {
            Framing::Stream => end_step.map_or(usize::MAX, |step| usize::try_from(step.end).unwrap()),
            Framing::Document => body.len(),
        };
        let cut = at.index(body.len());
        let (seen, _) = watch(dialect, framing, &[&body.as_bytes()[..cut]]);
        prop_assert_eq!(seen.clean.is_answer(), cut >= passed && answer.has_content(), "{}", &body[..body.floor_char_boundary(cut)]);
        prop_assert_eq!(seen.cut.is_answer(), cut >= passed && answer.has_content());
    }

    /// The bytes released at the ends of events are the stream, in order and without repetition. The rest is an incomplete
    /// event.
    #[test]
    fn released_bytes_are_the_received_bytes(answer in answers(), dialect in dialects(), at in cuts(), cut in any::<Index>()) {
        let body = answer.body(dialect, Framing::Stream);
        let body = &body.as_bytes()[..cut.index(body.len() + 1)];
        let mut validator = Validator::new(dialect, Framing::Stream);
        let (mut came, mut released) = (Vec::new(), Vec::new());
        for slice in slices(body, &at) {
            came.extend_from_slice(slice);
            let mut steps = Vec::new();
            validator.push(slice, &mut steps);
            for step in steps {
                let end = usize::try_from(step.end).unwrap();
                prop_assert!(end > released.len() && end <= came.len(), "{} after {}", end, released.len());
                let from = released.len();
                released.extend_from_slice(&came[from..end]);
            }
        }
        prop_assert!(body.starts_with(&released));
        // The rest of a broken response is not needed.
        if validator.broken().is_none() {
            let left = &body[released.len()..];
            prop_assert!(!left.windows(2).any(|pair| pair == b"\n\n"), "{:?}", left);
        }
    }

    /// A broken response keeps its fault, whatever follows.
    #[test]
    fn a_fault_is_permanent(
        answer in answers(),
        other in answers(),
        dialect in dialects(),
        framing in framings(),
        at in any::<Index>(),
        fault in prop::sample::select(&["data: {oops}\n\n", "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"Sorry\"}}\n\n", "}"][..]),
    ) {
        let body = answer.body(dialect, framing);
        let cut = body.floor_char_boundary(at.index(body.len()));
        let spoilt = match framing {
            Framing::Stream => format!("{}\n\n{fault}", &body[..cut]),
            Framing::Document => format!("{body}{fault}"),
        };
        let (seen, mut validator) = watch(dialect, framing, &[spoilt.as_bytes()]);
        if framing == Framing::Document {
            prop_assert!(!seen.clean.is_answer() && !seen.cut.is_answer());
        }
        let broken = validator.broken().cloned();
        let mut steps = Vec::new();
        validator.push(other.body(dialect, framing).as_bytes(), &mut steps);
        if let Some(broken) = broken {
            prop_assert_eq!(steps, []);
            prop_assert_eq!(validator.broken(), Some(&broken));
            // After the completion check, an error does not change the verdict.
            let passed = seen.steps.iter().any(|step| step.kind.passes_check());
            let expected = if passed { seen.clean.clone() } else { Completion::Broken(broken) };
            prop_assert_eq!(expected.is_answer(), passed);
            for end in [BodyEnd::Clean, BodyEnd::Cut] {
                prop_assert_eq!(validator.judge(end), expected.clone());
            }
            prop_assert_eq!(validator.report(), &seen.report);
        }
        if framing == Framing::Document {
            prop_assert!(!validator.judge(BodyEnd::Clean).is_answer());
        }
    }

    /// No count decreases, byte for byte of the response.
    #[test]
    fn no_count_decreases(answer in answers(), dialect in dialects(), framing in framings()) {
        let body = answer.body(dialect, framing);
        let mut validator = Validator::new(dialect, framing);
        let mut last = counts(validator.report());
        for byte in body.bytes() {
            validator.push(&[byte], &mut Vec::new());
            let now = counts(validator.report());
            prop_assert!(grew(&last, &now), "{:?} after {:?}", now, last);
            last = now;
        }
    }

    /// Some compatible servers report usage with every event and correct it in both directions: the last nonzero value of each
    /// count applies.
    #[test]
    fn the_last_nonzero_repeated_usage_applies(
        dialect in prop::sample::select(&[Dialect::Anthropic, Dialect::OpenaiChat][..]),
        released in prop::collection::vec((0..3_u32, 0..3_u32, 0..3_u32, 0..3_u32), 1..8),
    ) {
        let mut validator = Validator::new(dialect, Framing::Stream);
        let mut last = [0_u64; 4];
        for (input, output, read, write) in released {
            let released = [input, output, read, write].map(u64::from);
            let [input, output, read, write] = released;
            let cached = json!({"cached_tokens": read, "cache_write_tokens": write});
            let event = match dialect {
                Dialect::Anthropic => json!({"type": "message_delta", "delta": {}, "usage": {
                    "input_tokens": input, "output_tokens": output,
                    "cache_read_input_tokens": read, "cache_creation_input_tokens": write,
                }}),
                Dialect::OpenaiChat | Dialect::OpenaiResponses => json!({"choices": [], "usage": {
                    "prompt_tokens": input, "completion_tokens": output, "prompt_tokens_details": cached,
                }}),
            };
            validator.push(format!("data: {event}\n\n").as_bytes(), &mut Vec::new());
            for (last, released) in last.iter_mut().zip(released).filter(|(_, released)| *released > 0) {
                *last = released;
            }
            let [input, output, cache_read, cache_write] = last;
            // Chat includes cached tokens.
            let input = match dialect {
                Dialect::Anthropic => input,
                Dialect::OpenaiChat | Dialect::OpenaiResponses => input.saturating_sub(cache_read + cache_write),
            };
            let expected = Tokens { input, output, cache_read, cache_write, ..Tokens::default() };
            prop_assert_eq!(validator.report().tokens, expected);
        }
    }

    /// Responses with changed, removed and inserted bytes: there is always a verdict, and the split never matters.
    #[test]
    fn a_damaged_answer_is_judged(
        answer in answers(),
        dialect in dialects(),
        framing in framings(),
        damage in prop::collection::vec((any::<Index>(), any::<Option<u8>>(), any::<bool>()), 1..6),
        at in cuts(),
    ) {
        let mut body = answer.body(dialect, framing).into_bytes();
        for (at, byte, put_in) in damage {
            let at = at.index(body.len());
            match byte {
                Some(byte) if put_in => body.insert(at, byte),
                Some(byte) => body[at] = byte,
                None => drop(body.remove(at)),
            }
        }
        let complete = watch(dialect, framing, &[&body]).0;
        prop_assert_eq!(watch(dialect, framing, &slices(&body, &at)).0, complete);
    }
}
