use futures_util::FutureExt;

use super::*;

impl Taken {
    fn seat(self) -> Seat {
        self.some().expect("a seat")
    }

    fn some(self) -> Option<Seat> {
        match self {
            Taken::Seat(seat) => Some(seat),
            Taken::SomeIdle(_) | Taken::Full(_) => None,
        }
    }
}

fn closes(seat: &Seat) -> bool {
    seat.closes().now_or_never().is_some()
}

#[tokio::test]
async fn a_new_connection_takes_the_place_of_the_one_that_was_idle_for_longest() {
    let (seats, start) = (Seats::new(2), Instant::now());
    let first = seats.take(start).seat();
    let request = first.requests()();
    let second = seats.take(start).seat();
    let third = seats.take(start + IDLE_AT_LEAST).seat();
    assert!(closes(&second), "it has no request");
    assert!(!closes(&first), "it has one");
    drop(request);
    let fourth = seats.take(Instant::now() + IDLE_AT_LEAST).some();
    assert!(fourth.is_some() && closes(&first), "it has none any more");
    assert!(!closes(&third));
}

#[tokio::test]
async fn a_connection_whose_request_may_not_have_been_read_keeps_its_place() {
    let (seats, start) = (Seats::new(1), Instant::now());
    let only = seats.take(start).seat();
    assert!(seats.take(start).some().is_none());
    assert!(!closes(&only));
    assert!(seats.take(start + IDLE_AT_LEAST).some().is_some());
    assert!(closes(&only));
}

#[tokio::test]
async fn connections_with_requests_keep_their_places() {
    let (seats, later) = (Seats::new(1), Instant::now() + 2 * IDLE_AT_LEAST);
    let only = seats.take(Instant::now()).seat();
    let request = only.requests()();
    assert!(seats.take(later).some().is_none());
    drop(request);
    assert!(seats.take(later + IDLE_AT_LEAST).some().is_some());
    assert!(closes(&only));
}

#[tokio::test]
async fn a_place_is_free_after_its_connection() {
    let seats = Seats::new(1);
    let request = {
        let seat = seats.take(Instant::now()).seat();
        seat.requests()()
    };
    assert!(seats.take(Instant::now()).some().is_some());
    drop(request);
}

#[tokio::test]
async fn a_request_that_arrives_while_its_connection_must_close_is_seen() {
    let (seats, start) = (Seats::new(1), Instant::now());
    let only = seats.take(start).seat();
    let begin = only.requests();
    let _next = seats.take(start + IDLE_AT_LEAST).seat();
    assert!(closes(&only) && only.is_idle());
    let request = begin();
    assert!(!only.is_idle());
    drop(request);
    assert!(only.is_idle());
}

#[tokio::test]
async fn without_an_idle_connection_another_one_waits_or_is_refused() {
    let (seats, start) = (Seats::new(1), Instant::now());
    let only = seats.take(start).seat();
    assert!(matches!(seats.take(start), Taken::SomeIdle(at) if at == start + IDLE_AT_LEAST));
    let _request = only.requests()();
    assert!(matches!(seats.take(start + IDLE_AT_LEAST), Taken::Full(_)));
}
