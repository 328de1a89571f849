use proptest::prelude::*;

use super::*;

fn at(minute: f64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds((minute * 60_000.0) as i64)
}

fn key() -> SessionKey {
    SessionKey {
        session: "s".into(),
        dialect: Dialect::Anthropic,
        model: "opus".into(),
    }
}

fn primary() -> Answerer {
    ("first".into(), "opus".into())
}

fn fallback() -> Answerer {
    ("second".into(), "sol".into())
}

/// A session that moved to the fallback at minute 0.
fn moved() -> Sessions {
    let mut sessions = Sessions::default();
    sessions.answered(key(), fallback(), false, at(0.0));
    sessions
}

/// It has answered other sessions since its last failure.
fn health(last_failure: Option<f64>) -> PrimaryHealth {
    PrimaryHealth {
        admits: true,
        last_failure: last_failure.map(at),
        well_since: Some(last_failure.map_or(DateTime::UNIX_EPOCH, at)),
    }
}

#[test]
fn a_session_stays_until_the_primary_has_been_healthy_for_five_minutes() {
    for (minute, last_failure, in_tool_loop, admits, stays) in [
        (1.0, Some(0.0), false, true, true),
        (4.9, Some(0.0), false, true, true),
        (5.0, Some(0.0), false, true, false),
        // Within a tool loop it never returns.
        (50.0, Some(0.0), true, true, true),
        // The breaker does not admit requests.
        (9.0, Some(0.0), false, false, true),
        (9.0, Some(8.0), false, true, true),
        (9.0, None, false, true, false),
    ] {
        let sessions = moved();
        let primary = PrimaryHealth {
            admits,
            ..health(last_failure)
        };
        let found = sessions.stays_with(&key(), in_tool_loop, primary, at(minute));
        assert_eq!(
            found.is_some(),
            stays,
            "minute {minute}, loop {in_tool_loop}"
        );
    }
}

#[test]
fn a_session_that_never_moved_is_not_stored_and_models_are_separate() {
    let mut sessions = Sessions::default();
    sessions.answered(key(), primary(), true, at(0.0));
    assert!(sessions.0.is_empty());
    let sessions = moved();
    let other = SessionKey {
        model: "haiku".into(),
        ..key()
    };
    assert_eq!(
        sessions.stays_with(&other, true, health(Some(0.0)), at(0.1)),
        None
    );
}

#[test]
fn after_two_moves_within_an_hour_it_does_not_return() {
    let mut sessions = moved();
    sessions.answered(key(), primary(), true, at(6.0));
    assert_eq!(
        sessions.stays_with(&key(), false, health(None), at(7.0)),
        None
    );
    // The primary failed again: a fallback answered, and the session stays for the rest of the hour.
    sessions.answered(key(), fallback(), false, at(10.0));
    let stays = |minute| {
        let primary = health(Some(10.0));
        sessions
            .stays_with(&key(), false, primary, at(minute))
            .is_some()
    };
    assert!(stays(59.0));
    // The moves at minutes 0 and 6 no longer count.
    assert!(!stays(66.0));
}

#[test]
fn without_evidence_about_the_primary_a_session_returns_after_an_hour() {
    let sessions = moved();
    let unknown = PrimaryHealth {
        well_since: None,
        ..health(Some(0.0))
    };
    for (minute, returns) in [(6.0, false), (59.9, false), (60.0, true)] {
        let stays = sessions.stays_with(&key(), false, unknown, at(minute));
        assert_eq!(stays.is_none(), returns, "minute {minute}");
    }
}

proptest! {
    /// For any sequence of events, a session returns at most once an hour, and the memory is limited.
    #[test]
    fn returns_are_rare(turns in prop::collection::vec((0_u32..600, any::<bool>(), any::<bool>()), 1..400)) {
        let (mut sessions, mut now, mut last_failure) = (Sessions::default(), at(0.0), None);
        let mut returns: Vec<DateTime<Utc>> = Vec::new();
        let mut away = false;
        for (seconds, failing, in_tool_loop) in turns {
            now += TimeDelta::seconds(seconds.into());
            let primary_health = PrimaryHealth { admits: true, last_failure, well_since: last_failure };
            let stays = sessions.stays_with(&key(), in_tool_loop, primary_health, now).cloned();
            let by_primary = stays.is_none() && !failing;
            if stays.is_none() && failing {
                last_failure = Some(now);
            }
            if away && by_primary {
                prop_assert!(!in_tool_loop);
                returns.push(now);
            }
            away = !by_primary;
            let by = if by_primary { primary() } else { fallback() };
            sessions.answered(key(), by, by_primary, now);
        }
        for pair in returns.windows(2) {
            prop_assert!(pair[1] - pair[0] >= TimeDelta::minutes(5));
        }
        for window in returns.windows(3) {
            prop_assert!(window[2] - window[0] >= TimeDelta::minutes(30));
        }
    }

    #[test]
    fn the_number_of_stored_sessions_is_limited(count in 1_usize..1500) {
        let mut sessions = Sessions::default();
        for n in 0..count {
            let key = SessionKey { session: n.to_string(), ..key() };
            sessions.answered(key, fallback(), false, at(n as f64 / 1000.0));
        }
        prop_assert!(sessions.0.len() <= REMEMBERED);
    }
}
