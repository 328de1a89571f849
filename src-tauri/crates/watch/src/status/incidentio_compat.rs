//! incident.io's Statuspage-compatible `/api/v2/components.json`.
//!
//! Its `summary.json` is not used: that lists at most 25 components, and the choice changes from poll to poll. There
//! are no group rows and no affected components on incidents here.

use health::{Page, Unreadable};

use super::payload::{Expected, json};
use super::statuspage::{check_identity, components};

pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let body = json(bytes)?;
    check_identity(&body, expected)?;
    let components = components(&body)?;
    Ok(Page {
        surfaces: components.surfaces(expected.surfaces, components.entire_page())?,
        incidents: Vec::new(),
        read_from: expected.url.to_owned(),
        incidents_only: false,
        missing: components.missing(expected.surfaces),
        changed: None,
    })
}
