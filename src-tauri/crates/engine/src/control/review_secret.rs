//! The secret of a pipeline's webhook, in the keychain.

use api::{Accepted, WebhookSecret};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use catalog::Secret;

use super::shown::Shown;
use super::{Control, Refused, keys};
use crate::delivery::is_secret;
use crate::keys::{Kept, webhook_entry};
use crate::settings::Receiver;
use crate::view::facts::Facts;

pub(super) async fn put(
    State(control): State<Control>,
    Json(WebhookSecret { pipeline, secret }): Json<WebhookSecret>,
) -> Result<Shown<Accepted>, Refused> {
    let refused = |error: String, fix| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, error, fix);
    let facts = control.facts();
    let details = facts.settings().pipeline_details.get(&pipeline);
    let url = match details.and_then(|details| details.drain.receiver.as_ref()) {
        Some(Receiver::Webhook {
            url,
            secret_env: None,
        }) => url.clone(),
        Some(Receiver::Webhook {
            secret_env: Some(variable),
            ..
        }) => {
            return Err(refused(
                format!("the secret of this webhook comes from the variable {variable}"),
                Some("remove secret_env from its delivery in the settings to use the keychain"),
            ));
        }
        Some(Receiver::Fetch | Receiver::Resume) | None => {
            return Err(refused(
                format!("the pipeline {pipeline} has no webhook"),
                Some("write delivery = { url = \"https://…\" } into its [[pipeline]]"),
            ));
        }
    };
    let secret = Secret::new(secret.trim());
    if !is_secret(&secret) {
        return Err(refused(
            "a webhook's secret is `whsec_` and 24 to 64 bytes in base64".to_owned(),
            Some("copy it from the receiver, which checks the signature with it"),
        ));
    }
    let entry = webhook_entry(&url);
    let kept = keys::keep(&entry, &secret).await;
    let (place, message) = match kept {
        Ok(()) => (
            Kept::Keychain,
            "The secret is stored in the keychain.".to_owned(),
        ),
        Err(why) => (
            Kept::Memory,
            format!(
                "But {why}, so the secret is used only until the engine stops. To keep it, name a variable as secret_env."
            ),
        ),
    };
    control.keys.hold(&entry, secret, place);
    Ok(Shown(Accepted { message }))
}
