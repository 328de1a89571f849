//! What fallbacks cost more than their primaries would have. Pure.

use std::collections::BTreeMap;

use catalog::{Catalog, MicroDollars, Tokens};
use ledger::{ReportCaller, ReportCarried, ReportPrimaryUse};

/// Estimated cost of the primaries for the requests that fallbacks answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Primaries {
    /// By slot.
    pub(super) days: BTreeMap<u32, MicroDollars>,
    /// Requests whose primary is paid by the client's subscription: the primary would have cost nothing.
    pub(super) by_subscription: u64,
    /// Requests whose primary has no known price: counted as nothing.
    pub(super) unpriced: u64,
}

pub(super) fn primaries(
    carried: &[ReportCarried],
    used: &[ReportPrimaryUse],
    catalog: &Catalog,
) -> Primaries {
    let used: BTreeMap<&ReportCaller, &ReportPrimaryUse> =
        used.iter().map(|one| (&one.caller, one)).collect();
    let mut primaries = Primaries::default();
    for one in carried {
        let day = primaries.days.entry(one.slot).or_default();
        let of_caller = used.get(&one.caller);
        if of_caller.is_some_and(|of| of.by_subscription * 2 > of.requests) {
            primaries.by_subscription += 1;
            continue;
        }
        let caller = &one.caller;
        let price = catalog.price(&caller.provider, caller.model.as_str(), one.at);
        let Some(price) = price else {
            primaries.unpriced += 1;
            continue;
        };
        let tokens = of_caller.map_or(one.tokens, |of| cached_as(of.tokens, one.tokens));
        *day += price.cost(tokens, one.at);
    }
    primaries
}

/// The prompt with the cached parts that this caller's prompts have at the primary: a fallback's cache is empty at first.
fn cached_as(usual: Tokens, tokens: Tokens) -> Tokens {
    let (all, prompt) = (usual.prompt(), tokens.prompt());
    let part = |count: u64| match all {
        0 => 0,
        all => (u128::from(prompt) * u128::from(count) / u128::from(all)) as u64,
    };
    let (read, write) = (part(usual.cache_read), part(usual.cache_write));
    Tokens {
        input: prompt.saturating_sub(read).saturating_sub(write),
        cache_read: read,
        cache_write: write,
        ..tokens
    }
}
