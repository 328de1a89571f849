//! Puts the candidates in order: the route's rules, each checked, then the circuit breakers. Pure.

use catalog::{EndpointId, ModelId, REHEARSAL_PREFIX};
use translate::Fidelity;

use super::eligible::eligible;
use super::scope::Bounds;
use super::speech::{Reading, Relation};
use super::{
    Caller, Candidate, Carriage, Credential, Dropped, Ineligible, Login, Plan, PlanInput,
    fallback_model, sibling,
};
use crate::{CandidateRule, Config, Delivery, EndpointConfig, Restart, Standing};

/// The route's name for a model without a route: all endpoints whose `serves` patterns match it.
const DIRECT: &str = "direct";
const REHEARSAL_ROUTE: &str = "rehearsal";
/// The fallback in a drill of the rehearsal.
const REHEARSED_FALLBACK: &str = "long";

pub(crate) fn plan(
    config: &Config,
    input: PlanInput<'_>,
    standing: &dyn Fn(&EndpointId, &ModelId) -> Standing,
) -> Plan {
    let PlanInput { dialect, model, .. } = input;
    let rehearsal = model.starts_with(REHEARSAL_PREFIX);
    let route = config
        .routes
        .iter()
        .find(|route| !rehearsal && route.dialect == dialect && route.models.matches(model));
    let (name, rules) = match route {
        Some(route) => (route.name.as_str(), route.candidates.clone()),
        None if rehearsal => (REHEARSAL_ROUTE, rehearsed(config, input)),
        None => (DIRECT, direct(config, input)),
    };
    let pipeline = route.and_then(|route| route.pipeline.clone());
    let automated = input.caller.pipeline().is_some() || pipeline.is_some();
    let demand = route.and_then(|route| route.demand.clone());
    let checked = automated || demand.is_some();
    let delivery = checked.then_some(Delivery::Verified);
    let mut plan = Plan {
        route: name.to_owned(),
        dialect,
        model: model.to_owned(),
        candidates: Vec::new(),
        dropped: Vec::new(),
        strict: route.and_then(|route| route.strict).unwrap_or(automated),
        fidelity: match route.is_some_and(|route| route.exact) {
            true => Fidelity::Exact,
            false if automated => Fidelity::Pipeline,
            false => Fidelity::Agent,
        },
        delivery: route.and_then(|route| route.delivery).or(delivery),
        // A program would read a partial response and a complete one as one text.
        restart: route
            .and_then(|route| route.restart)
            .filter(|restart| !(automated && *restart == Restart::Always)),
        pipeline,
        demand,
        rehearsal,
        subscription: input.caller.login == Login::Subscription,
        stays: false,
        chosen: false,
    };
    let spending = fallback_model::spending(config, route);
    let bounds = Bounds::of(config, route, input.caller);
    let reading = Reading::new(input, plan.fidelity);
    let choice = config.use_now.get(&input.caller.client);
    let chosen = input.choice.or(choice.map(|choice| &choice.provider));
    // A login belongs to one vendor: the first in the route's order that accepts it.
    let mut vendor = None;
    let first = rules.first();
    let first = first.and_then(|rule| Some((rule, config.endpoints.get(&rule.endpoint)?)));
    let home = first.map(|(_, found)| &found.endpoint.provider);
    let family = first.map(|(rule, found)| {
        let requested = rule.model.as_ref().map_or(model, ModelId::as_str);
        found.endpoint.families.of(requested).to_owned()
    });
    for (place, rule) in rules.into_iter().enumerate() {
        let mut sent = rule.model.clone().unwrap_or_else(|| ModelId::new(model));
        let mut likeness = None;
        let found = eligible(config, &rule.endpoint, input, &mut vendor).and_then(|found| {
            let (endpoint, credential) = found;
            if rule.model.is_none() && Some(&endpoint.endpoint.provider) != home {
                (sent, likeness) = fallback_model::model(endpoint, model)?;
            }
            let first = plan.candidates.first();
            // When the user runs a request again, the primary may be one that only the request's client can use.
            let absent = home.filter(|_| input.caller.rerun && place > 0);
            let primary = first.map(|first| &first.provider).or(absent);
            if rule.only_behind && primary.is_none() {
                return Err(Ineligible::NoneBefore);
            }
            if let Some(primary) = primary {
                bounds.check(&rule, endpoint, primary)?;
                let own_login =
                    first.is_some_and(|first| first.credential == Credential::ClientLogin);
                // The owner's choice of a provider is the consent to its cost.
                let is_chosen = chosen == Some(&endpoint.endpoint.provider);
                let from_subscription = plan.subscription && own_login && !is_chosen;
                fallback_model::may_cost(endpoint, credential, from_subscription, &spending)?;
            }
            let relation = Relation {
                own: place == 0 || credential == Credential::ClientLogin,
                family: family.as_deref() == Some(endpoint.endpoint.families.of(sent.as_str())),
                fallback: place > 0,
            };
            let way = reading.way(endpoint, &sent, relation)?;
            Ok((endpoint, credential, way))
        });
        match found {
            Ok((endpoint, credential, way)) => {
                let own = way.carriage == Carriage::Own;
                let likeness = likeness.map(|likeness| likeness.to_string());
                plan.add(endpoint, sent.clone(), way, credential, standing, likeness);
                if plan.candidates.len() == 1 {
                    let sibling = sibling::permitted(config, route, credential, input.caller.login)
                        .zip(sibling::sibling(endpoint, &sent));
                    if let Some((permitted, model)) = sibling {
                        // The same login at the same endpoint.
                        let relation = Relation {
                            own,
                            family: true,
                            fallback: true,
                        };
                        let way = permitted.and_then(|()| reading.way(endpoint, &model, relation));
                        plan.add_sibling(endpoint, model, way, credential, standing);
                    }
                }
            }
            Err(why) => plan.dropped.push(Dropped {
                endpoint: rule.endpoint,
                model: sent,
                why,
            }),
        }
    }
    if let Some(only) = input.only {
        plan.keep_only(only);
    }
    if let Some(drill) = input.drill {
        plan.drill(drill);
    }
    if config.paused || config.draining {
        let others = plan.candidates.drain(1.min(plan.candidates.len())..);
        plan.dropped.extend(others.map(|candidate| Dropped {
            endpoint: candidate.endpoint,
            model: candidate.model,
            why: Ineligible::Paused,
        }));
    } else {
        // A stable sort: the route's order is kept among candidates that admit requests, and among those that do not.
        plan.candidates
            .sort_by_key(|candidate| !candidate.standing.admits());
        if let Some(choice) = choice.filter(|_| input.only.is_none()) {
            plan.put_first(choice);
        }
        if input.lacks_required_thinking {
            plan.stay_with_fallback();
        }
    }
    plan
}

/// For a plan for any request: the candidates that support this one, and the others. The first always counts as supporting it:
/// it gets the client's own bytes.
pub(crate) fn fitting(config: &Config, plan: &Plan, body: &[u8]) -> (Vec<Candidate>, Vec<Dropped>) {
    let anonymous = Caller::agent(Login::None);
    let input = PlanInput {
        body: Some(body),
        ..PlanInput::any(plan.dialect, &plan.model, &anonymous)
    };
    let reading = Reading::new(input, plan.fidelity);
    let mut able: Vec<Candidate> = plan.candidates.first().cloned().into_iter().collect();
    let mut unable = Vec::new();
    for candidate in plan.candidates.iter().skip(1) {
        let Candidate {
            endpoint, model, ..
        } = candidate;
        let found = config.endpoints.get(endpoint).ok_or(Ineligible::Unknown);
        let relation = Relation {
            own: candidate.carriage == Carriage::Own,
            family: candidate.carriage == Carriage::Family,
            fallback: true,
        };
        match found.and_then(|found| reading.way(found, model, relation)) {
            Ok(way) => able.push(Candidate {
                dialect: way.dialect,
                carriage: way.carriage,
                drops: way.dropped,
                ..candidate.clone()
            }),
            Err(why) => unable.push(Dropped {
                endpoint: endpoint.clone(),
                model: model.clone(),
                why,
            }),
        }
    }
    (able, unable)
}

fn all(config: &Config, of: impl Fn(&EndpointConfig) -> bool) -> Vec<CandidateRule> {
    let rule = |(id, _): (&EndpointId, &EndpointConfig)| CandidateRule::new(id.clone());
    config
        .endpoints
        .iter()
        .filter(|(_, endpoint)| of(endpoint))
        .map(rule)
        .collect()
}

/// In a drill, another rehearsal model is the fallback.
fn rehearsed(config: &Config, input: PlanInput<'_>) -> Vec<CandidateRule> {
    let mut rules = all(config, |endpoint| endpoint.rehearsal);
    let drilled = input
        .drill
        .and_then(|drill| drill.failure(REHEARSAL_ROUTE, input.dialect));
    if drilled.is_some() {
        let others = rules.clone().into_iter().map(|rule| CandidateRule {
            model: Some(ModelId::new(format!(
                "{REHEARSAL_PREFIX}{REHEARSED_FALLBACK}"
            ))),
            ..rule
        });
        rules.extend(others);
    }
    rules
}

/// Those with the client's own dialect come first.
fn direct(config: &Config, input: PlanInput<'_>) -> Vec<CandidateRule> {
    let mut rules = all(config, |endpoint| serves(endpoint, input));
    rules.sort_by_key(|rule| {
        let found = config.endpoints.get(&rule.endpoint);
        !found.is_some_and(|found| found.endpoint.speaks(input.dialect))
    });
    rules
}

fn serves(endpoint: &EndpointConfig, input: PlanInput<'_>) -> bool {
    let served = |pattern: &String| crate::Pattern::new(pattern).matches(input.model);
    !endpoint.rehearsal && endpoint.endpoint.serves.iter().any(served)
}
