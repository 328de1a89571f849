use std::error::Error;
use std::path::Path;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use ledger::{ExchangeFilter, Ledger, LedgerError, Quarters, Reader, Slots, Which};

type Done = Result<(), Box<dyn Error>>;

/// Milliseconds since the start of this thread: on the clock, and on a processor, which other programs do not change.
#[derive(Clone, Copy)]
struct Spent {
    clock: f64,
    processor: f64,
}

/// Measures one read.
struct Watch(Instant, f64);

impl Watch {
    fn start() -> Watch {
        Watch(Instant::now(), processor())
    }

    fn spent(&self) -> Spent {
        Spent {
            clock: self.0.elapsed().as_secs_f64() * 1000.0,
            processor: processor() - self.1,
        }
    }
}

/// Zero where the system has no such count.
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split(' ').next().unwrap_or_default();
    first.parse::<f64>().unwrap_or_default() / 1e6
}

/// Prints how long a read takes: the first, which prepares its statements, and the slower of two later ones.
fn timed<T>(
    name: &str,
    mut read: impl FnMut() -> Result<T, LedgerError>,
) -> Result<T, LedgerError> {
    let mut once = || {
        let watch = Watch::start();
        let found = read()?;
        Ok::<_, LedgerError>((watch.spent(), found))
    };
    let (first, _) = once()?;
    let (second, _) = once()?;
    let (third, found) = once()?;
    let later = Spent {
        clock: second.clock.max(third.clock),
        processor: second.processor.max(third.processor),
    };
    println!("{name:<52} {} {}", line(first), line(later));
    Ok(found)
}

fn line(spent: Spent) -> String {
    format!("{:>8.1} ({:>7.1})", spent.clock, spent.processor)
}

pub(crate) fn all(file: &Path, now: &str) -> Done {
    let now: DateTime<Utc> = now.parse()?;
    let watch = Watch::start();
    let mut ledger = Ledger::open(file, now)?;
    let opened = watch.spent();
    println!(
        "{:<52} {:>18} {:>18}",
        "ms, in brackets on a processor", "first", "later"
    );
    println!("{:<52} {}", "open", line(opened));
    println!("-- what the engine reads before its port opens");
    restored(&ledger, now)?;
    println!("-- figures of incidents that an older version left");
    figures(&mut ledger, &Reader::open(file)?)?;
    println!("-- what its loop reads");
    loop_reads(&ledger, now)?;
    println!("-- pages, on a second connection");
    let reader = Reader::open(file)?;
    pages(&reader, now)?;
    println!("-- a month's report, on a second connection");
    report(&reader, now)
}

/// The reads of the month of `now`.
fn report(reader: &Reader, now: DateTime<Utc>) -> Done {
    let ledger = reader.ledger();
    let month = slots(now, 30, TimeDelta::days(1));
    let (from, watch) = (now - TimeDelta::days(30), Watch::start());
    timed("report: calls", || ledger.report_calls(&month))?;
    timed("report: evidence", || ledger.report_evidence(&month))?;
    timed("report: carried", || ledger.report_carried(&month))?;
    timed("report: spending", || ledger.report_spending(&month))?;
    timed("report: requests", || ledger.report_requests(&month))?;
    timed("report: review items", || {
        ledger.report_review(from, now, 10_000)
    })?;
    let incidents = timed("report: incidents", || {
        ledger.incidents_between(from, now, 10_000)
    })?;
    timed("report: what each incident did", || {
        incidents.iter().try_for_each(|(id, row)| {
            let met = ledger.met(*id)?.unwrap_or_default();
            let carried = met.traffic.carried_by_fallback > 0;
            ledger.report_incident(*id, row, carried)?;
            if !met.pipelines.is_empty() {
                ledger.report_stored_items(*id)?;
            }
            Ok(())
        })
    })?;
    println!(
        "{:<52} {} ({} incidents)",
        "all of them, three times",
        line(watch.spent()),
        incidents.len()
    );
    Ok(())
}

fn restored(ledger: &Ledger, now: DateTime<Utc>) -> Done {
    timed("open incidents", || ledger.open_incidents())?;
    timed("the 500 newest exchanges", || ledger.exchanges(500, None))?;
    timed("models in use within 14 days", || {
        ledger.models_in_use(now - TimeDelta::days(14))
    })?;
    timed("sums of today (since 8 h)", || {
        ledger.today(now - TimeDelta::hours(8))
    })?;
    timed("pending notifications", || {
        ledger.pending_notifications(now - TimeDelta::minutes(10))
    })?;
    timed("tests of fallbacks", || ledger.fallback_tests())?;
    timed("probes of today", || {
        ledger.probes_spent(now - TimeDelta::hours(8))
    })?;
    Ok(())
}

/// As the engine counts them after its start.
fn figures(ledger: &mut Ledger, reader: &Reader) -> Done {
    let (mut reading, mut longest, mut writing) = (0.0, 0.0_f64, 0.0_f64);
    loop {
        let watch = Watch::start();
        let counted = reader.count_incidents(4)?;
        let read = watch.spent().processor;
        if counted.is_empty() {
            break;
        }
        let watch = Watch::start();
        ledger.store_figures(&counted)?;
        reading += read;
        longest = longest.max(read);
        writing = writing.max(watch.spent().processor);
    }
    for (name, spent) in [
        ("all reads of 4, on a processor", reading),
        ("the longest of them", longest),
        ("the longest write, on the loop", writing),
    ] {
        println!("{name:<52} {spent:>18.1}");
    }
    Ok(())
}

fn loop_reads(ledger: &Ledger, now: DateTime<Utc>) -> Done {
    for (id, incident) in ledger.open_incidents()? {
        let minutes = (now - incident.since).num_minutes();
        timed(
            &format!("impact of an incident open for {minutes} min"),
            || ledger.met(id),
        )?;
    }
    timed("last outage", || ledger.last_outage(now))?;
    timed("number of open review items", || ledger.open_reviews())?;
    Ok(())
}

fn find(reader: &Reader, filter: &ExchangeFilter, before: Option<i64>) -> Result<(), LedgerError> {
    reader.find_exchanges(filter, 50, before).map(drop)
}

fn pages(reader: &Reader, now: DateTime<Utc>) -> Done {
    let ledger = reader.ledger();
    let all = ExchangeFilter::default();
    let text = |text: &str| ExchangeFilter {
        text: Some(text.to_owned()),
        ..ExchangeFilter::default()
    };
    timed("exchanges, first page", || find(reader, &all, None))?;
    timed("exchanges, 190,000 rows down", || {
        find(reader, &all, Some(10_000))
    })?;
    timed("exchanges, 500 rows", || {
        reader.find_exchanges(&all, 500, None)
    })?;
    timed("exchange", || ledger.exchange(1_000))?;
    timed("search: an id", || find(reader, &text("r000a000"), None))?;
    timed("search: a text of many rows", || {
        find(reader, &text("claude"), None)
    })?;
    timed("search: a text of one old row", || {
        find(reader, &text("item-7 "), None)
    })?;
    timed("search: a text of no row", || {
        find(reader, &text("no such text"), None)
    })?;
    let failed = ExchangeFilter {
        failed: true,
        ..all.clone()
    };
    timed("failed requests", || find(reader, &failed, None))?;
    let failed_text = ExchangeFilter {
        failed: true,
        ..text("no such text")
    };
    timed("failed requests, a text of no row", || {
        find(reader, &failed_text, None)
    })?;
    let pipeline = |name: &str| ExchangeFilter {
        pipeline: Some(name.to_owned()),
        ..ExchangeFilter::default()
    };
    timed("requests of a pipeline", || {
        find(reader, &pipeline("pipeline-3"), None)
    })?;
    timed("requests of an unknown pipeline", || {
        find(reader, &pipeline("none"), None)
    })?;
    let since = ExchangeFilter {
        since: Some(now),
        ..all.clone()
    };
    timed("requests since now", || find(reader, &since, None))?;

    timed("incidents, 50, with their figures", || {
        summaries(ledger, None)
    })?;
    timed("incidents, 10,000 rows down", || {
        summaries(ledger, Some(10_000))
    })?;
    let newest = ledger.incidents(50, None)?.rows;
    let (id, _) = newest.last().ok_or("there is no incident")?;
    timed("incident, with its timeline and figures", || {
        ledger.interruptions(*id)?;
        ledger.met(*id)?;
        ledger.incident(*id)
    })?;
    for (id, incident) in ledger.open_incidents()? {
        let minutes = (now - incident.since).num_minutes();
        timed(&format!("incident open for {minutes} min"), || {
            ledger.interruptions(id)?;
            ledger.met(id)?;
            ledger.incident(id)
        })?;
        timed(
            &format!("chart of an incident open for {minutes} min"),
            || ledger.incident_series(id, now),
        )?;
    }
    timed("chart of a closed incident", || {
        ledger.incident_series(*id, now)
    })?;

    timed("review: open and recent", || {
        ledger.reviews(Which::Recent(now - TimeDelta::days(14)), 50, None)
    })?;
    timed("review: all", || ledger.reviews(Which::All, 50, None))?;
    timed("review: all, 1,000 rows down", || {
        ledger.reviews(Which::All, 50, Some(1_000))
    })?;
    timed("review: what can be run again of an incident", || {
        ledger.retriable_reviews(Some(*id), None)
    })?;

    let hours = |hours: i64| slots(now, hours, TimeDelta::hours(1));
    let days = |days: i64| slots(now, days, TimeDelta::days(1));
    let mut charts = Quarters::default();
    timed("chart: uptime of 90 days", || {
        charts.uptime(reader, &days(90))
    })?;
    timed("chart: latency of 24 h", || {
        charts.latency(reader, &hours(24))
    })?;
    timed("chart: latency of 30 days", || {
        charts.latency(reader, &days(30))
    })?;
    timed("chart: ribbon of a provider", || {
        ledger.ribbon(&"lead".into(), &slots(now, 96, TimeDelta::minutes(15)))
    })?;
    timed("chart: lanes of an incident", || {
        ledger.incident_lanes(*id, now)
    })?;
    timed("chart: cost of 30 days", || charts.cost(reader, &days(30)))?;
    timed("chart: cost of 90 days", || charts.cost(reader, &days(90)))?;
    Ok(())
}

/// As the list of incidents reads them.
fn summaries(ledger: &Ledger, before: Option<i64>) -> Result<(), LedgerError> {
    let page = ledger.incidents(50, before)?;
    page.rows
        .iter()
        .try_for_each(|(id, _)| ledger.met(*id).map(drop))
}

/// The last slot ends at `now`.
fn slots(now: DateTime<Utc>, count: i64, length: TimeDelta) -> Slots {
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    Slots::new((0..=count).map(|n| now - length * n).collect())
}
