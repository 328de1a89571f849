use api::{DeliveredCall, Interruption};
use ledger::{End, InterruptionRow};

use crate::state::State;

/// An interrupted session, in words.
pub(crate) fn interruption(state: &State, id: i64, row: &InterruptionRow) -> Interruption {
    Interruption {
        id,
        client: row.client.clone(),
        session: row.session.clone(),
        model: row.model.to_string(),
        first: row.first,
        last: row.last,
        said: said(state, row),
        resumed: row.resumed,
        checked: row.checked,
        calls: row
            .calls
            .iter()
            .map(|call| delivered(state, call))
            .collect(),
    }
}

fn said(state: &State, row: &InterruptionRow) -> String {
    let how = match row.end {
        End::Cut => "Cut in the middle of an answer",
        End::ClientLeft => "Gave up while nobody answered",
        End::Exhausted
        | End::Complete
        | End::Replayed
        | End::Truncated
        | End::Refused
        | End::CallersFault
        | End::TurnedAway
        | End::OurFault => "Nobody could answer",
    };
    let times = match row.times {
        1 => "1 request failed".to_owned(),
        n => format!("{n} requests failed"),
    };
    let since = match row.resumed {
        Some(resumed) => format!("it went on at {}", state.clock_time(resumed)),
        None => "it was not answered since".to_owned(),
    };
    format!("{how}, {times}; {since}.")
}

fn delivered(state: &State, call: &ledger::DeliveredCall) -> DeliveredCall {
    let what = match &call.arguments {
        Some(arguments) => format!("{}: {arguments}", call.name),
        None => call.name.clone(),
    };
    let came = match call.result {
        Some(result) => format!("its result came back by {}", state.clock_time(result)),
        None => "no result seen".to_owned(),
    };
    DeliveredCall {
        said: format!("`{what}` delivered, {came}"),
        result: call.result,
    }
}
