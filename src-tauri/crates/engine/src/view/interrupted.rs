use api::{DeliveredCall, Interruption};
use ledger::{End, InterruptionRow};
use serde_json::Value;

use crate::state::State;

/// Text about an interrupted session.
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
        End::Cut => "Cut within a response",
        End::ClientLeft => "Disconnected before any provider answered",
        End::Exhausted
        | End::Complete
        | End::Replayed
        | End::Truncated
        | End::Refused
        | End::CallersFault
        | End::TurnedAway
        | End::OurFault => "No provider could answer",
    };
    let times = match row.times {
        1 => "1 request failed".to_owned(),
        n => format!("{n} requests failed"),
    };
    let since = match row.resumed {
        Some(resumed) => format!("it continued at {}", state.clock_time(resumed)),
        None => "no response since".to_owned(),
    };
    format!("{how}, {times}; {since}.")
}

fn delivered(state: &State, call: &ledger::DeliveredCall) -> DeliveredCall {
    let what = match &call.arguments {
        Some(told) if !told.is_empty() => format!("{}: {}", call.name, briefly(told)),
        Some(_) | None => call.name.clone(),
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

/// The argument's value without its name if it is the only one or the command: `{"command": "ls"}` becomes `ls`. On one line,
/// for lists.
fn briefly(arguments: &str) -> String {
    let object: Option<serde_json::Map<String, Value>> = serde_json::from_str(arguments).ok();
    let text = object.as_ref().and_then(|object| {
        let only = object.values().next().filter(|_| object.len() == 1);
        object.get("command").or(only)?.as_str()
    });
    let words: Vec<&str> = text.unwrap_or(arguments).split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::briefly;

    #[test]
    fn a_call_is_summarised_briefly() {
        for (arguments, told) in [
            (
                r#"{"command":"alembic upgrade head"}"#,
                "alembic upgrade head",
            ),
            (r#"{"command":"ls","description":"List","timeout":5}"#, "ls"),
            (r#"{"path":"a.rs"}"#, "a.rs"),
            (
                r#"{"path":"a.rs","text":"x"}"#,
                r#"{"path":"a.rs","text":"x"}"#,
            ),
            (
                r#"{"command":["bash","-lc","ls"]}"#,
                r#"{"command":["bash","-lc","ls"]}"#,
            ),
            (r#"{"command":"a\n  b"}"#, "a b"),
            (
                r#"{"command":"cut in the mid…"#,
                r#"{"command":"cut in the mid…"#,
            ),
            ("*** Begin Patch\n+x", "*** Begin Patch +x"),
            ("{}", "{}"),
            ("", ""),
        ] {
            assert_eq!(briefly(arguments), told);
        }
    }
}
