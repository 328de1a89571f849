use std::sync::mpsc;

use chrono::{DateTime, Utc};
use ledger::{ExchangeFilter, Ledger};

use super::*;

fn now() -> DateTime<Utc> {
    "2026-06-21T20:00:00Z".parse().unwrap()
}

fn ledger() -> (tempfile::TempDir, Ledger, Reads) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite"), now()).unwrap();
    let reads = Reads::new(ledger.file().map(ToOwned::to_owned));
    (folder, ledger, reads)
}

async fn rows(reads: &Reads) -> usize {
    let lease = reads.lease().await.unwrap();
    let filter = ExchangeFilter::default();
    let page = lease.read(move |reader| reader.find_exchanges(&filter, 50, None));
    page.await.unwrap().rows.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_takes_long_holds_neither_the_writer_nor_other_pages() {
    let (_folder, mut ledger, reads) = ledger();
    let (reached, reading) = oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let slow = reads.lease().await.unwrap().read(move |reader| {
        reached.send(()).unwrap();
        released.recv().unwrap();
        reader.ledger().open_reviews()
    });
    let slow = tokio::spawn(slow);
    reading.await.unwrap();
    ledger.set_meta("written", "meanwhile").unwrap();
    assert_eq!(rows(&reads).await, 0);
    assert!(!slow.is_finished());
    release.send(()).unwrap();
    assert_eq!(slow.await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn a_read_that_takes_too_long_ends_with_an_error() {
    let (_folder, _ledger, reads) = ledger();
    let lease = reads.lease().await.unwrap();
    let endless = lease.read_within(Duration::ZERO, |reader| {
        loop {
            // Each is short; the end comes with the one that is interrupted.
            let text = Some("no such text".to_owned());
            let filter = ExchangeFilter {
                text,
                ..ExchangeFilter::default()
            };
            reader.find_exchanges(&filter, 50, None)?;
        }
    });
    let ended: Result<(), LedgerError> = endless.await;
    assert!(matches!(ended, Err(LedgerError::TooSlow)), "{ended:?}");
    assert_eq!(rows(&reads).await, 0, "its connection serves the next page");
}

#[tokio::test]
async fn a_ledger_in_memory_is_read_by_the_loop_until_it_has_a_file() {
    let (folder, _ledger, _) = ledger();
    let reads = Reads::new(None);
    assert!(reads.lease().await.is_none());
    let chart = reads.chart(|_, reader| reader.ledger().open_reviews());
    assert!(matches!(chart.await, Err(Unread::NoFile)));
    reads.opened(&folder.path().join("ledger.sqlite"));
    assert_eq!(rows(&reads).await, 0);
}

#[tokio::test]
async fn a_replaced_file_is_not_read_any_more() {
    let (folder, mut ledger, reads) = ledger();
    assert_eq!(rows(&reads).await, 0);
    let file = folder.path().join("ledger.sqlite");
    std::fs::remove_file(&file).unwrap();
    assert!(reads.lease().await.is_none(), "the loop has its rows");
    ledger.put_back(now()).unwrap();
    ledger.set_meta("written", "after that").unwrap();
    let lease = reads.lease().await.unwrap();
    let read = lease.read(|reader| reader.ledger().meta("written"));
    assert_eq!(read.await.unwrap().as_deref(), Some("after that"));
}

#[tokio::test]
async fn after_the_end_of_all_reads_the_writer_leaves_one_file() {
    let (folder, mut ledger, reads) = ledger();
    assert_eq!(rows(&reads).await, 0);
    let lease = reads.lease().await.unwrap();
    let endless = tokio::spawn(lease.read(|reader| {
        loop {
            reader.find_exchanges(&ExchangeFilter::default(), 50, None)?;
        }
    }));
    ledger.set_meta("written", "last").unwrap();
    reads.close().await;
    let ended: Result<(), LedgerError> = endless.await.unwrap();
    assert!(ended.is_err());
    assert!(reads.lease().await.is_none());
    drop(ledger);
    let files = std::fs::read_dir(folder.path()).unwrap();
    let names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["ledger.sqlite"]);
}
