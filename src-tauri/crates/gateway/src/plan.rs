//! Who is asked, in which order, and why. Pure.

pub(crate) mod lineup;
pub(crate) mod login;
pub(crate) mod patience;

mod caller;
mod carriage;
mod choice;
mod eligible;
mod explain;
mod pin;
mod scope;
pub(crate) mod session;
mod sibling;
mod speech;
pub(crate) mod stand_in;

use std::fmt;

use catalog::{Dialect, EndpointId, ModelId, ProviderId, REHEARSAL_PREFIX};
use translate::{Fidelity, LeftOut};
use wire::Kind;

pub use caller::{Caller, CallerKind, Login};
pub use carriage::Carriage;
pub use choice::UseNow;
pub use eligible::Ineligible;
pub use pin::Pin;
pub use stand_in::ANY_MODEL;

use eligible::eligible;
use scope::Bounds;
use speech::{Reading, Relation, Way};

use crate::{CandidateRule, Config, Delivery, Demand, EndpointConfig, Restart, Standing};

/// The route's name where none is set up for a model: every endpoint that serves it by its own account.
const DIRECT: &str = "direct";
const REHEARSAL_ROUTE: &str = "rehearsal";

/// Who is asked, in which order, and why. Printable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub route: String,
    pub dialect: Dialect,
    /// As the client asked.
    pub model: String,
    /// In the order in which they are asked.
    pub candidates: Vec<Candidate>,
    /// Those that cannot be asked.
    pub dropped: Vec<Dropped>,
    /// An answer cut by a token limit is a failed attempt.
    pub strict: bool,
    /// How much of the request may be dropped for a candidate of another vendor.
    pub fidelity: Fidelity,
    /// None: by the client, and by what it asks for.
    pub delivery: Option<Delivery>,
    /// None: by the client.
    pub restart: Option<Restart>,
    /// To which untagged requests belong.
    pub pipeline: Option<String>,
    pub demand: Option<Demand>,
    pub rehearsal: bool,
    /// The client's own login, where a candidate is shown it, is a subscription's.
    pub subscription: bool,
    /// A stand-in is asked first, since it began this turn and the primary would refuse it.
    pub stays: bool,
    /// The owner's choice for this client is first.
    pub chosen: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    /// As it will be sent.
    pub model: ModelId,
    /// What it is spoken to in.
    pub dialect: Dialect,
    pub carriage: Carriage,
    /// What of this request it is not sent, or not so exactly; empty where the plan is for any request.
    pub drops: Vec<LeftOut>,
    pub credential: Credential,
    pub standing: Standing,
    /// Its place among those that can be asked, by the route's order: 0 is the primary.
    pub place: usize,
    pub role: Role,
    /// Why it stands in this place.
    pub reason: String,
}

/// What a candidate is to the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Primary,
    /// The primary's own provider with another model, on the same login.
    Sibling,
    Fallback,
}

/// What a candidate is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The key that we hold for it.
    OurKey,
    /// What the client sent for its own vendor, untouched.
    ClientLogin,
    /// It needs none.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub endpoint: EndpointId,
    pub model: ModelId,
    pub why: Ineligible,
}

/// What a request is, as far as its plan depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) model: &'a str,
    pub(crate) caller: &'a Caller,
    pub(crate) kind: Kind,
    /// None: the plan is for any request.
    pub(crate) body: Option<&'a [u8]>,
    /// As in [`wire::Ask`].
    pub(crate) unthought_turn: bool,
    /// No other candidate is asked: a test of this one.
    pub(crate) only: Option<&'a Answerer>,
}

/// An endpoint's model, as a session stays with it.
pub(crate) type Answerer = (EndpointId, ModelId);

impl<'a> Wish<'a> {
    /// Any request for this model.
    pub(crate) fn any(dialect: Dialect, model: &'a str, caller: &'a Caller) -> Self {
        Self {
            dialect,
            model,
            caller,
            kind: Kind::Generate,
            body: None,
            unthought_turn: false,
            only: None,
        }
    }
}

pub(crate) fn plan(
    config: &Config,
    wish: Wish<'_>,
    standing: &dyn Fn(&EndpointId, &ModelId) -> Standing,
) -> Plan {
    let Wish { dialect, model, .. } = wish;
    let rehearsal = model.starts_with(REHEARSAL_PREFIX);
    let route = config
        .routes
        .iter()
        .find(|route| !rehearsal && route.dialect == dialect && route.models.matches(model));
    let (name, rules) = match route {
        Some(route) => (route.name.as_str(), route.candidates.clone()),
        None if rehearsal => (REHEARSAL_ROUTE, all(config, |e| e.rehearsal)),
        None => (DIRECT, direct(config, wish)),
    };
    let pipeline = route.and_then(|route| route.pipeline.clone());
    let automated = wish.caller.pipeline().is_some() || pipeline.is_some();
    let demand = route.and_then(|route| route.demand.clone());
    let proven = automated || demand.is_some();
    let delivery = proven.then_some(Delivery::Verified);
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
        // A program would take half a response and a whole one as one text.
        restart: route
            .and_then(|route| route.restart)
            .filter(|restart| !(automated && *restart == Restart::Always)),
        pipeline,
        demand,
        rehearsal,
        subscription: wish.caller.login == Login::Subscription,
        stays: false,
        chosen: false,
    };
    let spending = stand_in::spending(config, route);
    let bounds = Bounds::of(config, route, wish.caller);
    let reading = Reading::new(wish, plan.fidelity);
    // A login belongs to one vendor: the first in the route's order that takes it.
    let mut vendor = None;
    let first = rules.first();
    let first = first.and_then(|rule| Some((rule, config.endpoints.get(&rule.endpoint)?)));
    let home = first.map(|(_, found)| &found.endpoint.provider);
    let family = first.map(|(rule, found)| {
        let asked = rule.model.as_ref().map_or(model, ModelId::as_str);
        found.endpoint.families.of(asked).to_owned()
    });
    for (place, rule) in rules.into_iter().enumerate() {
        let mut sent = rule.model.clone().unwrap_or_else(|| ModelId::new(model));
        let mut likeness = None;
        let found = eligible(config, &rule.endpoint, wish, &mut vendor).and_then(|found| {
            let (endpoint, credential) = found;
            if rule.model.is_none() && Some(&endpoint.endpoint.provider) != home {
                (sent, likeness) = stand_in::model(endpoint, model)?;
            }
            let first = plan.candidates.first();
            // The primary of a request that a person runs again may be one that only its client could ask.
            let absent = home.filter(|_| wish.caller.rerun && place > 0);
            let primary = first.map(|first| &first.provider).or(absent);
            if rule.only_behind && primary.is_none() {
                return Err(Ineligible::NobodyBefore);
            }
            if let Some(primary) = primary {
                bounds.check(&rule, endpoint, primary)?;
                let own_login =
                    first.is_some_and(|first| first.credential == Credential::ClientLogin);
                let from_subscription = plan.subscription && own_login;
                stand_in::may_cost(endpoint, credential, from_subscription, &spending)?;
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
                    let sibling = sibling::permitted(config, route, credential, wish.caller.login)
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
    if let Some(only) = wish.only {
        plan.keep_only(only);
    }
    if config.paused || config.draining {
        let others = plan.candidates.drain(1.min(plan.candidates.len())..);
        plan.dropped.extend(others.map(|candidate| Dropped {
            endpoint: candidate.endpoint,
            model: candidate.model,
            why: Ineligible::Paused,
        }));
    } else {
        // Stable: among those that admit requests, and among those that do not, the route's order stands.
        plan.candidates
            .sort_by_key(|candidate| !candidate.standing.admits());
        let choice = config.use_now.get(&wish.caller.client);
        if let Some(choice) = choice.filter(|_| wish.only.is_none()) {
            plan.put_first(choice);
        }
        if wish.unthought_turn {
            plan.stay_with_stand_in();
        }
    }
    plan
}

/// Of a plan for any request, those candidates that can be asked just this, and the others. The first is taken to be able: it
/// gets the client's own bytes.
pub(crate) fn fitting(config: &Config, plan: &Plan, body: &[u8]) -> (Vec<Candidate>, Vec<Dropped>) {
    let nobody = Caller::agent(Login::None);
    let wish = Wish {
        body: Some(body),
        ..Wish::any(plan.dialect, &plan.model, &nobody)
    };
    let reading = Reading::new(wish, plan.fidelity);
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

impl Candidate {
    /// The first in the route's order of those that can be asked, wherever its breaker puts it now.
    pub fn is_primary(&self) -> bool {
        self.role == Role::Primary
    }

    /// It is not sent the client's own bytes.
    pub(crate) fn is_translated(&self) -> bool {
        self.carriage == Carriage::Translated
    }

    pub(crate) fn answerer(&self) -> Answerer {
        (self.endpoint.clone(), self.model.clone())
    }
}

impl Plan {
    fn add(
        &mut self,
        endpoint: &EndpointConfig,
        model: ModelId,
        way: Way,
        credential: Credential,
        standing: &dyn Fn(&EndpointId, &ModelId) -> Standing,
        why: Option<String>,
    ) {
        let place = self.candidates.len();
        let role = if place == 0 {
            Role::Primary
        } else {
            Role::Fallback
        };
        self.push(endpoint, model, way, credential, standing, (role, why));
    }

    /// The same login's other model comes directly behind the first.
    fn add_sibling(
        &mut self,
        endpoint: &EndpointConfig,
        model: ModelId,
        way: Result<Way, Ineligible>,
        credential: Credential,
        standing: &dyn Fn(&EndpointId, &ModelId) -> Standing,
    ) {
        match way {
            Ok(way) => {
                let why = "used where the primary's model alone fails".to_owned();
                let as_sibling = (Role::Sibling, Some(why));
                self.push(endpoint, model, way, credential, standing, as_sibling);
            }
            Err(why) => self.dropped.push(Dropped {
                endpoint: endpoint.endpoint.id.clone(),
                model,
                why,
            }),
        }
    }

    fn push(
        &mut self,
        endpoint: &EndpointConfig,
        model: ModelId,
        way: Way,
        credential: Credential,
        standing: &dyn Fn(&EndpointId, &ModelId) -> Standing,
        (role, why): (Role, Option<String>),
    ) {
        let standing = standing(&endpoint.endpoint.id, &model);
        let place = self.candidates.len();
        let Way {
            dialect,
            carriage,
            dropped,
        } = way;
        let passes = match carriage {
            Carriage::Own | Carriage::Family => String::new(),
            Carriage::Translated if dialect == self.dialect => {
                ", translated for another model family".to_owned()
            }
            Carriage::Translated => format!(", translated to {dialect}"),
        };
        self.candidates.push(Candidate {
            provider: endpoint.endpoint.provider.clone(),
            endpoint: endpoint.endpoint.id.clone(),
            model,
            dialect,
            carriage,
            drops: dropped,
            credential,
            standing,
            place,
            role,
            reason: reason((role, place), credential, standing, &passes, why),
        });
    }

    /// It was made for any request, and the first candidate at least can be asked this one.
    pub(crate) fn may_begin_unread(&self) -> bool {
        let first = self.candidates.first();
        first.is_some_and(|first| first.carriage == Carriage::Own)
    }

    pub(crate) fn primary(&self) -> Option<&Candidate> {
        self.candidates
            .iter()
            .find(|candidate| candidate.is_primary())
    }

    /// Candidates that could be asked, but not this, or not for this caller.
    pub(crate) fn passed_over(&self) -> impl Iterator<Item = &Dropped> {
        let excluded = |dropped: &&Dropped| {
            matches!(
                dropped.why,
                Ineligible::Untranslatable(_) | Ineligible::OutOfScope { .. }
            )
        };
        self.dropped.iter().filter(excluded)
    }

    /// A session that moved goes to the fallback that it moved to, as long as that one may be asked.
    pub(crate) fn stay_with(&mut self, (endpoint, model): &Answerer) {
        let is_there = |c: &Candidate| c.endpoint == *endpoint && c.model == *model;
        let mut there = self.candidates.iter();
        let Some(at) = there.position(|c| is_there(c) && c.standing.admits()) else {
            return;
        };
        let mut candidate = self.candidates.remove(at);
        candidate.reason += "; this session stays here";
        self.stays = !candidate.is_primary();
        self.candidates.insert(0, candidate);
    }

    /// A turn that another vendor's model began is ended there: the vendor of this dialect would refuse it.
    fn stay_with_stand_in(&mut self) {
        let is_own = |candidate: &Candidate| !candidate.is_translated();
        let admitted = |candidate: &Candidate| candidate.standing.admits();
        if !self.candidates.iter().any(|c| admitted(c) && !is_own(c)) {
            return;
        }
        for candidate in self.candidates.iter_mut().filter(|c| is_own(c)) {
            candidate.reason += "; put after the fallback that began this turn without thinking";
        }
        self.candidates
            .sort_by_key(|candidate| (!admitted(candidate), is_own(candidate)));
        self.stays = self
            .candidates
            .first()
            .is_some_and(|first| first.place > 0 && !is_own(first));
    }
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

/// Those of the client's own dialect come first.
fn direct(config: &Config, wish: Wish<'_>) -> Vec<CandidateRule> {
    let mut rules = all(config, |endpoint| serves(endpoint, wish));
    rules.sort_by_key(|rule| {
        let found = config.endpoints.get(&rule.endpoint);
        !found.is_some_and(|found| found.endpoint.speaks(wish.dialect))
    });
    rules
}

fn serves(endpoint: &EndpointConfig, wish: Wish<'_>) -> bool {
    let served = |pattern: &String| crate::Pattern::new(pattern).matches(wish.model);
    !endpoint.rehearsal && endpoint.endpoint.serves.iter().any(served)
}

fn reason(
    (role, place): (Role, usize),
    credential: Credential,
    standing: Standing,
    passes: &str,
    why: Option<String>,
) -> String {
    let place = match role {
        Role::Primary => "the primary".to_owned(),
        Role::Sibling => "the sibling on the same login".to_owned(),
        Role::Fallback => format!("fallback {place}"),
    };
    let place = format!("{place}{passes}");
    let credential = match credential {
        Credential::OurKey => "with your key",
        Credential::ClientLogin => "with the client's own login",
        Credential::None => "needs no key",
    };
    let credential = match why {
        None => credential.to_owned(),
        Some(why) => format!("{credential}; {why}"),
    };
    match standing {
        Standing::Closed => format!("{place}, {credential}"),
        Standing::HalfOpen => {
            format!("{place}, {credential}; the next request finds out whether it is back")
        }
        Standing::Probing => format!(
            "{place}, {credential}; put last while another request finds out whether it is back"
        ),
        Standing::Open { until } => format!(
            "{place}, {credential}; put last until {} UTC since it failed",
            until.format("%H:%M:%S")
        ),
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Dropped {
            endpoint,
            model,
            why,
        } = self;
        write!(f, "{endpoint} with {model}: {why}")
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} ({}), route {}:",
            self.model, self.dialect, self.route
        )?;
        for (place, candidate) in self.candidates.iter().enumerate() {
            let Candidate {
                endpoint,
                model,
                reason,
                drops,
                ..
            } = candidate;
            writeln!(f, "{}. {endpoint} with {model}: {reason}", place + 1)?;
            for dropped in drops {
                writeln!(f, "   not sent: {dropped}")?;
            }
        }
        for dropped in &self.dropped {
            writeln!(f, "-  {dropped}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
