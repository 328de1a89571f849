//! The provider that each client uses now, and the choices.

use api::{ClientUse, Command, MenuLine, UseChoice};
use catalog::ProviderId;
use chrono::{DateTime, Utc};
use gateway::{Ineligible, Plan};

use crate::state::State;

/// Clients with a submenu in the tray.
const CLIENTS_SHOWN: usize = 4;

pub(crate) fn clients(state: &State, now: DateTime<Utc>) -> Vec<ClientUse> {
    let names = state.choices.clients();
    let mut clients: Vec<ClientUse> = names.iter().map(|name| client(state, name, now)).collect();
    clients.retain(|client| client.provider.is_some() || client.choices.len() > 1);
    clients
}

fn client(state: &State, name: &str, now: DateTime<Utc>) -> ClientUse {
    let choice = state.choices.of(name);
    ClientUse {
        client: name.to_owned(),
        provider: choice.map(|choice| choice.provider.to_string()),
        until: choice.and_then(|choice| choice.until),
        sentence: sentence(state, name, now),
        unusable: choice.and_then(|choice| unusable(state, name, &choice.provider)),
        choices: state
            .choices
            .plan(name)
            .map_or_else(Vec::new, |plan| choices(state, plan)),
    }
}

/// Providers of the candidates, in the route's order.
fn choices(state: &State, plan: &Plan) -> Vec<UseChoice> {
    let mut candidates: Vec<_> = plan.candidates.iter().collect();
    candidates.sort_by_key(|candidate| candidate.place);
    let mut choices: Vec<UseChoice> = Vec::new();
    for candidate in candidates {
        let provider = candidate.provider.to_string();
        if !choices.iter().any(|choice| choice.provider == provider) {
            let product = state.product(&candidate.provider);
            choices.push(UseChoice { provider, product });
        }
    }
    choices
}

/// "Claude Code uses GPT until midnight."
pub(crate) fn sentence(state: &State, client: &str, now: DateTime<Utc>) -> Option<String> {
    let choice = state.choices.of(client)?;
    let product = state.product(&choice.provider);
    let until = match choice.until {
        None => "until you choose auto".to_owned(),
        Some(at) if at == state.zone.day_ends(now) => "until midnight".to_owned(),
        Some(at) => format!("until {}", state.clock_time(at)),
    };
    let but = unusable(state, client, &choice.provider);
    Some(match but {
        None => format!("{client} uses {product} {until}."),
        Some(why) => format!("{client} follows the usual order: {product} cannot be used ({why})."),
    })
}

/// Why this provider cannot serve the client's next request. None: it can, or no request of the client is known.
pub(crate) fn unusable(state: &State, client: &str, provider: &ProviderId) -> Option<String> {
    let plan = state.choices.plan(client)?;
    if plan.candidates.iter().any(|c| c.provider == *provider) {
        return None;
    }
    let of_provider = |id: &catalog::EndpointId| {
        let endpoint = state.catalog.endpoint(id);
        endpoint.is_some_and(|endpoint| endpoint.provider == *provider)
    };
    let mut dropped = plan.dropped.iter().filter(|one| of_provider(&one.endpoint));
    let known = state.catalog.provider(provider)?;
    let keyed = known
        .endpoints
        .iter()
        .any(|e| e.auth == catalog::Auth::None || state.keys.get(&e.id).is_some());
    Some(match dropped.next().map(|one| &one.why) {
        None | Some(Ineligible::NoKey { .. } | Ineligible::OtherModels) if !keyed => {
            format!("no key for {}", known.name)
        }
        None => format!("it has no model that can answer for {}", plan.model),
        Some(why) => why.to_string(),
    })
}

/// A submenu for each client: auto and the providers.
pub(crate) fn menu(clients: &[ClientUse]) -> Vec<MenuLine> {
    let submenu = |client: &ClientUse| {
        let line = |label: &str, provider: Option<&str>| MenuLine::Action {
            label: label.to_owned(),
            command: Command::UseNow {
                client: client.client.clone(),
                provider: provider.map(str::to_owned),
                pin: false,
            },
            checked: Some(client.provider.as_deref() == provider),
        };
        let mut lines = vec![line("Auto", None)];
        let choices = client.choices.iter();
        lines.extend(choices.map(|one| line(&one.product, Some(&one.provider))));
        MenuLine::Submenu {
            label: format!("{}: use now", client.client),
            lines,
        }
    };
    clients.iter().take(CLIENTS_SHOWN).map(submenu).collect()
}
