//! One sentence on the effect of an outage on the owner's requests: the fallbacks in use, the failing requests, or no effect.

use std::collections::BTreeSet;

use api::Level;
use catalog::{Catalog, Endpoint, ProviderId};
use gateway::{CandidateRule, Ineligible, Plan};

use super::clients::UNKNOWN_CLIENTS;
use super::{clients, fallback, review, verdict, words};
use crate::desk::{Carried, RouteKey, Standing};
use crate::routing;
use crate::settings::Settings;
use crate::state::{Reach, State};

/// Effect of an outage on the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Consequence {
    pub(crate) sentence: String,
    pub(crate) work: Work,
}

/// Only a stop of work is red.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Fallbacks carry all requests of this provider.
    Carried,
    /// No request of the owner goes to this provider now.
    NotHit,
    /// Some requests have no available candidate.
    Stops,
}

pub(crate) fn consequence(state: &State, provider: &ProviderId) -> Consequence {
    let who = |plan: &Plan| clients::of_route(state, &plan.route, plan.dialect);
    let down = |id: &ProviderId| {
        matches!(
            verdict::level_of(state, id),
            Level::PartialOutage | Level::MajorOutage
        )
    };
    if clients::are_pipelines(state) {
        let consequence = of_pipelines(&state.reaches, provider, &down, &|id| state.product(id));
        return Consequence {
            sentence: with_parked(consequence.sentence, state.reviews.waiting()),
            ..consequence
        };
    }
    let mut ways = ways(&state.plans, &state.settings, &state.catalog, &who);
    for way in &mut ways {
        way.carried_by = carried_by(state, provider, &way.route);
        way.in_use = in_use(state, &way.route);
    }
    let consequence = Outage {
        provider,
        ways,
        degraded: !down(provider),
        down: &down,
        product: &|id| state.product(id),
    }
    .consequence();
    Consequence {
        sentence: with_parked(consequence.sentence, state.reviews.waiting()),
        work: consequence.work,
    }
}

/// Where only pipelines send requests.
fn of_pipelines(
    reaches: &[Reach],
    provider: &ProviderId,
    down: &dyn Fn(&ProviderId) -> bool,
    product: &dyn Fn(&ProviderId) -> String,
) -> Consequence {
    let mut waiting = BTreeSet::new();
    let mut continued = BTreeSet::new();
    for reach in reaches.iter().filter(|reach| reach.seen) {
        let Some(name) = &reach.whose else { continue };
        let place = reach.providers.iter().position(|id| id == provider);
        let Some(place) = place.filter(|place| reach.providers[..*place].iter().all(down)) else {
            continue;
        };
        match reach.providers[place + 1..].iter().find(|id| !down(id)) {
            Some(next) if !reach.without_fallback => {
                continued.insert((name, product(next)));
            }
            Some(_) | None => {
                waiting.insert(name.clone());
            }
        }
    }
    let mut sentences: Vec<String> = continued
        .iter()
        .map(|(name, by)| format!("{name} continues on {by}."))
        .collect();
    let work = match (waiting.is_empty(), sentences.is_empty()) {
        (true, true) => {
            sentences.push("None of your requests go there.".to_owned());
            Work::NotHit
        }
        (true, false) => Work::Carried,
        (false, _) => {
            let waiting = list(waiting);
            sentences.push(match down(provider) {
                true => format!("Requests of {waiting} wait until it is back."),
                false => format!("Failed requests of {waiting} go to the review queue."),
            });
            Work::Stops
        }
    };
    Consequence {
        sentence: sentences.join(" "),
        work,
    }
}

/// The fallback in use on this route for the provider, with its cost, from traffic.
fn carried_by(state: &State, provider: &ProviderId, route: &RouteKey) -> Option<String> {
    let standing = state.fallbacks.on(&route.0, route.1);
    let down = |id: &ProviderId| {
        let level = verdict::level_of(state, id);
        matches!(level, Level::PartialOutage | Level::MajorOutage)
    };
    // While the provider is partly down, the fallback may be another model of the same provider.
    let of_it = |standing: &&&Standing| {
        let Carried { primary, by, .. } = &standing.carried;
        primary.provider == *provider && (by.provider == *provider || !down(&by.provider))
    };
    let carried = &standing.iter().find(of_it)?.carried;
    let (_, by) = fallback::names(carried);
    Some(format!("{by}{}", fallback::behind(carried.cost)))
}

/// The fallbacks in use on this route, from traffic.
fn in_use(state: &State, (route, dialect): &RouteKey) -> Vec<ProviderId> {
    let standing = state.fallbacks.on(route, *dialect);
    let by = standing.iter().map(|one| one.carried.by.provider.clone());
    by.collect()
}

/// "Claude Code continues on GPT; 2 requests are waiting for you."
fn with_parked(sentence: String, open: u64) -> String {
    let parked = review::parked(open);
    if open == 0 {
        sentence
    } else if sentence.contains(';') {
        format!("{sentence} {parked}.")
    } else {
        format!("{}; {parked}.", sentence.trim_end_matches('.'))
    }
}

/// A kind of requests and its route, for the effect of an outage.
struct Way {
    route: RouteKey,
    /// "Claude Code", or "Requests" before any client was seen.
    who: String,
    /// The fallback in use for the failed provider, from traffic.
    carried_by: Option<String>,
    /// The fallbacks in use, from traffic.
    in_use: Vec<ProviderId>,
    /// The primary, then its fallbacks, independent of breaker states.
    order: Vec<ProviderId>,
    /// Number of named providers at the start of `order`. The others are only fallbacks, and their outage concerns this route
    /// only while they are in use.
    named: usize,
}

fn ways(
    plans: &[Plan],
    settings: &Settings,
    catalog: &Catalog,
    who: &dyn Fn(&Plan) -> String,
) -> Vec<Way> {
    let routes = routing::routes(settings, catalog, &|_| true);
    let way = |plan: &Plan| {
        let mut route = routes
            .iter()
            .find(|r| r.name == plan.route && r.dialect == plan.dialect)?
            .clone();
        let who = who(plan);
        if !settings.routes.iter().any(|own| own.name == plan.route) {
            // A translated candidate is available in every dialect, and most of those routes have no clients.
            let first = route.candidates.first()?;
            if who == UNKNOWN_CLIENTS && !catalog.endpoint(&first.endpoint)?.speaks(plan.dialect) {
                return None;
            }
            route
                .candidates
                .retain(|rule| serves_its_own(rule, plan, catalog));
        }
        let order = order(plan, &route.candidates, catalog);
        let named = |id: &ProviderId| {
            let of = |rule: &&CandidateRule| {
                catalog
                    .endpoint(&rule.endpoint)
                    .is_some_and(|e| e.provider == *id)
            };
            route
                .candidates
                .iter()
                .filter(of)
                .any(|rule| !rule.only_behind)
        };
        (!order.is_empty()).then(|| Way {
            route: (plan.route.clone(), plan.dialect),
            carried_by: None,
            in_use: Vec::new(),
            who,
            named: order.iter().filter(|id| named(id)).count(),
            order,
        })
    };
    let mut ways: Vec<Way> = plans.iter().filter_map(way).collect();
    // Once clients are known, a default route that none of them uses is not the owner's work.
    if ways.iter().any(|way| way.who != UNKNOWN_CLIENTS) {
        let is_set_up = |way: &Way| settings.routes.iter().any(|own| own.name == way.route.0);
        ways.retain(|way| way.who != UNKNOWN_CLIENTS || is_set_up(way));
    }
    ways
}

/// The available candidates of this route, in the route's order.
fn order(plan: &Plan, rules: &[CandidateRule], catalog: &Catalog) -> Vec<ProviderId> {
    let mut order = Vec::new();
    for rule in rules {
        let Some(endpoint) = catalog.endpoint(&rule.endpoint) else {
            continue;
        };
        let usable = plan.candidates.iter().any(|c| c.endpoint == rule.endpoint);
        // A client with its own login is sent there; there is no other candidate.
        let by_login = order.is_empty()
            && !rule.only_behind
            && endpoint.accepts_client_login
            && endpoint.speaks(plan.dialect)
            && plan
                .dropped
                .iter()
                .any(|d| d.endpoint == rule.endpoint && matches!(d.why, Ineligible::NoKey { .. }));
        if (usable || by_login) && !order.contains(&endpoint.provider) {
            order.push(endpoint.provider.clone());
        }
    }
    order
}

/// The default route for unlisted models ends at the dialect's vendor; it is not a route of the owner.
fn serves_its_own(rule: &CandidateRule, plan: &Plan, catalog: &Catalog) -> bool {
    let serves_all = |e: &Endpoint| e.serves.iter().any(|pattern| pattern == "*");
    plan.route != "*" || catalog.endpoint(&rule.endpoint).is_some_and(serves_all)
}

impl Way {
    fn named(&self) -> &[ProviderId] {
        &self.order[..self.named]
    }
}

struct Outage<'a> {
    provider: &'a ProviderId,
    ways: Vec<Way>,
    /// The provider responds slowly or only sometimes.
    degraded: bool,
    down: &'a dyn Fn(&ProviderId) -> bool,
    product: &'a dyn Fn(&ProviderId) -> String,
}

impl Outage<'_> {
    fn consequence(&self) -> Consequence {
        let hit: Vec<_> = self.ways.iter().filter(|way| self.carries(way)).collect();
        if hit.is_empty() {
            return Consequence {
                sentence: self.unaffected_sentence(),
                work: Work::NotHit,
            };
        }
        let mut sentences = Vec::new();
        let mut carried = BTreeSet::new();
        let mut stranded = false;
        let mut down_too = BTreeSet::new();
        for way in hit {
            if let Some(by) = &way.carried_by {
                carried.insert((way.who.as_str(), by.clone()));
                continue;
            }
            let after = self.after(way);
            match after.iter().find(|id| !(self.down)(id)) {
                Some(next) => {
                    carried.insert((way.who.as_str(), (self.product)(next)));
                }
                None => {
                    stranded = true;
                    let others = way.order.iter().filter(|id| *id != self.provider);
                    down_too.extend(others.map(self.product));
                }
            }
        }
        for (who, whom) in &carried {
            let plural = who.contains(" and ") || *who == UNKNOWN_CLIENTS;
            let who = match (*who, carried.len()) {
                (UNKNOWN_CLIENTS, 2..) => "Other requests",
                (who, _) => who,
            };
            let verb = if plural { "continue" } else { "continues" };
            let where_it_fails = if self.degraded {
                " where a request fails"
            } else {
                ""
            };
            sentences.push(format!("{who} {verb} on {whom}{where_it_fails}."));
        }
        if stranded {
            let which = if carried.is_empty() {
                UNKNOWN_CLIENTS
            } else {
                "Other requests"
            };
            let (are, down) = match down_too.len() {
                0 => ("", String::new()),
                1 => ("is", list(down_too)),
                _ => ("are", list(down_too)),
            };
            sentences.push(match (self.degraded, down.is_empty()) {
                (true, true) => format!("{which} may be slow or fail."),
                (true, false) => {
                    format!("{which} may be slow or fail, since {down} {are} down too.")
                }
                (false, true) => format!("{which} fail until it is back; it isn't your code."),
                (false, false) => format!(
                    "{down} {are} down too. {which} fail until one is back; it isn't your code."
                ),
            });
        }
        Consequence {
            sentence: sentences.join(" "),
            work: if stranded { Work::Stops } else { Work::Carried },
        }
    }

    /// No request of the owner goes to this provider now.
    fn unaffected_sentence(&self) -> String {
        let backed: Vec<_> = self
            .ways
            .iter()
            .filter(|way| way.named().contains(self.provider))
            .collect();
        if backed.is_empty() {
            return "None of your requests go there.".into();
        }
        let leads: BTreeSet<_> = backed
            .iter()
            .map(|way| (self.product)(&way.order[0]))
            .collect();
        let alone = |way: &&&Way| {
            let mut others = way.order[1..].iter().filter(|id| *id != self.provider);
            others.all(self.down)
        };
        let bare: BTreeSet<_> = backed
            .iter()
            .filter(alone)
            .map(|way| (self.product)(&way.order[0]))
            .collect();
        let sentence = format!(
            "Your requests are not affected: it is only a fallback of {}",
            list(leads)
        );
        match bare.len() {
            0 => format!("{sentence}."),
            1 => format!("{sentence}. {} has no other fallback.", list(bare)),
            _ => format!("{sentence}. {} have no other fallback.", list(bare)),
        }
    }

    /// Requests on this route reach the provider, because each candidate before it is down.
    fn carries(&self, way: &Way) -> bool {
        let place = way.order.iter().position(|id| id == self.provider);
        place.is_some_and(|place| {
            let concerns = place < way.named || way.in_use.contains(self.provider);
            concerns && way.order[..place].iter().all(self.down)
        })
    }

    fn after<'w>(&self, way: &'w Way) -> &'w [ProviderId] {
        let place = way.order.iter().position(|id| id == self.provider);
        place.map_or(&[], |place| &way.order[place + 1..])
    }
}

fn list(names: BTreeSet<String>) -> String {
    words::list(&names.into_iter().collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
