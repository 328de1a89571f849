//! A minute of outage with regular requests: each gets a complete response, the failing provider's breaker opens, and the
//! provider gets requests again soon after its recovery.

use super::play::Played;
use super::scenario::{Act, EVERY, Expected, Scenario, TIMERS};

/// Seconds.
const OUTAGE: u32 = 60;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "down 60 s, then healthy, under 20 requests",
    lead: |clock| Act::Until(clock.seconds(OUTAGE), "503".parse().unwrap()),
    requests: 20,
    expected: |_| Expected {
        posts: None,
        ..Expected::complete(0, 0)
    },
    check,
    ..Scenario::PLAIN
};

fn check(played: &Played) -> Result<(), String> {
    let clock = played.clock;
    let back = clock.seconds(OUTAGE);
    let by_lead = |response: &super::ClientResponse| response.message(played.dialect).is_by("lead");
    let failed = played
        .lead
        .iter()
        .filter(|request| request.answered.status == Some(503))
        .count();
    // Three failures open the breaker, and then one probe is sent every thirty seconds.
    if failed > 6 {
        return Err(format!("it was asked {failed} times while it was down"));
    }
    let Some(first) = played
        .requested
        .iter()
        .find(|requested| by_lead(&requested.response))
    else {
        return Err("it was never asked again".to_owned());
    };
    let (_, cooldown) = TIMERS[5];
    let latest = back + clock.seconds(cooldown + EVERY) + clock.slack;
    if first.at < back || first.at > latest {
        return Err(format!("it was back after {:?}, not {latest:?}", first.at));
    }
    let since = played
        .requested
        .iter()
        .filter(|requested| requested.at >= first.at);
    if since.clone().all(|requested| by_lead(&requested.response)) {
        Ok(())
    } else {
        Err("it was left again although it was well".to_owned())
    }
}
