use std::time::Duration;

use catalog::{EndpointId, Model, ModelId, ProviderId};

use super::*;
use crate::tests::endpoint;
use crate::{Role, Standing};

/// The step after a loss, in one word.
fn follows(failed_attempt: &FailedAttempt, credential: Credential, place: usize) -> String {
    let candidate = Candidate {
        provider: ProviderId::new("first"),
        endpoint: EndpointId::new("first"),
        model: ModelId::new("m"),
        dialect: catalog::Dialect::Anthropic,
        carriage: crate::Carriage::Own,
        drops: Vec::new(),
        credential,
        standing: Standing::Closed,
        place,
        role: if place == 0 {
            Role::Primary
        } else {
            Role::Fallback
        },
        made_failure: None,
        reason: String::new(),
    };
    let mut endpoint = endpoint("first", "https://api.first.test");
    endpoint.models = vec![Model {
        context: Some(200_000),
        ..Model::new("m".into())
    }];
    match next(
        failed_attempt,
        &candidate,
        endpoint.context(&candidate.model),
        false,
        false,
    ) {
        Next::Again(wait) if wait >= Duration::from_secs(2) => "again, as long as asked".into(),
        Next::Again(_) => "again".into(),
        Next::Other => "other".into(),
        Next::Larger(than) => format!("larger than {than}"),
        Next::Stop => "stop".into(),
    }
}

#[test]
fn the_next_step_after_each_class_of_failure() {
    let plain = |class| {
        FailedAttempt::new(
            class,
            crate::Fault::Ours(crate::Cause::Response),
            String::new(),
        )
    };
    let waits = |seconds| FailedAttempt {
        retry_after: Some(Duration::from_secs(seconds)),
        ..plain(FailureClass::RateLimit)
    };
    let hopeless = FailedAttempt {
        hopeless: true,
        ..plain(FailureClass::Transient)
    };
    for (failed_attempt, credential, place, expected) in [
        (
            plain(FailureClass::Transient),
            Credential::OurKey,
            0,
            "again",
        ),
        (hopeless, Credential::OurKey, 0, "other"),
        (waits(2), Credential::OurKey, 0, "again, as long as asked"),
        (waits(3600), Credential::OurKey, 0, "other"),
        (plain(FailureClass::Timeout), Credential::OurKey, 0, "other"),
        (plain(FailureClass::Quota), Credential::OurKey, 0, "other"),
        (
            FailedAttempt {
                retry_after: Some(Duration::from_secs(2)),
                ..plain(FailureClass::Limit)
            },
            Credential::OurKey,
            0,
            "other",
        ),
        (
            plain(FailureClass::Limit),
            Credential::ClientLogin,
            0,
            "stop",
        ),
        (plain(FailureClass::Limit), Credential::OurKey, 1, "other"),
        (
            plain(FailureClass::ModelGone),
            Credential::OurKey,
            0,
            "other",
        ),
        (
            plain(FailureClass::Credential),
            Credential::OurKey,
            0,
            "other",
        ),
        (
            plain(FailureClass::Credential),
            Credential::ClientLogin,
            0,
            "stop",
        ),
        (plain(FailureClass::Caller), Credential::OurKey, 0, "stop"),
        (plain(FailureClass::Caller), Credential::OurKey, 1, "other"),
        (
            plain(FailureClass::ContentPolicy),
            Credential::OurKey,
            0,
            "stop",
        ),
        (
            plain(FailureClass::ContentPolicy),
            Credential::OurKey,
            1,
            "other",
        ),
        (
            plain(FailureClass::Credential),
            Credential::ClientLogin,
            1,
            "other",
        ),
        (
            plain(FailureClass::ContextTooLong),
            Credential::OurKey,
            0,
            "larger than 200000",
        ),
        (
            FailedAttempt {
                window: Some(131_072),
                ..plain(FailureClass::ContextTooLong)
            },
            Credential::OurKey,
            0,
            "larger than 131072",
        ),
    ] {
        assert_eq!(
            follows(&failed_attempt, credential, place),
            expected,
            "{:?} {credential:?} place {place}",
            failed_attempt.class
        );
    }
}

#[test]
fn a_long_attempt_is_repeated_only_at_the_last_candidate_and_within_the_clients_timeout() {
    let seconds = Duration::from_secs;
    for (took, last, left, again) in [
        (14, false, Some(1), true),
        (15, false, Some(600), false),
        (15, false, None, false),
        (15, true, Some(16), true),
        (15, true, Some(15), false),
        (600, true, None, true),
    ] {
        let left = left.map(seconds);
        assert_eq!(
            may_repeat(seconds(took), last, left),
            again,
            "{took} s, last {last}, left {left:?}"
        );
    }
}
