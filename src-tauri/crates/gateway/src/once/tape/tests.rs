use futures_util::FutureExt;

use super::*;
use crate::held::Held;

fn piece(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn fresh() -> (Recorder, Reader) {
    tape(Held::default().share(), 1 << 30)
}

fn head() -> Head {
    Head {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
    }
}

/// The next step of the reader, if it is ready.
fn now(reader: &Reader) -> Option<Next> {
    reader.next().now_or_never()
}

#[test]
fn held_bytes_are_read_only_after_the_end_is_recorded() {
    let (recorder, reader) = fresh();
    recorder.begin(head());
    recorder.show(piece("a"));
    recorder.hold(piece("b"));
    assert_eq!(now(&reader), Some(Next::Piece(piece("a"))));
    assert_eq!(now(&reader), None);
    recorder.end(TapeEnd::Complete);
    assert_eq!(now(&reader), Some(Next::Piece(piece("b"))));
    assert_eq!(now(&reader), Some(Next::End(TapeEnd::Complete)));
}

#[test]
fn held_bytes_are_never_read_after_a_break() {
    let (recorder, reader) = fresh();
    recorder.show(piece("a"));
    recorder.hold(piece("b"));
    recorder.abort("why".to_owned());
    assert_eq!(now(&reader), Some(Next::Piece(piece("a"))));
    assert_eq!(
        now(&reader),
        Some(Next::End(TapeEnd::Broken("why".to_owned())))
    );
    assert_eq!(recorder.tape().body(), None);
}

#[test]
fn a_dropped_recorder_truncates_the_response_but_leaves_a_complete_one_complete() {
    let (recorder, reader) = fresh();
    drop(recorder);
    assert!(matches!(now(&reader), Some(Next::End(TapeEnd::Broken(_)))));
    let (recorder, reader) = fresh();
    recorder.show(piece("a"));
    recorder.end(TapeEnd::Complete);
    drop(recorder);
    assert_eq!(now(&reader), Some(Next::Piece(piece("a"))));
    assert_eq!(now(&reader), Some(Next::End(TapeEnd::Complete)));
}

#[test]
fn a_returning_client_reads_from_the_first_byte() {
    let (recorder, reader) = fresh();
    recorder.show(piece("a"));
    recorder.show(piece("b"));
    now(&reader);
    assert!(recorder.tape().rejoin().is_none(), "somebody is reading");
    drop(reader);
    assert_eq!(recorder.tape().attendance(), Attendance::Left);
    assert_eq!(recorder.tape().released(), Some(vec![piece("a")]));
    let reader = recorder.tape().rejoin().unwrap();
    recorder.end(TapeEnd::Complete);
    for text in ["a", "b"] {
        assert_eq!(now(&reader), Some(Next::Piece(piece(text))));
    }
    assert_eq!(now(&reader), Some(Next::End(TapeEnd::Complete)));
    drop(reader);
    assert_eq!(recorder.tape().attendance(), Attendance::Served);
}

#[test]
fn a_slow_reader_slows_the_recording_and_a_disconnected_one_does_not() {
    let (recorder, reader) = fresh();
    recorder.show(Bytes::from(vec![0; AHEAD]));
    assert!(recorder.room().now_or_never().is_some());
    recorder.show(piece("a"));
    assert!(recorder.room().now_or_never().is_none());
    now(&reader);
    assert!(recorder.room().now_or_never().is_some());
    recorder.hold(Bytes::from(vec![0; AHEAD]));
    now(&reader);
    assert!(
        recorder.room().now_or_never().is_some(),
        "it cannot read what is held"
    );
    recorder.show(piece("b"));
    assert!(recorder.room().now_or_never().is_none());
    drop(reader);
    assert!(recorder.room().now_or_never().is_some());
}

#[test]
fn above_its_limit_a_tape_keeps_only_unread_bytes() {
    let held = Held::default();
    let (recorder, reader) = tape(held.share(), 1 << 30);
    let large = Bytes::from(vec![0; MOST / 2]);
    recorder.show(large.clone());
    recorder.show(large.clone());
    assert!(recorder.tape().body().is_some());
    now(&reader);
    recorder.show(piece("a"));
    assert_eq!(recorder.tape().body(), None);
    assert_eq!(now(&reader), Some(Next::Piece(large)));
    assert_eq!(now(&reader), Some(Next::Piece(piece("a"))));
    drop(reader);
    assert!(recorder.tape().rejoin().is_none(), "it could not begin");
    recorder.show(piece("b"));
    assert_eq!(recorder.tape().lock().share.bytes(), 0, "no reader is left");
}

#[test]
fn all_tapes_share_one_limit() {
    let held = Held::default();
    let (first, _one) = tape(held.share(), 4);
    let (second, _two) = tape(held.share(), 4);
    first.show(piece("abc"));
    second.show(piece("de"));
    assert!(first.tape().body().is_some());
    assert_eq!(second.tape().body(), None);
}
