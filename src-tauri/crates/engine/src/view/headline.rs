use std::collections::BTreeSet;

use ::words::{Clock, Outlook, Spans};
use api::{Headline, Level};
use catalog::{Dialect, Provider, ProviderId, REHEARSAL};
use chrono::{DateTime, Utc};
use health::{Basis, ProviderVerdict, Unknown, Verdict};

use super::{consequence, words};
use crate::state::State;

/// The whole desk in one line, and what it means for the work.
pub(crate) fn headline(state: &State, now: DateTime<Utc>) -> Headline {
    let clock = state.clock(now);
    if state.verdicts.offline {
        let consequence = clock.plain(&::words::offline_consequence());
        return line(
            &clock,
            Level::Unknown,
            ::words::offline(),
            Some(consequence),
        );
    }
    let mine: Vec<_> = state
        .catalog
        .providers()
        .iter()
        .filter(|p| state.is_mine(&p.id))
        .collect();
    let bad = worst(state, &mine);
    if let Some((provider, verdict, level)) = bad {
        let sentence = ::words::headline(outlook(&provider.product, verdict, level));
        let consequence = consequence::consequence(state, &provider.id);
        return line(
            &clock,
            words::known_level(level),
            sentence,
            Some(consequence),
        );
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
        return line(&clock, Level::Unknown, sentence, None);
    }
    let unknown: Vec<String> = mine
        .iter()
        .filter(|p| level_of(state, &p.id) == Level::Unknown)
        .map(|p| p.product.clone())
        .collect();
    if mine.is_empty() {
        let consequence = clock.plain(&::words::none_watched_consequence());
        let sentence = ::words::none_watched();
        return line(&clock, Level::Unknown, sentence, Some(consequence));
    }
    if !unknown.is_empty() {
        return line(&clock, Level::Unknown, ::words::unknown(&unknown), None);
    }
    let by_page_only = |p: &&&Provider| {
        let verdict = state.verdicts.providers.get(&p.id);
        verdict.is_some_and(|v| v.basis == Basis::PageOnly)
    };
    let (by_page, measured): (Vec<_>, Vec<_>) = mine.iter().partition(by_page_only);
    let names = |of: Vec<&&Provider>| of.iter().map(|p| p.product.clone()).collect::<Vec<_>>();
    let sentence = ::words::well(&names(measured), &names(by_page));
    line(&clock, Level::Operational, sentence, None)
}

fn line(clock: &Clock, level: Level, spans: Spans, consequence: Option<String>) -> Headline {
    Headline {
        level,
        sentence: clock.plain(&spans),
        spans,
        consequence,
    }
}

/// The worst of these providers that is not well.
fn worst<'a>(
    state: &'a State,
    providers: &[&'a Provider],
) -> Option<(&'a Provider, &'a ProviderVerdict, health::Level)> {
    let bad = providers.iter().filter_map(|p| {
        let verdict = state.verdicts.providers.get(&p.id)?;
        match verdict.verdict {
            Verdict::Known(level) if level > health::Level::Operational => {
                Some((level, *p, verdict))
            }
            Verdict::Known(_) | Verdict::Unknown(_) => None,
        }
    });
    let (level, provider, verdict) = bad.max_by_key(|(level, _, _)| *level)?;
    Some((provider, verdict, level))
}

pub(super) fn outlook<'a>(
    product: &'a str,
    verdict: &ProviderVerdict,
    level: health::Level,
) -> Outlook<'a> {
    Outlook {
        product,
        level,
        blame: verdict.blame,
        since: verdict.since,
    }
}

/// Whose requests they are, where no client of the dialect was seen lately.
pub(super) const NOBODY_SEEN: &str = "Requests";

/// The clients that were seen lately on this route; of its dialect, where none of their requests has ended.
pub(super) fn clients(state: &State, route: &str, dialect: Dialect) -> String {
    let way = (route.to_owned(), dialect);
    let names: BTreeSet<&String> = state
        .sessions
        .iter()
        .filter(|(_, seen)| {
            seen.routes.contains(&way) || seen.routes.is_empty() && seen.dialect == dialect
        })
        .map(|((client, _), _)| client)
        .collect();
    if names.is_empty() {
        NOBODY_SEEN.into()
    } else {
        words::list(&names.into_iter().cloned().collect::<Vec<_>>())
    }
}

pub(crate) fn level_of(state: &State, id: &ProviderId) -> Level {
    state
        .verdicts
        .providers
        .get(id)
        .map_or(Level::Unknown, |v| words::level(v.verdict))
}

/// What the rehearsal provider is doing, where it is doing anything.
pub(crate) fn rehearsal_level(state: &State) -> Level {
    level_of(state, &ProviderId::new(REHEARSAL))
}
