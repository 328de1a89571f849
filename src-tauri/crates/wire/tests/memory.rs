//! The memory of a validator and its event reader stays below a bound, for any bytes. The test counts every allocation of the
//! process, so it is a separate program.
#![expect(
    unsafe_code,
    reason = "an allocator that counts is implemented, as the standard library's trait for it demands"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering::Relaxed};

use catalog::Dialect;
use wire::{BodyEnd, Framing, Step, Validator};

/// Maximum during reading: the largest event or document in a buffer that has just grown, and its text once more.
const PEAK: isize = 4 * Validator::LIMIT as isize;
/// Maximum after a response: its report and the names of open parts. A document is kept in addition.
const LEFT: isize = 4 << 20;

#[global_allocator]
static COUNTED: Counted = Counted;

struct Counted;

/// Counts the validator's allocations, not those of the input.
static COUNTS: AtomicBool = AtomicBool::new(false);
static NOW: AtomicIsize = AtomicIsize::new(0);
static MOST: AtomicIsize = AtomicIsize::new(0);

fn taken(bytes: usize) {
    if COUNTS.load(Relaxed) {
        let bytes = bytes as isize;
        MOST.fetch_max(NOW.fetch_add(bytes, Relaxed) + bytes, Relaxed);
    }
}

fn freed(bytes: usize) {
    if COUNTS.load(Relaxed) {
        NOW.fetch_sub(bytes as isize, Relaxed);
    }
}

// SAFETY: every call is forwarded to the system's allocator; the counters do not affect it.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        freed(layout.size());
        unsafe { System.dealloc(at, layout) }
    }

    // When a block moves, the old and the new one exist at the same time.
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        taken(size);
        let moved = unsafe { System.realloc(at, layout, size) };
        freed(layout.size());
        moved
    }
}

fn counted<T>(what: impl FnOnce() -> T) -> T {
    COUNTS.store(true, Relaxed);
    let done = what();
    COUNTS.store(false, Relaxed);
    done
}

/// A text that is sent repeatedly: `{n}` is a growing number, `{big}` a mebibyte of letters, `{esc}` one of escapes.
struct Hostile {
    name: &'static str,
    first: String,
    again: String,
}

fn hostile(name: &'static str, first: &str, again: &str) -> Hostile {
    Hostile {
        name,
        first: first.to_owned(),
        again: again.to_owned(),
    }
}

/// `{"a":{"a":…`, and lists of the smallest values: one or two bytes of JSON that need many bytes of memory.
fn many(item: &str) -> String {
    let mut list = String::with_capacity(12 << 20);
    while list.len() < 12 << 20 {
        list.push_str(item);
        list.push(',');
    }
    list + item
}

/// One event of nearly the largest size, with one text in it.
fn one_text(of: &str, between: &str) -> String {
    let text = of.repeat((1 << 20) / of.len());
    let long = text.repeat(6);
    let lines = format!("\"{text}\",{between}").repeat(8);
    format!("data: {{\"type\":\"error\",\"id\":\"{long}\",\"x\":[{between}{lines}0]}}\n\n")
}

fn streams(dialect: Dialect) -> Vec<Hostile> {
    let mut all = vec![
        hostile("a line without end", "data: ", "{big}"),
        hostile("an event without end", "", "data: x\n"),
        hostile("a comment without end", "", ":\n"),
        hostile("lines without fields", "", "{big}\n"),
        hostile("blank lines", "", "\n"),
        hostile("carriage returns", "", "\r"),
        hostile("noise", "", "data: {\"type\":\"ping\"}\n\n"),
        hostile(
            "long noise",
            "",
            "data: {\"type\":\"x\",\"y\":\"{big}\"}\n\n",
        ),
        hostile("depth", "data: ", "{\"a\":["),
        hostile("zeros", "", "\0\0\0\0"),
        hostile("one text of escapes", "", &one_text("\\n", "")),
        hostile("one text over many lines", "", &one_text("x", "\ndata: ")),
    ];
    all.push(Hostile {
        name: "an error of many parts",
        first: format!("data: {{\"type\":\"error\",\"error\":[{}]}}\n\n", many("0")),
        again: "data: {\"error\":{\"message\":\"{big}\"}}\n\n".into(),
    });
    match dialect {
        Dialect::Anthropic => {
            let begin = "data: {\"type\":\"message_start\",\"message\":{\"id\":\"{big}\",\"model\":\"{big}\"}}\n\n";
            let block = |block: &str| {
                format!(
                    "data: {{\"type\":\"content_block_start\",\"index\":{{n}},\"content_block\":{block}}}\n\n"
                )
            };
            let delta = |delta: &str| {
                format!(
                    "data: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{delta}}}\n\n"
                )
            };
            let open = |kind: &str| {
                format!(
                    "{begin}data: {{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{{\"type\":\"{kind}\"}}}}\n\n"
                )
            };
            all.extend([
                hostile(
                    "text",
                    &open("text"),
                    &delta("{\"type\":\"text_delta\",\"text\":\"{esc}\"}"),
                ),
                hostile(
                    "input",
                    &open("tool_use"),
                    &delta("{\"type\":\"input_json_delta\",\"partial_json\":\"[[{esc}\"}"),
                ),
                hostile(
                    "calls",
                    begin,
                    &block("{\"type\":\"tool_use\",\"id\":\"{n}\",\"name\":\"{name}\"}"),
                ),
                hostile(
                    "calls of the provider's",
                    begin,
                    &block("{\"type\":\"server_tool_use\",\"id\":\"{big}\",\"name\":\"{big}\"}"),
                ),
                hostile(
                    "blocks of unknown kinds",
                    begin,
                    &block("{\"type\":\"{n}\",\"id\":\"{big}\",\"name\":\"{big}\"}"),
                ),
                hostile(
                    "reasons",
                    begin,
                    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"{big}\"}}\n\n",
                ),
            ]);
        }
        Dialect::OpenaiChat => {
            let delta = |delta: &str| {
                format!(
                    "data: {{\"id\":\"{{big}}\",\"model\":\"{{big}}\",\"choices\":[{{\"index\":{{n}},\"delta\":{delta}}}]}}\n\n"
                )
            };
            all.extend([
                hostile("text", "", &delta("{\"content\":\"{esc}\"}")),
                hostile("calls", "", &delta("{\"tool_calls\":[{\"id\":\"{n}\",\"function\":{\"name\":\"{name}\",\"arguments\":\"[[[\"}}]}")),
                hostile("calls of one id", "", "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":{n},\"id\":\"a\",\"function\":{\"name\":\"{name}\"}}]}}]}\n\n"),
                hostile("nameless calls", "", "data: {\"choices\":[{\"index\":{n},\"delta\":{\"tool_calls\":[{\"index\":1},{\"index\":2},{\"index\":3},{\"index\":4},{\"index\":5},{\"index\":6},{\"index\":7},{\"index\":8}]}}]}\n\n"),
                hostile("reasons", "", "data: {\"choices\":[{\"index\":{n},\"finish_reason\":\"{big}\"}]}\n\n"),
            ]);
            for (name, list) in [
                ("many choices", format!("{{\"choices\":[{}]}}", many("{}"))),
                (
                    "many calls",
                    format!(
                        "{{\"choices\":[{{\"delta\":{{\"tool_calls\":[{}]}}}}]}}",
                        many("{}")
                    ),
                ),
            ] {
                all.push(Hostile {
                    name,
                    first: String::new(),
                    again: format!("data: {list}\n\n"),
                });
            }
        }
        Dialect::OpenaiResponses => {
            let item = |event: &str, item: &str| {
                format!(
                    "data: {{\"type\":\"response.output_item.{event}\",\"output_index\":{{n}},\"item\":{item}}}\n\n"
                )
            };
            all.extend([
                hostile("text", "", "data: {\"type\":\"response.output_text.delta\",\"delta\":\"{esc}\"}\n\n"),
                hostile("calls", "", &item("added", "{\"type\":\"function_call\",\"call_id\":\"{n}\",\"name\":\"{name}\"}")),
                hostile("calls that are done", "", &item("done", "{\"type\":\"function_call\",\"call_id\":\"{n}\",\"name\":\"{name}\",\"arguments\":\"{esc}\"}")),
                hostile("messages", "", &item("added", "{\"type\":\"message\",\"id\":\"{big}\"}")),
                hostile("responses", "", "data: {\"type\":\"response.created\",\"response\":{\"id\":\"{big}\",\"model\":\"{big}\",\"status\":\"{big}\"}}\n\n"),
            ]);
            for (name, list) in [
                (
                    "many items",
                    format!(
                        "{{\"type\":\"response.in_progress\",\"response\":{{\"output\":[{}]}}}}",
                        many("{\"type\":\"\"}")
                    ),
                ),
                (
                    "many parts",
                    format!(
                        "{{\"type\":\"response.in_progress\",\"item\":{{\"type\":\"message\",\"content\":[{}]}}}}",
                        many("{}")
                    ),
                ),
            ] {
                all.push(Hostile {
                    name,
                    first: String::new(),
                    again: format!("data: {list}\n\n"),
                });
            }
        }
    }
    all
}

fn documents(dialect: Dialect) -> Vec<Hostile> {
    let lists: &[(&str, &str, &str, &str)] = match dialect {
        Dialect::Anthropic => &[("many blocks", "{\"content\":[", "{\"type\":\"\"}", "]}")],
        Dialect::OpenaiChat => &[
            ("many choices", "{\"choices\":[", "{}", "]}"),
            (
                "many calls",
                "{\"choices\":[{\"message\":{\"tool_calls\":[",
                "{}",
                "]}}]}",
            ),
        ],
        Dialect::OpenaiResponses => &[
            (
                "many items",
                "{\"status\":\"completed\",\"output\":[",
                "{\"type\":\"\"}",
                "]}",
            ),
            (
                "many parts",
                "{\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":[",
                "{}",
                "]}]}",
            ),
        ],
    };
    let lists = lists.iter().map(|(name, open, item, close)| Hostile {
        name,
        first: format!("{open}{}{close}", many(item)),
        again: String::new(),
    });
    let others = [
        hostile("a document without end", "{\"x\":\"", "{big}"),
        hostile("depth", "", "{\"a\":["),
        hostile(
            "an error of many parts",
            &format!("{{\"error\":[{}]}}", many("0")),
            "",
        ),
        hostile(
            "names",
            "{\"id\":\"{esc}{esc}\",\"model\":\"{esc}{esc}\",\"status\":\"{esc}\",\"stop_reason\":\"{esc}\",\"content\":[],\"output\":[],\"choices\":[{\"finish_reason\":\"{esc}\"}]}",
            "",
        ),
    ];
    lists.chain(others).collect()
}

/// Twice the largest event, in slices of the size of socket reads.
const LENGTH: usize = 32 << 20;
const SLICE: usize = 16 << 10;

/// Pieces that events are made of.
struct Filling {
    big: String,
    escapes: String,
}

impl Filling {
    fn new() -> Self {
        let mut escapes = String::new();
        while escapes.len() < 1 << 20 {
            let _ = write!(escapes, "\\u00{:02x}", 0x41 + escapes.len() % 26);
        }
        let big = "x".repeat(1 << 20);
        Self { big, escapes }
    }

    fn fill(&self, text: &str, n: usize) -> String {
        text.replace("{n}", &n.to_string())
            .replace("{name}", &self.big[..4000])
            .replace("{big}", &self.big)
            .replace("{esc}", &self.escapes)
    }
}

/// The maximum during reading, and the memory after one more empty event.
fn watched(dialect: Dialect, framing: Framing, hostile: &Hostile, filling: &Filling) -> [isize; 2] {
    NOW.store(0, Relaxed);
    MOST.store(0, Relaxed);
    let mut steps: Vec<Step> = Vec::with_capacity(SLICE);
    let mut validator = counted(|| Validator::new(dialect, framing).keeping_arguments(true));
    let numbered = hostile.again.contains("{n}");
    // With an event every few bytes, thousands of events are enough.
    let tiny = matches!(hostile.name, "blank lines" | "carriage returns" | "noise");
    let length = if tiny { LENGTH / 16 } else { LENGTH };
    let (mut sent, mut n) = (0, 0);
    let mut next = filling.fill(&hostile.first, n);
    loop {
        for slice in next.as_bytes().chunks(SLICE) {
            counted(|| validator.push(slice, &mut steps));
            steps.clear();
        }
        sent += next.len();
        // A broken validator ignores later bytes.
        if sent >= length || validator.broken().is_some() || hostile.again.is_empty() {
            break;
        }
        if numbered || n == 0 {
            let one = filling.fill(&hostile.again, n);
            let times = if numbered {
                1
            } else {
                SLICE.div_ceil(one.len().max(1))
            };
            next = one.repeat(times);
            n += 1;
        }
    }
    let verdicts = [BodyEnd::Clean, BodyEnd::Cut].map(|end| counted(|| validator.judge(end)));
    let report = counted(|| validator.report().clone());
    let left = NOW.load(Relaxed);
    counted(|| drop((validator, verdicts, report)));
    assert_eq!(
        NOW.load(Relaxed),
        0,
        "{dialect} {}: it is not all given back",
        hostile.name
    );
    [MOST.load(Relaxed), left]
}

#[test]
fn no_response_exceeds_the_memory_bound() {
    let filling = Filling::new();
    for dialect in Dialect::ALL {
        let streams = streams(dialect).into_iter().map(|h| (Framing::Stream, h));
        let documents = documents(dialect)
            .into_iter()
            .map(|h| (Framing::Document, h));
        for (framing, hostile) in streams.chain(documents) {
            let [most, left] = watched(dialect, framing, &hostile, &filling);
            let left_at_most = match framing {
                Framing::Stream => LEFT,
                Framing::Document => LEFT + Validator::LIMIT as isize,
            };
            let name = hostile.name;
            println!("{dialect} {framing:?} {name}: {most} bytes, {left} left");
            assert!(most <= PEAK, "{dialect} {framing:?} {name}: {most} bytes");
            assert!(
                left <= left_at_most,
                "{dialect} {framing:?} {name}: {left} left"
            );
        }
    }
}
