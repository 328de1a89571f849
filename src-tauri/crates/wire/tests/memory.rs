//! What a provider sends without end is not kept without end: every observer's memory is bounded, whatever the stream.

#![expect(unsafe_code, reason = "an allocator that counts what the other holds")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use catalog::Dialect;
use wire::{Ask, Framing, Told, Validator};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes that `work` held at most, beyond what was held before it.
fn most_held(work: impl FnOnce()) -> usize {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    work();
    MOST.load(Ordering::Relaxed) - before
}

/// How much each stream sends, in bytes.
const SENT: usize = 4 * Validator::LIMIT;

/// The largest event or body is held once, while its buffer grows into the next a second and a third time.
const BOUND: usize = 3 * Validator::LIMIT + (4 << 20);

/// What begins a stream, and what then comes for ever; `{n}` is a number of its own.
const ENDLESS: &[(Dialect, &str, &str)] = &[
    (Dialect::Anthropic, "data: ", "x"),
    (Dialect::Anthropic, "", ": comment\n\n"),
    (
        Dialect::Anthropic,
        "data: {\"type\":\"message_start\",\"message\":{}}\n\n",
        "data: {\"type\":\"content_block_start\",\"index\":{n},\"content_block\":{\"type\":\"tool_use\",\"id\":\"t{n}\",\"name\":\"f\"}}\n\n",
    ),
    (
        Dialect::Anthropic,
        "data: {\"type\":\"message_start\",\"message\":{}}\n\n",
        "data: {\"type\":\"content_block_start\",\"index\":{n},\"content_block\":{\"type\":\"server_tool_use\",\"id\":\"t{n}\"}}\n\ndata: {\"type\":\"content_block_stop\",\"index\":{n}}\n\n",
    ),
    (
        Dialect::Anthropic,
        "data: {\"type\":\"message_start\",\"message\":{}}\n\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\"}}\n\n",
        "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"partial_json\":\"[[[[[[[[{n}\"}}\n\n",
    ),
    (
        Dialect::OpenaiChat,
        "",
        "data: {\"choices\":[{\"index\":{n},\"delta\":{\"content\":\"x\"}}]}\n\n",
    ),
    (
        Dialect::OpenaiChat,
        "",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":{n},\"id\":\"c{n}\",\"function\":{\"name\":\"f\",\"arguments\":\"[\"}}]}}]}\n\n",
    ),
    (
        Dialect::OpenaiResponses,
        "",
        "data: {\"type\":\"response.output_item.added\",\"output_index\":{n},\"item\":{\"type\":\"message\",\"id\":\"m{n}\"}}\n\n",
    ),
    (
        Dialect::OpenaiResponses,
        "",
        "data: {\"type\":\"response.output_item.done\",\"output_index\":{n},\"item\":{\"type\":\"message\",\"id\":\"m{n}\",\"content\":[{\"text\":\"x\"}]}}\n\n",
    ),
    (
        Dialect::OpenaiResponses,
        "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"m\"}}\n\n",
        "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":{n},\"delta\":\"x\"}\n\n",
    ),
    (
        Dialect::OpenaiResponses,
        "",
        "data: {\"type\":\"response.output_text.delta\",\"output_index\":{n},\"item_id\":\"m{n}\",\"delta\":\"x\"}\n\n",
    ),
];

/// Feeds `each` until [`SENT`] bytes have gone.
fn endless(begin: &str, again: &str, each: &mut dyn FnMut(&[u8])) {
    each(begin.as_bytes());
    let (mut sent, mut n) = (0, 0_u32);
    let mut piece = String::new();
    while sent < SENT {
        piece.clear();
        while piece.len() < 64 << 10 {
            n += 1;
            piece.push_str(&again.replace("{n}", &n.to_string()));
        }
        each(piece.as_bytes());
        sent += piece.len();
    }
}

/// One test, since the count is of the whole process.
#[test]
fn no_stream_fills_our_memory() {
    for (dialect, begin, again) in ENDLESS {
        for framing in [Framing::Stream, Framing::Whole] {
            let held = most_held(|| {
                let mut validator = Validator::new(*dialect, framing);
                let mut steps = Vec::new();
                endless(begin, again, &mut |bytes| {
                    validator.push(bytes, &mut steps);
                    steps.clear();
                });
            });
            assert!(held < BOUND, "{dialect} {framing:?} {again}: {held} bytes");
        }
        let held = most_held(|| {
            let mut told = Told::new(*dialect);
            endless(begin, again, &mut |bytes| told.push(bytes));
        });
        assert!(held < BOUND, "{dialect} told {again}: {held} bytes");
        let first = match dialect {
            Dialect::Anthropic => "data: {\"type\":\"message_start\",\"message\":{}}\n\n",
            Dialect::OpenaiChat => "data: {\"choices\":[{\"index\":0,\"delta\":{}}]}\n\n",
            Dialect::OpenaiResponses => "data: {\"type\":\"response.created\",\"response\":{}}\n\n",
        };
        let mut told = Told::new(*dialect);
        told.push(first.as_bytes());
        let ask = Ask::read(*dialect, br#"{"model":"m"}"#).unwrap();
        let (mut out, mut splice) = told.restart(&ask).unwrap().open("lost");
        let held = most_held(|| {
            endless(begin, again, &mut |bytes| {
                out.clear();
                let _ = splice.pass(bytes, &mut out);
            });
        });
        assert!(held < BOUND, "{dialect} splice {again}: {held} bytes");
    }
}
