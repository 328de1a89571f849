use futures_util::FutureExt;

use super::*;

fn closes(seat: &Seat) -> bool {
    seat.closes().now_or_never().is_some()
}

#[tokio::test]
async fn a_new_connection_takes_the_place_of_the_one_that_was_idle_for_longest() {
    let (seats, start) = (Seats::new(2), Instant::now());
    let first = seats.take(start).unwrap();
    let request = first.requests()();
    let second = seats.take(start).unwrap();
    let third = seats.take(start + IDLE_AT_LEAST).unwrap();
    assert!(closes(&second), "it has no request");
    assert!(!closes(&first), "it has one");
    drop(request);
    let fourth = seats.take(Instant::now() + IDLE_AT_LEAST);
    assert!(fourth.is_some() && closes(&first), "it has none any more");
    assert!(!closes(&third));
}

#[tokio::test]
async fn a_connection_whose_request_may_not_have_been_read_keeps_its_place() {
    let (seats, start) = (Seats::new(1), Instant::now());
    let only = seats.take(start).unwrap();
    assert!(seats.take(start).is_none());
    assert!(!closes(&only));
    assert!(seats.take(start + IDLE_AT_LEAST).is_some());
    assert!(closes(&only));
}

#[tokio::test]
async fn connections_with_requests_keep_their_places() {
    let (seats, later) = (Seats::new(1), Instant::now() + 2 * IDLE_AT_LEAST);
    let only = seats.take(Instant::now()).unwrap();
    let request = only.requests()();
    assert!(seats.take(later).is_none());
    drop(request);
    assert!(seats.take(later + IDLE_AT_LEAST).is_some());
    assert!(closes(&only));
}

#[tokio::test]
async fn a_place_is_free_after_its_connection() {
    let seats = Seats::new(1);
    let request = {
        let seat = seats.take(Instant::now()).unwrap();
        seat.requests()()
    };
    assert!(seats.take(Instant::now()).is_some());
    drop(request);
}
