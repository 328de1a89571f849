//! Who is asked, in which order, and why. Pure.

mod stand_in;

use std::fmt;

use catalog::{Auth, Dialect, EndpointId, MicroDollars, ModelId, ProviderId, REHEARSAL_PREFIX};
use http::Uri;

pub use stand_in::ANY_MODEL;

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
    pub delivery: Delivery,
    pub restart: Restart,
    /// To which untagged requests belong.
    pub pipeline: Option<String>,
    pub demand: Option<Demand>,
    pub rehearsal: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    /// As it will be sent.
    pub model: ModelId,
    pub credential: Credential,
    pub standing: Standing,
    /// Its place among those that can be asked, by the route's order: 0 is the primary.
    pub place: usize,
    /// Why it stands in this place.
    pub reason: String,
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

/// Why a candidate cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ineligible {
    #[error("no endpoint of this name is configured")]
    Unknown,
    #[error("it does not speak the {0} dialect")]
    Dialect(Dialect),
    #[error("there is no key for {name}")]
    NoKey { name: String, provider: ProviderId },
    #[error("it would lead back to this port")]
    Loop,
    #[error("its base address is no URL: {0}")]
    BadAddress(String),
    #[error("the rehearsal never stands in for a real model")]
    Rehearsal,
    #[error(
        "it is not known to serve this model by this id: name the model that it is to use instead, {{ endpoint = \"…\", model = \"…\" }}"
    )]
    OtherModels,
    #[error(
        "it would go from the client's own subscription to your paid key, which needs your yes, once: `understudyd paid-stand-ins yes`, or Settings → General"
    )]
    NeedsYes,
    #[error("you have said no to going from a client's subscription to a paid key")]
    Declined,
    #[error("the daily cap of {cap} for stand-ins is used up ({spent})")]
    UsedUp {
        cap: MicroDollars,
        spent: MicroDollars,
    },
    #[error("Understudy is paused or stopping, so only the primary is asked")]
    Paused,
}

/// What a request is, as far as its plan depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) model: &'a str,
    /// The client brings a login of its own.
    pub(crate) client_login: bool,
    /// And it is a subscription's, which costs nothing by the token.
    pub(crate) subscription: bool,
    /// It says that it is a step of a business flow.
    pub(crate) pipeline: bool,
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
        None => (DIRECT, all(config, |e| serves(e, wish))),
    };
    let pipeline = route.and_then(|route| route.pipeline.clone());
    let automated = wish.pipeline || pipeline.is_some();
    let demand = route.and_then(|route| route.demand.clone());
    let delivery = if automated || demand.is_some() {
        Delivery::Verified
    } else {
        Delivery::Guarded
    };
    let mut plan = Plan {
        route: name.to_owned(),
        dialect,
        model: model.to_owned(),
        candidates: Vec::new(),
        dropped: Vec::new(),
        strict: route.and_then(|route| route.strict).unwrap_or(automated),
        delivery: route.and_then(|route| route.delivery).unwrap_or(delivery),
        restart: route.map_or(Restart::usual(dialect), |route| route.restart),
        pipeline,
        demand,
        rehearsal,
    };
    let spending = stand_in::spending(config, route);
    // A login belongs to one vendor: the first in the route's order that takes it.
    let mut vendor = None;
    let home = rules
        .first()
        .and_then(|rule| config.endpoints.get(&rule.endpoint))
        .map(|found| &found.endpoint.provider);
    for (place, rule) in rules.into_iter().enumerate() {
        let mut sent = rule.model.clone().unwrap_or_else(|| ModelId::new(model));
        let found = eligible(config, &rule.endpoint, wish, &mut vendor).and_then(|found| {
            let (endpoint, credential) = found;
            if rule.model.is_none() && Some(&endpoint.endpoint.provider) != home {
                sent = stand_in::model(endpoint, model)?;
            }
            if let Some(first) = plan.candidates.first() {
                let from_subscription =
                    wish.subscription && first.credential == Credential::ClientLogin;
                stand_in::may_cost(endpoint, credential, from_subscription, &spending)?;
            }
            Ok(found)
        });
        match found {
            Ok((endpoint, credential)) => {
                let standing = standing(&rule.endpoint, &sent);
                plan.candidates.push(Candidate {
                    provider: endpoint.endpoint.provider.clone(),
                    endpoint: rule.endpoint,
                    model: sent,
                    credential,
                    standing,
                    place: plan.candidates.len(),
                    reason: reason(place, credential, standing),
                });
            }
            Err(why) => plan.dropped.push(Dropped {
                endpoint: rule.endpoint,
                model: sent,
                why,
            }),
        }
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
    }
    plan
}

fn all(config: &Config, of: impl Fn(&EndpointConfig) -> bool) -> Vec<CandidateRule> {
    let rule = |(id, _): (&EndpointId, &EndpointConfig)| CandidateRule {
        endpoint: id.clone(),
        model: None,
    };
    config
        .endpoints
        .iter()
        .filter(|(_, endpoint)| of(endpoint))
        .map(rule)
        .collect()
}

fn serves(endpoint: &EndpointConfig, wish: Wish<'_>) -> bool {
    let served = |pattern: &String| crate::Pattern::new(pattern).matches(wish.model);
    !endpoint.rehearsal
        && endpoint.endpoint.paths.contains_key(&wish.dialect)
        && endpoint.endpoint.serves.iter().any(served)
}

fn eligible<'a>(
    config: &'a Config,
    id: &EndpointId,
    wish: Wish<'_>,
    vendor: &mut Option<ProviderId>,
) -> Result<(&'a EndpointConfig, Credential), Ineligible> {
    let found = config.endpoints.get(id).ok_or(Ineligible::Unknown)?;
    let endpoint = &found.endpoint;
    if found.rehearsal != wish.model.starts_with(REHEARSAL_PREFIX) {
        return Err(Ineligible::Rehearsal);
    }
    if !endpoint.paths.contains_key(&wish.dialect) {
        return Err(Ineligible::Dialect(wish.dialect));
    }
    let base: Uri = endpoint
        .base
        .parse()
        .map_err(|_| Ineligible::BadAddress(endpoint.base.clone()))?;
    if base.scheme().is_none() || base.host().is_none() {
        return Err(Ineligible::BadAddress(endpoint.base.clone()));
    }
    if leads_back(&base, config) {
        return Err(Ineligible::Loop);
    }
    if wish.client_login && endpoint.accepts_client_login {
        let first = vendor.get_or_insert_with(|| endpoint.provider.clone());
        if *first == endpoint.provider {
            return Ok((found, Credential::ClientLogin));
        }
    }
    if endpoint.auth == Auth::None {
        Ok((found, Credential::None))
    } else if found.key.is_some() {
        Ok((found, Credential::OurKey))
    } else if endpoint.key_env.is_none() && !endpoint.accepts_client_login {
        // The catalogue names no key for it: a local model server.
        Ok((found, Credential::None))
    } else {
        Err(Ineligible::NoKey {
            name: found.name.clone(),
            provider: endpoint.provider.clone(),
        })
    }
}

/// Does an address name this very process?
fn leads_back(base: &Uri, config: &Config) -> bool {
    let default = if base.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let port = base.port_u16().unwrap_or(default);
    let host = base.host().unwrap_or_default();
    let ip = host
        .trim_matches(['[', ']'])
        .parse::<std::net::IpAddr>()
        .ok();
    config.own_addresses.iter().any(|own| {
        let loopback = own.ip().is_loopback() || own.ip().is_unspecified();
        own.port() == port
            && match ip {
                Some(ip) => {
                    ip == own.ip() || (loopback && (ip.is_loopback() || ip.is_unspecified()))
                }
                None => {
                    loopback && host.eq_ignore_ascii_case("localhost")
                        || config
                            .allowed_hosts
                            .iter()
                            .any(|h| h.eq_ignore_ascii_case(host))
                }
            }
    })
}

fn reason(place: usize, credential: Credential, standing: Standing) -> String {
    let place = match place {
        0 => "the primary".to_owned(),
        n => format!("stand-in {n}"),
    };
    let credential = match credential {
        Credential::OurKey => "with your key",
        Credential::ClientLogin => "with the client's own login",
        Credential::None => "needs no key",
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
                ..
            } = candidate;
            writeln!(f, "{}. {endpoint} with {model}: {reason}", place + 1)?;
        }
        for Dropped {
            endpoint,
            model,
            why,
        } in &self.dropped
        {
            writeln!(f, "-  {endpoint} with {model}: {why}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
