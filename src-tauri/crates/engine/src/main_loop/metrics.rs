//! Prometheus text format. Names of providers and endpoints, never of clients, keys or texts.

use std::fmt::{Display, Write};

use api::Level;
use catalog::REHEARSAL;
use gateway::Gateway;

use crate::state::State;
use crate::view::headline;

pub(super) fn metrics(state: &State, gateway: &Gateway) -> String {
    let mut page = Page(String::new());
    page.family(
        "understudy_build_info",
        "gauge",
        "The running version.",
        [(format!("version=\"{}\"", state.version), 1)],
    );
    let levels = state
        .catalog
        .providers()
        .iter()
        .filter(|p| p.id.as_str() != REHEARSAL)
        .map(|p| {
            let level = headline::level_of(state, &p.id);
            (
                format!("provider=\"{}\",mine=\"{}\"", p.id, state.is_mine(&p.id)),
                number(level),
            )
        });
    page.family(
        "understudy_provider_level",
        "gauge",
        "0 operational, 1 maintenance, 2 degraded, 3 partial outage, 4 major outage, -1 unknown.",
        levels,
    );
    page.family(
        "understudy_open_incidents",
        "gauge",
        "Incidents that are open now.",
        [(String::new(), state.open.len())],
    );
    page.family(
        "understudy_open_exchanges",
        "gauge",
        "Exchanges in flight.",
        [(String::new(), gateway.open_exchanges())],
    );
    page.family(
        "understudy_lingering_requests",
        "gauge",
        "Requests in flight or just answered whose clients have left and may come back for them.",
        [(String::new(), gateway.lingering())],
    );
    let today = &state.today;
    let counts = [
        ("all", today.exchanges),
        ("failed", today.failed),
        ("carried_by_fallback", today.carried_by_fallback),
        ("unpriced", today.unpriced),
    ];
    page.family(
        "understudy_exchanges_today",
        "gauge",
        "Exchanges since local midnight; the rehearsal's are left out.",
        counts.map(|(kind, n)| (format!("kind=\"{kind}\""), n)),
    );
    let spent = [
        ("traffic", today.spent.dollars()),
        ("probes", today.probes.dollars()),
    ];
    page.family(
        "understudy_spent_dollars_today",
        "gauge",
        "Estimated from tokens and list prices, since local midnight.",
        spent.map(|(kind, n)| (format!("kind=\"{kind}\""), n)),
    );
    page.family(
        "understudy_spent_dollars_today_of_estimated_tokens",
        "gauge",
        "What of the traffic's dollars rests on tokens reckoned from bytes: answers that were cut, and usage that nobody told.",
        [(String::new(), today.of_estimated_tokens.dollars())],
    );
    let breakers = state.breakers.iter().map(|b| {
        let open = matches!(b.standing, gateway::Standing::Open { .. });
        (
            format!(
                "endpoint=\"{}\",model=\"{}\"",
                b.endpoint,
                escaped(b.model.as_str())
            ),
            u8::from(open),
        )
    });
    page.family(
        "understudy_breaker_open",
        "gauge",
        "1 while a breaker keeps requests away; 0 where its cooldown has passed and the next request may try.",
        breakers,
    );
    page.family(
        "understudy_dropped_reports_total",
        "counter",
        "Exchanges that were not booked because the ledger was too slow.",
        [(String::new(), gateway.dropped_reports())],
    );
    page.family(
        "understudy_stray_requests_total",
        "counter",
        "Browsers' requests without a token that were turned away; they are counted and not listed.",
        [(String::new(), gateway.strays())],
    );
    page.0
}

struct Page(String);

impl Page {
    fn family<N: Display>(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        samples: impl IntoIterator<Item = (String, N)>,
    ) {
        // Writing to a String does not fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for (labels, value) in samples {
            let _ = if labels.is_empty() {
                writeln!(self.0, "{name} {value}")
            } else {
                writeln!(self.0, "{name}{{{labels}}} {value}")
            };
        }
    }
}

/// As the format wants label values.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn number(level: Level) -> i8 {
    match level {
        Level::Operational => 0,
        Level::Maintenance => 1,
        Level::Degraded => 2,
        Level::PartialOutage => 3,
        Level::MajorOutage => 4,
        Level::Unknown => -1,
    }
}
