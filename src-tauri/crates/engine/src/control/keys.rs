//! Keys: tested with one request, then stored.

use api::{KeyEntry, KeyTried};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use catalog::{EndpointId, Secret};

use super::shown::Shown;
use super::{Control, Refused};
use crate::event::{ControlRequest, LoopEvent};
use crate::keys::{Kept, Keychain, NoKeychain};
use crate::try_key::Tried;

pub(super) async fn add(
    State(control): State<Control>,
    Path(id): Path<String>,
    Json(entry): Json<KeyEntry>,
) -> Result<Shown<KeyTried>, Refused> {
    let id = EndpointId::new(id);
    let key = entry.key.trim().to_owned();
    if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Refused::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "a key is one word of ASCII characters",
            Some("copy it again from the provider's page"),
        ));
    }
    let key = Secret::new(key);
    let tried = control
        .trial
        .run(&id, &key)
        .await
        .ok_or_else(|| unknown(&id))?;
    let (works, message) = match tried {
        Tried::Works => (Some(true), "The provider accepted the key.".to_owned()),
        Tried::Refused(why) => {
            return Ok(Shown(KeyTried {
                works: Some(false),
                kept: false,
                message: format!("The provider refused the key, so it was not stored: {why}"),
            }));
        }
        Tried::NotSent(why) => (
            None,
            format!("The key could not be tested ({why}), but it is stored."),
        ),
    };
    let kept = keep(&id, &key).await;
    control.keys.hold(
        &id,
        key,
        if kept.is_ok() {
            Kept::Keychain
        } else {
            Kept::Memory
        },
    );
    control.ask(ControlRequest::KeysChanged).await?;
    let message = match &kept {
        Ok(()) => format!("{message} It is stored in the keychain."),
        Err(why) => {
            let keep = match control.trial.key_env(&id) {
                Some(variable) => format!("set {variable} in the engine's environment"),
                None => "give the endpoint a key_env in the settings and set that variable".into(),
            };
            let _ = control
                .events
                .send(LoopEvent::KeychainFailed(why.to_string()))
                .await;
            format!(
                "{message} But {why}, so it is used only until the engine stops. To keep it, {keep}."
            )
        }
    };
    Ok(Shown(KeyTried {
        works,
        kept: kept.is_ok(),
        message,
    }))
}

pub(super) async fn remove(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Shown<KeyTried>, Refused> {
    let id = EndpointId::new(id);
    if !control.trial.knows(&id) {
        return Err(unknown(&id));
    }
    let held = control.keys.drop_key(&id);
    let wanted = id.clone();
    let removed = tokio::task::spawn_blocking(move || {
        Keychain::open().and_then(|chain| chain.remove(&wanted))
    })
    .await;
    control.ask(ControlRequest::KeysChanged).await?;
    let message = match (held, removed) {
        (Some(Kept::Environment), _) => {
            let variable = control
                .trial
                .key_env(&id)
                .unwrap_or_else(|| "the environment variable".into());
            format!(
                "The key came from {variable}: it is no longer used until the engine restarts. Unset the variable to remove the key permanently."
            )
        }
        (Some(Kept::Memory), _) => "The key is removed from memory.".into(),
        (Some(Kept::Keychain), Ok(Err(why))) => {
            format!("The key is no longer used, but {why}: remove it there by hand.")
        }
        (_, Ok(Ok(true))) => "The key is removed from the keychain.".into(),
        (_, _) => "There was no key.".into(),
    };
    Ok(Shown(KeyTried {
        works: None,
        kept: false,
        message,
    }))
}

pub(super) async fn keep(id: &EndpointId, key: &Secret) -> Result<(), NoKeychain> {
    let (id, key) = (id.clone(), key.clone());
    tokio::task::spawn_blocking(move || Keychain::open()?.set(&id, &key))
        .await
        .unwrap_or(Err(NoKeychain::TimedOut))
}

fn unknown(id: &EndpointId) -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        format!("there is no endpoint \"{id}\""),
        Some("`understudyd key list` lists them"),
    )
}
