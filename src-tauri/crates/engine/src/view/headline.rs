//! The headline: the most important state of the owner's providers, in one line.

use ::words::{Clock, Spans};
use api::{Headline, Level};
use catalog::{Provider, ProviderId};
use chrono::{DateTime, Utc};
use health::{Basis, ProviderVerdict, Unknown, Verdict};

use super::consequence::{Consequence, Work};
use super::verdict::{level_of, outlook};
use super::{clients, consequence, limit, words};
use crate::state::State;

/// The state of the entire desk in one line, and its effect on work.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) headline: Headline,
    /// None: no problem, or unknown.
    pub(crate) work: Option<Work>,
    /// A limit of a login in use is used up, and no provider has a problem.
    pub(crate) limited: bool,
}

impl Desk {
    fn at_rest(headline: Headline) -> Desk {
        Desk {
            headline,
            work: None,
            limited: false,
        }
    }
}

pub(crate) fn headline(state: &State, now: DateTime<Utc>) -> Desk {
    let clock = state.clock(now);
    if state.verdicts.offline {
        let consequence = clock.plain(&::words::offline_consequence());
        let offline = ::words::offline();
        return Desk::at_rest(line(&clock, Level::Unknown, offline, Some(consequence)));
    }
    let mine: Vec<_> = state
        .catalog
        .providers()
        .iter()
        .filter(|p| state.is_mine(&p.id))
        .collect();
    if let Some(bad) = worst(state, &mine) {
        let Bad {
            provider,
            verdict,
            level,
            consequence,
        } = bad;
        let sentence = ::words::headline(outlook(&provider.product, verdict, level));
        let level = words::known_level(level);
        return Desk {
            headline: line(&clock, level, sentence, Some(consequence.sentence)),
            work: Some(consequence.work),
            limited: false,
        };
    }
    if let Some(headline) = used_up(state, &clock) {
        return Desk {
            limited: true,
            ..Desk::at_rest(headline)
        };
    }
    let unconfirmed: Vec<_> = mine
        .iter()
        .filter_map(|p| {
            let verdict = state.verdicts.providers.get(&p.id)?.verdict;
            let Verdict::Unknown(Unknown::Faded { last_failure }) = verdict else {
                return None;
            };
            Some((p.product.clone(), last_failure))
        })
        .collect();
    if !unconfirmed.is_empty() {
        let sentence = ::words::unconfirmed(&unconfirmed);
        return Desk::at_rest(line(&clock, Level::Unknown, sentence, None));
    }
    if mine.is_empty() {
        let consequence = clock.plain(&::words::none_watched_consequence());
        let sentence = ::words::none_watched();
        let consequence = Some(consequence);
        return Desk::at_rest(line(&clock, Level::Unknown, sentence, consequence));
    }
    let is_unknown = |p: &&&Provider| level_of(state, &p.id) == Level::Unknown;
    let (unknown, known): (Vec<_>, Vec<_>) = mine.iter().partition(is_unknown);
    let names = |of: &[&&Provider]| of.iter().map(|p| p.product.clone()).collect::<Vec<_>>();
    // An unknown primary makes the desk unknown; an unknown fallback is only mentioned.
    let in_use = mine.iter().any(|p| is_primary(state, &p.id));
    let hides = |p: &&&Provider| !in_use || is_primary(state, &p.id);
    if unknown.iter().any(hides) {
        let sentence = ::words::unknown(&names(&unknown));
        return Desk::at_rest(line(&clock, Level::Unknown, sentence, None));
    }
    let by_page_only = |p: &&&Provider| {
        let verdict = state.verdicts.providers.get(&p.id);
        verdict.is_some_and(|v| v.basis == Basis::PageOnly)
    };
    let (by_page, measured): (Vec<_>, Vec<_>) = known.into_iter().partition(by_page_only);
    let sentence = ::words::well(&names(&measured), &names(&by_page));
    let also = (!unknown.is_empty()).then(|| clock.plain(&::words::unknown(&names(&unknown))));
    Desk::at_rest(line(&clock, Level::Operational, sentence, also))
}

/// The limit with the latest reset, of a primary if recent clients have one. The level stays the provider's: a limit is no outage.
fn used_up(state: &State, clock: &Clock) -> Option<Headline> {
    let limits = limit::used_up(state);
    let of_primary = |one: &&limit::UsedUp| is_primary(state, &one.provider);
    let in_use = limits.iter().any(|one| of_primary(&one));
    let counts = limits.iter().filter(|one| !in_use || of_primary(one));
    let limit = counts.max_by_key(|limit| limit.resets_at)?;
    let level = level_of(state, &limit.provider);
    let works = (level == Level::Operational)
        .then(|| clock.plain(&::words::well(&[state.product(&limit.provider)], &[])));
    let sentence = limit::sentence(state, limit, &limits);
    Some(line(clock, level, sentence, works))
}

fn line(clock: &Clock, level: Level, spans: Spans, consequence: Option<String>) -> Headline {
    Headline {
        level,
        sentence: clock.plain(&spans),
        spans,
        consequence,
    }
}

/// One of the owner's providers with a problem.
struct Bad<'a> {
    provider: &'a Provider,
    verdict: &'a ProviderVerdict,
    level: health::Level,
    consequence: Consequence,
}

/// The provider with the largest effect on work: a stop of work first, then the worst level, then a primary.
fn worst<'a>(state: &'a State, providers: &[&'a Provider]) -> Option<Bad<'a>> {
    let bad = providers.iter().filter_map(|provider| {
        let verdict = state.verdicts.providers.get(&provider.id)?;
        let level = match verdict.verdict {
            Verdict::Known(level) if level > health::Level::Operational => level,
            Verdict::Known(_) | Verdict::Unknown(_) => return None,
        };
        let consequence = consequence::consequence(state, &provider.id);
        let concern = match consequence.work {
            Work::Stops => 2,
            Work::Carried => 1,
            Work::NotHit => 0,
        };
        let is_primary = is_primary(state, &provider.id);
        let of_primary = consequence.work == Work::Stops && is_primary;
        let rank = (concern, of_primary, level, is_primary);
        Some((
            rank,
            Bad {
                provider,
                verdict,
                level,
                consequence,
            },
        ))
    });
    bad.max_by_key(|(rank, _)| *rank).map(|(_, bad)| bad)
}

/// True if recent clients have this provider as their primary.
fn is_primary(state: &State, id: &ProviderId) -> bool {
    state.plans.iter().any(|plan| {
        let first = plan.candidates.iter().find(|c| c.is_primary());
        first.is_some_and(|first| first.provider == *id)
            && clients::of_route(state, &plan.route, plan.dialect) != clients::UNKNOWN_CLIENTS
    })
}
