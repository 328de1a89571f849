//! The cause of a failed attempt that is not the provider, as a part of a request's sentence.

use ledger::{AttemptRow, ExchangeRow};

use crate::view::facts::Facts;

/// Lists the failed attempts of a request; consecutive attempts with the same end are counted together.
fn failures(row: &ExchangeRow, facts: &impl Facts) -> String {
    let message = |a: &AttemptRow| format!("{} {}", facts.product(&a.provider), a.outcome.as_str());
    let runs = row.attempts.chunk_by(|a, b| message(a) == message(b));
    runs.map(|run| match run.len() {
        1 => message(&run[0]),
        2 => format!("{} twice", message(&run[0])),
        count => format!("{} {count} times", message(&run[0])),
    })
    .collect::<Vec<_>>()
    .join(", ")
}

/// The attempt that a drill made fail.
pub(super) fn drilled(row: &ExchangeRow) -> Option<&AttemptRow> {
    let mut attempts = row.attempts.iter();
    attempts.find(|attempt| attempt.outcome == ledger::AttemptOutcome::Drill)
}

/// Names the cause if it is this machine or its network.
pub(super) fn exhausted(row: &ExchangeRow, facts: &impl Facts) -> String {
    if let Some(drilled) = drilled(row) {
        let product = facts.product(&drilled.provider);
        return format!("A drill made {product} fail, and no fallback answered.");
    }
    let all =
        |outcome| !row.attempts.is_empty() && row.attempts.iter().all(|a| a.outcome == outcome);
    if all(ledger::AttemptOutcome::Offline) {
        return "It was us: this machine was offline, so no provider could be reached.".into();
    }
    if all(ledger::AttemptOutcome::CertificateNotTrusted) {
        return "It was us: something on this network opens TLS, and its certificate is not trusted here.".into();
    }
    if all(ledger::AttemptOutcome::CertificateDates) {
        return "It was us: by this machine's clock, the certificate is not valid. Check the date and time.".into();
    }
    if all(ledger::AttemptOutcome::OutOfResources) {
        return "It was us: this machine had no resources left for another connection.".into();
    }
    if all(ledger::AttemptOutcome::DeadConnection) {
        return "It was us: the connections of this machine were dead.".into();
    }
    format!("No provider could answer: {}.", failures(row, facts))
}

/// " after Claude could not be reached (this machine was offline)", " after a drill made Claude fail"
pub(super) fn after_own_cause(row: &ExchangeRow, facts: &impl Facts) -> Option<String> {
    if let Some(drilled) = drilled(row) {
        let product = facts.product(&drilled.provider);
        return Some(format!(" after a drill made {product} fail"));
    }
    let (attempt, why) = row.attempts.iter().find_map(|attempt| {
        use ledger::AttemptOutcome::{
            CertificateDates, CertificateNotTrusted, DeadConnection, Offline, OutOfResources,
        };
        let why = if attempt.outcome == Offline {
            "this machine was offline"
        } else if attempt.outcome == CertificateNotTrusted {
            "the certificate was not trusted"
        } else if attempt.outcome == CertificateDates {
            "the certificate was not valid by this machine's clock"
        } else if attempt.outcome == OutOfResources {
            "this machine had no resources left"
        } else if attempt.outcome == DeadConnection {
            "the connection was dead"
        } else {
            return None;
        };
        Some((attempt, why))
    })?;
    let product = facts.product(&attempt.provider);
    Some(format!(" after {product} could not be reached ({why})"))
}
