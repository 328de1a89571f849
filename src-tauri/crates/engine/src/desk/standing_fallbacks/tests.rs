use super::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
}

fn candidate(provider: &str, model: &str) -> Candidate {
    Candidate {
        provider: ProviderId::new(provider),
        endpoint: EndpointId::new(provider),
        model: ModelId::new(model),
    }
}

fn carried(requested: &str, by: (&str, &str), reason: Option<Reason>) -> Carried {
    Carried {
        route: ("claude-*".into(), Dialect::Anthropic),
        requested: requested.into(),
        primary: candidate("lead", requested),
        by: candidate(by.0, by.1),
        products: ("lead".into(), by.0.into()),
        reason,
        cost: Cost::Unknown,
        keyed: false,
    }
}

fn sonnet(reason: Option<Reason>) -> Carried {
    carried("opus", ("lead", "sonnet"), reason)
}

const FAILING: Option<Reason> = Some(Reason::Failing);

fn well(fallbacks: &mut Fallbacks, minute: i64, is: bool) {
    let (endpoint, model) = (EndpointId::new("lead"), ModelId::new("opus"));
    fallbacks.seen(at(minute), &endpoint, &model, is);
}

#[test]
fn a_change_is_notified_once_for_any_number_of_requests() {
    let mut fallbacks = Fallbacks::default();
    let first = fallbacks.carried(at(0), sonnet(FAILING));
    assert_eq!(first, Some(News::Moved(sonnet(FAILING), at(0))));
    for minute in 1..600 {
        assert_eq!(fallbacks.carried(at(minute), sonnet(FAILING)), None);
        assert_eq!(fallbacks.due(at(minute)), []);
    }
    assert_eq!(fallbacks.on("claude-*", Dialect::Anthropic)[0].since, at(0));
    assert_eq!(fallbacks.on("claude-*", Dialect::OpenaiChat).len(), 0);
    // A rejected key with a working fallback causes one notification each day.
    let next_day = fallbacks.carried(at(24 * 60), sonnet(FAILING));
    assert_eq!(next_day, Some(News::Moved(sonnet(FAILING), at(0))));
}

#[test]
fn all_models_of_a_provider_that_fails_are_one_change() {
    let mut fallbacks = Fallbacks::default();
    let gpt = |requested: &str, model| carried(requested, ("second", model), FAILING);
    assert!(fallbacks.carried(at(0), gpt("opus", "sol")).is_some());
    assert!(fallbacks.carried(at(1), gpt("sonnet", "terra")).is_none());
    assert_eq!(fallbacks.on("claude-*", Dialect::Anthropic).len(), 2);
}

#[test]
fn another_reason_fallback_or_route_is_a_separate_change() {
    let mut fallbacks = Fallbacks::default();
    assert!(fallbacks.carried(at(0), sonnet(FAILING)).is_some());
    let refused = sonnet(Some(Reason::KeyRefused));
    assert!(fallbacks.carried(at(1), refused).is_some());
    let other = carried("opus", ("second", "sol"), FAILING);
    assert!(fallbacks.carried(at(2), other.clone()).is_some());
    let route = ("work".to_owned(), Dialect::Anthropic);
    assert!(
        fallbacks
            .carried(at(3), Carried { route, ..other })
            .is_some()
    );
}

#[test]
fn the_return_is_notified_after_five_healthy_minutes_of_the_primary() {
    let mut fallbacks = Fallbacks::default();
    fallbacks.carried(at(0), sonnet(FAILING));
    well(&mut fallbacks, 10, true);
    assert_eq!(fallbacks.next_due(), Some(at(15)));
    assert_eq!(fallbacks.on("claude-*", Dialect::Anthropic).len(), 0);
    // A session that stays with its fallback is no evidence about the primary.
    assert_eq!(fallbacks.carried(at(12), sonnet(None)), None);
    assert_eq!(fallbacks.due(at(14)), []);
    assert_eq!(fallbacks.due(at(15)), [News::Back(sonnet(FAILING), at(0))]);
    assert_eq!(fallbacks.due(at(16)), []);
}

#[test]
fn a_primary_that_flaps_every_minute_for_an_hour_causes_one_notification() {
    let mut fallbacks = Fallbacks::default();
    let mut notified = 0;
    for minute in 0..60 {
        well(&mut fallbacks, minute, minute % 2 == 1);
        if minute % 2 == 0 {
            notified += usize::from(fallbacks.carried(at(minute), sonnet(FAILING)).is_some());
        }
        notified += fallbacks.due(at(minute)).len();
    }
    assert_eq!(notified, 1);
    assert_eq!(fallbacks.due(at(64)).len(), 1, "well since the last minute");
}

#[test]
fn a_recurring_change_is_notified_when_it_lasts() {
    let mut fallbacks = Fallbacks::default();
    fallbacks.carried(at(0), sonnet(FAILING));
    well(&mut fallbacks, 1, true);
    assert_eq!(fallbacks.due(at(6)).len(), 1);
    assert_eq!(fallbacks.carried(at(7), sonnet(FAILING)), None);
    assert_eq!(fallbacks.carried(at(25), sonnet(FAILING)), None);
    assert_eq!(fallbacks.next_due(), Some(at(30)));
    assert_eq!(fallbacks.due(at(30)), [News::Moved(sonnet(FAILING), at(7))]);
}

#[test]
fn a_conversation_that_is_too_long_does_not_return() {
    let mut fallbacks = Fallbacks::default();
    let too_long = Some(Reason::TooLong);
    assert!(fallbacks.carried(at(0), sonnet(too_long)).is_some());
    well(&mut fallbacks, 1, true);
    assert_eq!(fallbacks.due(at(6)), []);
}

#[test]
fn a_stopped_fallback_ends_and_is_notified_when_it_is_allowed_again() {
    let mut fallbacks = Fallbacks::default();
    fallbacks.carried(at(0), sonnet(FAILING));
    fallbacks.end(Carried::is_sibling);
    assert_eq!(fallbacks.active().count(), 0);
    assert_eq!(fallbacks.due(at(60)), []);
    assert!(fallbacks.carried(at(61), sonnet(FAILING)).is_some());
}

#[test]
fn an_unused_fallback_fades() {
    let mut fallbacks = Fallbacks::default();
    fallbacks.carried(at(0), sonnet(FAILING));
    assert_eq!(fallbacks.next_due(), Some(at(10)));
    assert_eq!(fallbacks.due(at(10)), []);
    assert_eq!(fallbacks.active().count(), 0, "it is not known any more");
    // A probe or a request shows that it still fails.
    well(&mut fallbacks, 12, false);
    assert_eq!(fallbacks.active().count(), 1);
    assert_eq!(fallbacks.due(at(24 * 60)), []);
    assert_eq!(fallbacks.active().count(), 0);
    assert_eq!(fallbacks.next_due(), None);
}
