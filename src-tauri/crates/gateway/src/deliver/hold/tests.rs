use super::*;

#[test]
fn what_follows_a_break_depends_on_whether_the_client_retries() {
    use RestartAt::{Anywhere, BeforeText, FinishedBlock, Never};
    for (written, agent, repeats, restart, ends_cleanly) in [
        (None, true, Repeats::Broken, Never, false),
        (
            None,
            true,
            Repeats::BrokenBeforeABlock,
            FinishedBlock,
            false,
        ),
        (None, true, Repeats::Never, FinishedBlock, false),
        (None, false, Repeats::Never, BeforeText, false),
        (None, true, Repeats::EndedWithoutReason, FinishedBlock, true),
        (None, false, Repeats::EndedWithoutReason, BeforeText, true),
        (Some(Restart::Never), false, Repeats::Never, Never, false),
        (
            Some(Restart::AfterBlock),
            false,
            Repeats::Broken,
            FinishedBlock,
            false,
        ),
        (
            Some(Restart::Always),
            true,
            Repeats::Broken,
            Anywhere,
            false,
        ),
    ] {
        let expected = OnBreak {
            restart,
            note: agent,
            ends_cleanly,
        };
        assert_eq!(
            on_break(written, agent, repeats),
            expected,
            "{written:?} {repeats:?}"
        );
    }
}

#[test]
fn a_client_that_does_not_retry_gets_only_checked_responses() {
    let ask =
        |body: &str| RequestFields::read(catalog::Dialect::OpenaiChat, body.as_bytes()).unwrap();
    let plain = ask(r#"{"model":"m","messages":[]}"#);
    let tools =
        ask(r#"{"model":"m","messages":[],"tools":[{"type":"function","function":{"name":"t"}}]}"#);
    let json = ask(r#"{"model":"m","messages":[],"response_format":{"type":"json_object"}}"#);
    for repeats in [Repeats::Never, Repeats::EndedWithoutReason] {
        assert_eq!(delivery(&plain, repeats), Delivery::Guarded);
        assert_eq!(delivery(&tools, repeats), Delivery::Verified);
        assert_eq!(delivery(&json, repeats), Delivery::Verified);
    }
    for repeats in [Repeats::Broken, Repeats::BrokenBeforeABlock] {
        assert_eq!(delivery(&tools, repeats), Delivery::Guarded);
        assert_eq!(delivery(&json, repeats), Delivery::Guarded);
    }
}
