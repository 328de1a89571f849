//! The provider that each client uses now, and the choices.

use api::{ClientUse, Command, MenuLine, RefusedChoice, UseChoice};
use catalog::{Auth, ProviderId};
use chrono::{DateTime, Utc};
use gateway::{CallerKind, Ineligible};

use super::question;
use crate::desk::{LastRequest, Offer, TurnCost};
use crate::state::State;

/// Clients with a submenu in the tray.
const CLIENTS_SHOWN: usize = 4;

pub(crate) fn clients(state: &State, now: DateTime<Utc>) -> Vec<ClientUse> {
    let names = state.choices.clients().into_iter();
    names.map(|name| client(state, name, now)).collect()
}

fn client(state: &State, name: &str, now: DateTime<Utc>) -> ClientUse {
    let choice = state.choices.of(name);
    let last = state.choices.last_request(name);
    let planned = last.and_then(|last| Some((last, last.planned.as_ref()?)));
    let unusable = choice.and_then(|choice| unusable(state, name, &choice.provider));
    let mut client = ClientUse {
        client: name.to_owned(),
        provider: choice.map(|choice| choice.provider.to_string()),
        until: choice.and_then(|choice| choice.until),
        sentence: sentence(state, name, now),
        unusable: unusable.map(|(why, _)| why),
        choices: Vec::new(),
        refused: Vec::new(),
    };
    if let Some((last, planned)) = planned {
        for offer in &planned.offers {
            let provider = offer.provider.to_string();
            let product = state.product(&offer.provider);
            match refusal(state, last, offer) {
                None => client.choices.push(UseChoice {
                    provider,
                    product,
                    cost: cost(state, last, offer),
                }),
                Some((why, fix)) => client.refused.push(RefusedChoice {
                    provider,
                    product,
                    why,
                    fix: Some(fix),
                }),
            }
        }
    }
    client
}

/// "Claude Code uses GPT until midnight: about $0.57 for the next turn, then $0.31, today's cap $5."
pub(crate) fn sentence(state: &State, client: &str, now: DateTime<Utc>) -> Option<String> {
    let choice = state.choices.of(client)?;
    let product = state.product(&choice.provider);
    let until = match choice.until {
        None => "until you choose auto".to_owned(),
        Some(at) if at == state.zone.day_ends(now) => "until midnight".to_owned(),
        Some(at) => format!("until {}", state.clock_time(at)),
    };
    if let Some((why, _)) = unusable(state, client, &choice.provider) {
        return Some(format!(
            "{client} follows the usual order: {product} cannot be used ({why})."
        ));
    }
    let last = state.choices.last_request(client);
    let offer = last.and_then(|last| Some((last, last.offer(&choice.provider)?)));
    Some(
        match offer.and_then(|(last, offer)| cost(state, last, offer)) {
            None => format!("{client} uses {product} {until}."),
            Some(cost) => format!("{client} uses {product} {until}: {cost}."),
        },
    )
}

/// "about $0.57 for the next turn, then $0.31, today's cap $5". None: nothing is billed to a key.
fn cost(state: &State, last: &LastRequest, offer: &Offer) -> Option<String> {
    if offer.billed != Ok(true) {
        return None;
    }
    let catalog = &state.catalog;
    let price = catalog.planned_price(&offer.provider, offer.model.as_str());
    let cost = price.zip(last.input).map(|(price, input)| {
        let cost = state.paid.turn_cost(price, input);
        match last.answered_by.as_ref() == Some(&offer.provider) {
            true => TurnCost {
                first: cost.next,
                ..cost
            },
            false => cost,
        }
    });
    Some(question::turn_cost(state, cost))
}

/// Why this provider cannot serve the client's next request, and what to do about it. None: it can, or no request of the client
/// is known.
pub(crate) fn unusable(
    state: &State,
    client: &str,
    provider: &ProviderId,
) -> Option<(String, String)> {
    let last = state.choices.last_request(client)?;
    let planned = last.planned.as_ref()?;
    if let Some(offer) = last.offer(provider) {
        return refusal(state, last, offer);
    }
    Some(match without_key(state, provider) {
        Some(no_key) => no_key,
        None => (
            format!("it has no model that can answer for {}", last.model),
            format!(
                "name it in the route \"{}\" in the settings file, with the model to use",
                planned.route
            ),
        ),
    })
}

fn refusal(state: &State, last: &LastRequest, offer: &Offer) -> Option<(String, String)> {
    let why = offer.billed.as_ref().err()?;
    let planned = last.planned.as_ref()?;
    let endpoint = &offer.endpoint;
    let route = &planned.route;
    let fix = match why {
        Ineligible::NoKey { .. } | Ineligible::OtherModels => {
            if let Some(no_key) = without_key(state, &offer.provider) {
                return Some(no_key);
            }
            format!(
                "name the model to use in the route \"{route}\" in the settings file, or under [equivalents]"
            )
        }
        Ineligible::OutOfScope { .. } => {
            let mut routes = state.settings.routes.iter();
            let of_route = routes.any(|one| one.name == *route && one.may_go_to.is_some());
            let of = match &planned.kind {
                CallerKind::Pipeline(name) => format!("of the pipeline {name:?}"),
                CallerKind::Application if !of_route => "under [fallback]".to_owned(),
                CallerKind::Application | CallerKind::Agent => format!("of the route {route:?}"),
            };
            format!("allow {endpoint} in `may_go_to` {of} in the settings file")
        }
        Ineligible::UsedUp { .. } if state.paid_stopped_until.is_some() => {
            "`understudyd paid-fallbacks-today yes` lifts your stop of paid fallbacks".to_owned()
        }
        Ineligible::UsedUp { .. } => {
            "raise `dollars_a_day` under [fallback] in the settings, or choose again after midnight"
                .to_owned()
        }
        Ineligible::Paused => "end the pause with `understudyd resume`".to_owned(),
        Ineligible::Unknown
        | Ineligible::Dialect(_)
        | Ineligible::Untranslatable(_)
        | Ineligible::Loop
        | Ineligible::BadAddress(_)
        | Ineligible::Rehearsal
        | Ineligible::NoneBefore
        | Ineligible::NeedsYes
        | Ineligible::Declined
        | Ineligible::SiblingNeedsYes
        | Ineligible::SiblingOnKey
        | Ineligible::NotTested
        | Ineligible::NeedsItsClient => format!(
            "`understudyd route explain {}` lists each provider with the reason",
            last.model
        ),
    };
    Some((why.to_string(), fix))
}

/// None: an endpoint of the provider has a key, or needs none.
fn without_key(state: &State, provider: &ProviderId) -> Option<(String, String)> {
    let known = state.catalog.provider(provider)?;
    let keyed = |e: &catalog::Endpoint| e.auth == Auth::None || state.keys.get(&e.id).is_some();
    let first = known.endpoints.first()?;
    (!known.endpoints.iter().any(keyed)).then(|| {
        (
            format!("no key for {}", known.name),
            format!("add one with `understudyd key add {}`", first.id),
        )
    })
}

/// A submenu for each client: auto and the providers.
pub(crate) fn menu(clients: &[ClientUse]) -> Vec<MenuLine> {
    let submenu = |client: &ClientUse| {
        let line = |label: String, provider: Option<&str>| MenuLine::Action {
            label,
            command: Command::UseNow {
                client: client.client.clone(),
                provider: provider.map(str::to_owned),
                pin: false,
            },
            checked: Some(client.provider.as_deref() == provider),
        };
        let mut lines = vec![line("Auto".to_owned(), None)];
        lines.extend(client.choices.iter().map(|one| {
            let label = match &one.cost {
                Some(cost) => format!("{} ({cost})", one.product),
                None => one.product.clone(),
            };
            line(label, Some(&one.provider))
        }));
        MenuLine::Submenu {
            label: format!("{}: use now", client.client),
            lines,
        }
    };
    let has_a_choice = |client: &&ClientUse| client.provider.is_some() || client.choices.len() > 1;
    let shown = clients.iter().filter(has_a_choice).take(CLIENTS_SHOWN);
    shown.map(submenu).collect()
}
