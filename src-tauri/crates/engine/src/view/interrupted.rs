use ::words::{Clock, Spans};
use api::{DeliveredCall, Interruption};
use catalog::KnownClient;
use ledger::{End, InterruptionRow};
use serde_json::Value;

/// Text about an interrupted session.
/// `is_over`: the incident is closed.
pub(crate) fn interruption(
    clock: &Clock,
    id: i64,
    row: &InterruptionRow,
    is_over: bool,
) -> Interruption {
    let message = session(row);
    Interruption {
        id,
        client: row.client.clone(),
        session: row.session.clone(),
        model: row.model.to_string(),
        first: row.first,
        last: row.last,
        message: clock.plain(&message),
        spans: message,
        resumed: row.resumed,
        resume: resume(row).filter(|_| is_over),
        checked: row.checked,
        calls: row
            .calls
            .iter()
            .map(|call| delivered(clock, call))
            .collect(),
    }
}

fn resume(row: &InterruptionRow) -> Option<String> {
    match row.resumed {
        Some(_) => None,
        None => KnownClient::named(&row.client)?.resume(&row.session),
    }
}

/// "Cut within a response, 2 requests failed; it continued at 20:04."
fn session(row: &InterruptionRow) -> Spans {
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
    match row.resumed {
        Some(resumed) => {
            ::words::with_instant(format!("{how}, {times}; it continued at "), resumed, ".")
        }
        None => ::words::text(format!("{how}, {times}; no response since.")),
    }
}

fn delivered(clock: &Clock, delivered: &ledger::DeliveredCall) -> DeliveredCall {
    let message = call(delivered);
    DeliveredCall {
        message: clock.plain(&message),
        spans: message,
        result: delivered.result,
    }
}

/// "`Bash: alembic upgrade head` delivered, no result seen"
fn call(call: &ledger::DeliveredCall) -> Spans {
    let what = match &call.arguments {
        Some(reported) if !reported.is_empty() => format!("{}: {}", call.name, briefly(reported)),
        Some(_) | None => call.name.clone(),
    };
    match call.result {
        Some(result) => {
            let before = format!("`{what}` delivered, its result came back by ");
            ::words::with_instant(before, result, "")
        }
        None => ::words::text(format!("`{what}` delivered, no result seen")),
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
    use ::words::Span;

    use super::{briefly, call, interruption};

    #[test]
    fn the_time_of_a_result_is_an_instant() {
        let at = chrono::DateTime::UNIX_EPOCH;
        let delivered = ledger::DeliveredCall {
            call: "c".into(),
            name: "Bash".into(),
            arguments: None,
            result: Some(at),
        };
        let spans = call(&delivered).0;
        assert_eq!(spans[1..], [Span::Instant { at }]);
    }

    #[test]
    fn a_session_is_resumed_after_the_incident_if_it_did_not_continue() {
        let at = chrono::DateTime::UNIX_EPOCH;
        let mut row = ledger::InterruptionRow {
            client: "Codex".into(),
            session: "01a22dcf-3f59".into(),
            model: catalog::ModelId::new("gpt-6.2-sol"),
            provider: "openai".into(),
            first: at,
            last: at,
            times: 1,
            end: ledger::End::Cut,
            resumed: None,
            checked: None,
            calls: Vec::new(),
        };
        let clock = ::words::Clock::local(
            std::sync::Arc::new(|_| chrono::FixedOffset::east_opt(7200).unwrap()),
            at,
        );
        let shown = |row: &_, is_over| interruption(&clock, 7, row, is_over).resume;
        assert_eq!(
            shown(&row, true).as_deref(),
            Some("codex resume 01a22dcf-3f59")
        );
        assert_eq!(shown(&row, false), None);
        row.resumed = Some(at);
        assert_eq!(shown(&row, true), None);
    }

    #[test]
    fn a_call_is_summarised_briefly() {
        for (arguments, reported) in [
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
            assert_eq!(briefly(arguments), reported);
        }
    }
}
