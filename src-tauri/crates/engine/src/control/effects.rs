//! Side effects over HTTP: the list, one with its request, the owner's decision, and secrets of receivers.

use api::{Accepted, EffectItem, EffectPage, EffectSettle, KeyEntry};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use catalog::Secret;
use ledger::{EffectSettled, OwnersWord, ReceiverResponse};
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused};
use crate::apart::apart;
use crate::effects::{NotKept, keychain_entry, shown_id};
use crate::keys::Keychain;
use crate::view;
use crate::view::facts::Facts;

#[derive(Deserialize)]
pub(super) struct Listing {
    limit: Option<u32>,
    before: Option<i64>,
    #[serde(default)]
    all: bool,
}

pub(super) async fn list(
    State(control): State<Control>,
    Query(listing): Query<Listing>,
) -> Result<Shown<EffectPage>, Refused> {
    let (limit, before, all) = (listing.limit.unwrap_or(50), listing.before, listing.all);
    let page = control.read(move |ledger| ledger.effects(all, limit, before));
    let page = page.await?;
    let facts = control.facts();
    Ok(Shown(EffectPage {
        items: page
            .rows
            .iter()
            .map(|(_, row)| view::effect::summary(row, &facts.settings().effects))
            .collect(),
        unreadable: page.unreadable,
        next: page.next,
    }))
}

pub(super) async fn show(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Json<EffectItem>, Refused> {
    let number = number(&id)?;
    let read = control.read(move |ledger| {
        let found = ledger.effect(number)?;
        let after = found.as_ref().and_then(|kept| kept.row.after.as_deref());
        let after = after.map(|request| ledger.exchange_id(request));
        Ok((found, after.transpose()?.flatten()))
    });
    let (found, after) = read.await?;
    let kept = found.ok_or_else(|| absent(&id))?;
    let facts = control.facts();
    let effects = &facts.settings().effects;
    Ok(Json(view::effect::item(&kept, effects, after)))
}

pub(super) async fn settle(
    State(control): State<Control>,
    Path(id): Path<String>,
    Json(settle): Json<EffectSettle>,
) -> Result<Shown<Accepted>, Refused> {
    let number = number(&id)?;
    let (word, message) = match settle {
        EffectSettle::Arrived { status, body } => {
            let status = status.unwrap_or(200);
            if !(200..600).contains(&status) {
                return Err(Refused::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    format!("{status} is no status of a response"),
                    Some("leave it out for 200"),
                ));
            }
            let response = owners_response(status, body.unwrap_or_default());
            let message = "arrived; its client gets this result for its key";
            (OwnersWord::Arrived(response), message)
        }
        EffectSettle::SendAgain => (OwnersWord::SendAgain, "is sent again"),
        EffectSettle::Drop => (OwnersWord::Drop, "is not needed any more; its key is free"),
    };
    let settled = control.relay.settle(number, word).await;
    match settled.map_err(not_kept)? {
        EffectSettled::Yes => Ok(Shown(Accepted {
            message: format!("Effect {} {message}.", shown_id(number)),
        })),
        EffectSettled::Absent => Err(absent(&id)),
        EffectSettled::Not(state) => Err(Refused::new(
            StatusCode::CONFLICT,
            format!(
                "effect {id} is {}, so this decision is not possible",
                state.as_str()
            ),
            Some("`understudyd effects list --all` shows its state"),
        )),
    }
}

fn owners_response(status: u16, body: String) -> ReceiverResponse {
    let is_json = serde_json::from_str::<serde_json::Value>(&body).is_ok();
    let kind = match is_json {
        true => "application/json",
        false => "text/plain; charset=utf-8",
    };
    ReceiverResponse {
        status,
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body: Some(body.into_bytes()),
    }
}

/// The secret is written once, and read only by the code that sends it.
pub(super) async fn add_secret(
    State(control): State<Control>,
    Path(name): Path<String>,
    Json(entry): Json<KeyEntry>,
) -> Result<Shown<Accepted>, Refused> {
    let secret = entry.key.trim().to_owned();
    if secret.is_empty() || !secret.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        return Err(Refused::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "a secret of a header is one line of ASCII characters",
            Some("copy it again from the receiver's page"),
        ));
    }
    let (id, secret) = (keychain_entry(&name), Secret::new(secret));
    let stored = apart(move || Keychain::open()?.set(&id, &secret)).await;
    control.relay.forget_secret(&name);
    match stored {
        Ok(Ok(())) => Ok(Shown(Accepted {
            message: format!("The secret \"{name}\" is in the keychain."),
        })),
        Ok(Err(why)) => Err(no_keychain(why.to_string())),
        Err(_) => Err(no_keychain("the keychain failed".to_owned())),
    }
}

fn no_keychain(why: String) -> Refused {
    Refused::new(
        StatusCode::SERVICE_UNAVAILABLE,
        why,
        Some(
            "unlock or install a keychain, or take the header from an environment variable of the engine: { env = \"VARIABLE\" }",
        ),
    )
}

fn not_kept(error: NotKept) -> Refused {
    Refused::new(
        StatusCode::SERVICE_UNAVAILABLE,
        format!("the decision could not be stored: {error}"),
        None,
    )
}

/// `e17`, or 17.
fn number(id: &str) -> Result<i64, Refused> {
    let digits = id.strip_prefix('e').unwrap_or(id);
    digits.parse().map_err(|_| absent(id))
}

fn absent(id: &str) -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        format!("there is no effect {id}"),
        Some("`understudyd effects list --all` shows them"),
    )
}
