use std::time::Duration;

use catalog::{EndpointId, Model, ModelId, ProviderId};

use super::*;
use crate::Standing;
use crate::tests::endpoint;

/// In a word, what follows a loss.
fn follows(lost: &Lost, credential: Credential, first: bool) -> String {
    let candidate = Candidate {
        provider: ProviderId::new("first"),
        endpoint: EndpointId::new("first"),
        model: ModelId::new("m"),
        dialect: Dialect::Anthropic,
        credential,
        standing: Standing::Closed,
        place: 0,
        reason: String::new(),
    };
    let mut endpoint = endpoint("first", "https://api.first.test");
    endpoint.models = vec![Model {
        context: Some(200_000),
        ..Model::new("m".into())
    }];
    match next(
        lost,
        &candidate,
        endpoint.context(&candidate.model),
        first,
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
fn what_follows_each_class_of_failure() {
    let plain = |class| Lost::new(class, None, String::new());
    let waits = |seconds| Lost {
        retry_after: Some(Duration::from_secs(seconds)),
        ..plain(Class::RateLimit)
    };
    let hopeless = Lost {
        hopeless: true,
        ..plain(Class::Transient)
    };
    for (lost, credential, first, expected) in [
        (plain(Class::Transient), Credential::OurKey, true, "again"),
        (hopeless, Credential::OurKey, true, "other"),
        (
            waits(2),
            Credential::OurKey,
            true,
            "again, as long as asked",
        ),
        (waits(3600), Credential::OurKey, true, "other"),
        (plain(Class::Silent), Credential::OurKey, true, "other"),
        (plain(Class::Quota), Credential::OurKey, true, "other"),
        (
            Lost {
                retry_after: Some(Duration::from_secs(2)),
                ..plain(Class::Limit)
            },
            Credential::OurKey,
            true,
            "other",
        ),
        (plain(Class::ModelGone), Credential::OurKey, true, "other"),
        (plain(Class::Credential), Credential::OurKey, true, "other"),
        (
            plain(Class::Credential),
            Credential::ClientLogin,
            true,
            "stop",
        ),
        (plain(Class::Caller), Credential::OurKey, true, "stop"),
        (plain(Class::Caller), Credential::OurKey, false, "other"),
        (
            plain(Class::ContentPolicy),
            Credential::OurKey,
            true,
            "stop",
        ),
        (
            plain(Class::ContextTooLong),
            Credential::OurKey,
            true,
            "larger than 200000",
        ),
        (
            Lost {
                window: Some(131_072),
                ..plain(Class::ContextTooLong)
            },
            Credential::OurKey,
            true,
            "larger than 131072",
        ),
    ] {
        assert_eq!(
            follows(&lost, credential, first),
            expected,
            "{:?} {credential:?} first {first}",
            lost.class
        );
    }
}
