//! The requests of a review item over HTTP, with their attempts.

use api::Exchange;
use axum::extract::{Path, State};

use super::shown::Shown;
use super::{Control, Refused};
use crate::view::rows;

/// Oldest first; the last one may be the request that answered it.
pub(super) async fn list(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Shown<Vec<Exchange>>, Refused> {
    let facts = control.facts();
    let found = control.read(move |ledger| {
        let rows = ledger.requests_of_review(&id)?;
        let shown = rows
            .iter()
            .map(|(id, row)| rows::exchange(*id, row, &*facts));
        Ok(shown.collect())
    });
    Ok(Shown(found.await?))
}
