//! Effects of incidents, and figures of those that closed: read beside the loop.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ledger::Figures;

use super::MainLoop;
use crate::desk::Event;
use crate::event::LoopEvent;
use crate::records;

/// Incidents without figures are looked for this often.
const COUNT_EVERY: TimeDelta = TimeDelta::seconds(2);
/// Incidents that are counted, and stored, in one step.
const COUNTED_AT_ONCE: u32 = 4;
/// Between two steps, so that an old ledger does not keep a processor busy.
const COUNT_PAUSE: Duration = Duration::from_millis(20);

impl MainLoop {
    /// Reads the effects of these incidents. One read at a time: the latest waits.
    pub(super) fn read_impact(&mut self, open: Vec<i64>, now: DateTime<Utc>) {
        if self.beside.reading {
            self.beside.next = Some((open, now));
            return;
        }
        self.beside.reading = true;
        let reads = self.beside.reads.clone();
        self.beside.send(async move {
            let Some(lease) = reads.lease().await else {
                return LoopEvent::ReadImpact(open, now);
            };
            let read =
                lease.read(move |reader| Ok(records::read_impact(reader.ledger(), &open, now)));
            LoopEvent::ImpactRead(read.await.unwrap_or_default())
        });
    }

    /// There is no file beside the loop.
    pub(super) fn read_impact_here(&mut self, open: &[i64], now: DateTime<Utc>) {
        let news = records::read_impact(&self.ledger, open, now);
        self.impact_read(news);
    }

    pub(super) fn impact_read(&mut self, news: Vec<Event>) {
        self.beside.reading = false;
        for event in news {
            self.decide(event);
        }
        if let Some((open, now)) = self.beside.next.take() {
            self.read_impact(open, now);
        }
    }

    /// Closed incidents without figures: of an older version, or changed by a request that ended late.
    pub(super) fn count_incidents(&mut self, now: DateTime<Utc>) {
        if self.beside.counting || now < self.beside.count_at {
            return;
        }
        self.beside.count_at = now + COUNT_EVERY;
        if !self.ledger.has_uncounted_incidents().unwrap_or_default() {
            return;
        }
        if self.ledger.file().is_none() {
            let counted = self.ledger.count_incidents(COUNTED_AT_ONCE);
            return self.trouble("store the figures of incidents", counted);
        }
        self.beside.counting = true;
        let reads = self.beside.reads.clone();
        self.beside.send(async move {
            tokio::time::sleep(COUNT_PAUSE).await;
            let counted = match reads.lease().await {
                Some(lease) => {
                    lease
                        .read(|reader| reader.count_incidents(COUNTED_AT_ONCE))
                        .await
                }
                None => Ok(Vec::new()),
            };
            LoopEvent::Counted(counted.unwrap_or_else(|error| {
                tracing::warn!(%error, "closed incidents could not be counted");
                Vec::new()
            }))
        });
    }

    pub(super) fn counted(&mut self, figures: &[Figures]) {
        self.beside.counting = false;
        if figures.is_empty() {
            return;
        }
        let stored = self.ledger.store_figures(figures);
        if stored.is_ok() {
            // The next ones at once.
            self.beside.count_at = DateTime::UNIX_EPOCH;
        }
        self.trouble("store the figures of incidents", stored);
    }
}
