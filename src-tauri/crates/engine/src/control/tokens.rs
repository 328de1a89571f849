//! Named tokens over HTTP.

use api::{Accepted, NewToken, TokenList, TokenName, TokenView};
use axum::Json;
use axum::extract::State;

use super::shown::Shown;
use super::{Control, Refused};
use crate::event::ControlRequest;

pub(super) async fn list(State(control): State<Control>) -> Result<Shown<TokenList>, Refused> {
    let issued = control.ask(ControlRequest::Tokens).await?;
    // The list is also useful without the ledger.
    let used = control.read(|ledger| ledger.token_uses()).await;
    let used = used.unwrap_or_default();
    let view = |one: crate::named_tokens::Issued| {
        let name = one.token.name.to_string();
        // An earlier token of the same name may have been used before.
        let last_used = used.get(&name).copied();
        TokenView {
            last_used: last_used.filter(|used| *used >= one.created),
            created: one.created,
            pipeline: one.token.pipeline.as_deref().map(str::to_owned),
            name,
        }
    };
    Ok(Shown(TokenList {
        tokens: issued.into_iter().map(view).collect(),
    }))
}

pub(super) async fn add(
    State(control): State<Control>,
    Json(wanted): Json<TokenName>,
) -> Result<Shown<NewToken>, Refused> {
    let added = control.ask(|reply| ControlRequest::AddToken {
        name: wanted.name,
        pipeline: wanted.pipeline,
        reply,
    });
    Ok(Shown(added.await??))
}

pub(super) async fn revoke(
    State(control): State<Control>,
    Json(wanted): Json<TokenName>,
) -> Result<Shown<Accepted>, Refused> {
    let name = wanted.name;
    let revoked = control.ask(|reply| ControlRequest::RevokeToken { name, reply });
    Ok(Shown(revoked.await??))
}
