use std::time::Duration;

use catalog::{Dialect, EndpointId, ModelId, ProviderId};
use http::Request;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::*;
use crate::pending::Pending;
use crate::{Exchange, ExchangeId, Outcome, Report};

/// Makes a call ambiguous, so a compile error, for a type that implements `Clone`.
trait NotClone<A> {
    fn holds() {}
}
impl<T> NotClone<()> for T {}
impl<T: Clone> NotClone<u8> for T {}

/// An exchange ends once: its end consumes it, and it cannot be copied.
#[test]
fn an_end_consumes_its_exchange() {
    let _: fn(OpenExchange, End) = OpenExchange::end;
    let _: fn(Draft, Ending) -> Exchange = Draft::end;
    <OpenExchange as NotClone<_>>::holds();
    <Draft as NotClone<_>>::holds();
}

fn draft() -> Draft {
    let (head, ()) = Request::new(()).into_parts();
    let started = chrono::DateTime::UNIX_EPOCH;
    Draft::of_head(ExchangeId::new(1), &head, None, Dialect::Anthropic, started)
}

fn begin() -> (OpenExchange, mpsc::Receiver<Report>, Reports) {
    let (to, mut reader) = mpsc::channel(8);
    let reports = Reports::new(to, mpsc::channel(1).0, Pending::default());
    let exchange = OpenExchange::begin(&reports, Instant::now(), draft());
    assert!(matches!(reader.try_recv(), Ok(Report::Began(_))));
    assert_eq!(reports.open(), 1);
    (exchange, reader, reports)
}

/// The only report since the beginning.
fn ended(reader: &mut mpsc::Receiver<Report>, reports: Reports) -> Exchange {
    let Ok(Report::Ended(exchange)) = reader.try_recv() else {
        panic!("the exchange did not end");
    };
    assert_eq!(reports.open(), 0);
    drop(reports);
    assert_eq!(reader.try_recv(), Err(TryRecvError::Disconnected));
    *exchange
}

#[tokio::test(start_paused = true)]
async fn an_ended_exchange_is_reported_once() {
    let (mut exchange, mut reader, reports) = begin();
    exchange.handed(7);
    tokio::time::advance(Duration::from_secs(3)).await;
    exchange.end(End::Complete);
    let ended = ended(&mut reader, reports);
    assert_eq!(ended.end, End::Complete);
    assert_eq!(ended.bytes_out, 7);
    assert_eq!(ended.total, Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_exchange_is_reported_once_as_one_whose_client_left() {
    let (mut exchange, mut reader, reports) = begin();
    exchange.attempt_began(
        ProviderId::new("first"),
        EndpointId::new("first"),
        ModelId::new("m"),
    );
    let under_way = async move {
        exchange.attempt_sent(5);
        std::future::pending::<()>().await;
        exchange.end(End::Complete);
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(2), under_way)
            .await
            .is_err()
    );
    let ended = ended(&mut reader, reports);
    assert_eq!(ended.end, End::ClientLeft);
    assert_eq!(ended.attempts.len(), 1);
    assert_eq!(ended.attempts[0].outcome, Outcome::ClientLeft);
    assert_eq!(ended.attempts[0].request_bytes, 5);
}

#[tokio::test]
async fn a_panic_ends_its_exchange_as_our_fault() {
    let (exchange, mut reader, reports) = begin();
    let unwound = tokio::spawn(async move {
        let _exchange = exchange;
        panic!("a fault of the gateway");
    });
    assert!(unwound.await.is_err());
    assert_eq!(ended(&mut reader, reports).end, End::OurFault);
}
