use proptest::prelude::*;

use super::{Oversize, Reader};

type Read = Vec<(String, String, u64)>;

fn read_in(slices: &[&[u8]], limit: usize) -> (Read, Result<(), Oversize>, usize) {
    let mut reader = Reader::new(limit);
    let mut events = Vec::new();
    let mut outcome = Ok(());
    for slice in slices {
        outcome = outcome.and(reader.push(slice, &mut |event| {
            let data = String::from_utf8_lossy(event.data).into_owned();
            events.push((event.name.to_owned(), data, event.end));
        }));
    }
    (events, outcome, reader.pending())
}

fn read(text: &str) -> Read {
    read_in(&[text.as_bytes()], 1 << 20).0
}

fn event(name: &str, data: &str, end: u64) -> (String, String, u64) {
    (name.to_owned(), data.to_owned(), end)
}

#[test]
fn every_line_ending() {
    assert_eq!(read("event: a\ndata: 1\n\n"), [event("a", "1", 18)]);
    assert_eq!(read("event: a\r\ndata: 1\r\n\r\n"), [event("a", "1", 21)]);
    assert_eq!(read("event: a\rdata: 1\r\r"), [event("a", "1", 18)]);
    assert_eq!(
        read("data: 1\r\n\ndata: 2\n\r\n"),
        [event("", "1", 10), event("", "2", 20)]
    );
}

#[test]
fn the_last_event_of_a_stream_with_cr_line_endings_is_reported() {
    assert_eq!(
        read("data: 1\r\rdata: 2\r\r"),
        [event("", "1", 9), event("", "2", 18)]
    );
}

#[test]
fn a_line_feed_that_arrives_late_belongs_to_its_event() {
    let (events, ..) = read_in(&[b"data: 1\r\n\r", b"", b"\ndata: 2\r\n\r\n"], 100);
    assert_eq!(events, [event("", "1", 11), event("", "2", 22)]);
}

#[test]
fn spaces_colons_and_several_data_lines() {
    assert_eq!(read("data:1\n\n"), [event("", "1", 8)]);
    assert_eq!(read("data:  1\n\n"), [event("", " 1", 10)]);
    assert_eq!(
        read("data: a:b\ndata\ndata:c\n\n"),
        [event("", "a:b\n\nc", 23)]
    );
}

#[test]
fn comments_and_ignored_fields_are_reported_empty() {
    assert_eq!(read(": hi\n\n"), [event("", "", 6)]);
    assert_eq!(read("id: 7\nretry: 1\n\n"), [event("", "", 16)]);
    assert_eq!(read("\n\n"), [event("", "", 1), event("", "", 2)]);
    assert_eq!(read(": hi\ndata: 1\n\n"), [event("", "1", 14)]);
}

#[test]
fn a_byte_order_mark_is_skipped_once() {
    assert_eq!(read("\u{feff}data: 1\n\n"), [event("", "1", 12)]);
    assert_eq!(read("\u{feff}\ndata: 1\n\n"), [event("", "1", 13)]);
    assert_eq!(read("data: 1\n\n\u{feff}data: 2\n\n")[1].1, "");
}

#[test]
fn an_event_without_its_blank_line_is_pending() {
    let (events, outcome, pending) = read_in(&[b"data: 1\n\ndata: 2\n"], 100);
    assert_eq!((events.len(), outcome, pending), (1, Ok(()), 8));
}

#[test]
fn the_limit_applies_to_complete_and_incomplete_events() {
    let text = b"data: 1\n\ndata: 12345678\n\n";
    assert_eq!(read_in(&[text], 16).1, Ok(()));
    let (events, outcome, pending) = read_in(&[text], 15);
    assert_eq!((events.len(), outcome, pending), (1, Err(Oversize(15)), 0));
    let (events, outcome, _) = read_in(&[&text[..24], b"\n"], 14);
    assert_eq!((events.len(), outcome), (1, Err(Oversize(14))));
}

#[test]
fn an_event_in_one_slice_is_not_copied() {
    let bytes = b"data: 1\n\nevent: b\ndata: 2\n\n";
    let range = bytes.as_ptr_range();
    let mut seen = 0;
    Reader::new(100)
        .push(bytes, &mut |event| {
            seen += 1;
            assert!(range.contains(&event.data.as_ptr()));
        })
        .unwrap();
    assert_eq!(seen, 2);
}

fn streams() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "data: ", "data:", "event: x", "event:", ":", "\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "a",
        "é", "\u{feff}", "id: 1",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes())
}

fn cut<'a>(bytes: &'a [u8], at: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = at.iter().map(|i| i.index(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect()
}

proptest! {
    #[test]
    fn any_split_gives_the_same_events(
        bytes in prop_oneof![streams(), prop::collection::vec(any::<u8>(), 0..200)],
        at in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        limit in 1_usize..60,
    ) {
        let complete = read_in(&[&bytes], limit);
        prop_assert_eq!(&read_in(&cut(&bytes, &at), limit), &complete);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&read_in(&single, limit), &complete);
    }

    #[test]
    fn every_byte_belongs_to_one_event_or_is_pending(bytes in streams()) {
        let (events, _, pending) = read_in(&[&bytes], 1 << 20);
        let mut last = 0;
        for (_, _, end) in &events {
            prop_assert!(*end > last);
            last = *end;
        }
        prop_assert_eq!(last + pending as u64, bytes.len() as u64);
    }
}
