//! The dialect of an address or of a payload, for a page that the owner adds by its address or that moved to another service.

use catalog::StatusDialect;
use serde_json::Value;

/// The dialect of an address with which the owner replaces a source of the dialect `usual`.
pub fn dialect_instead(url: &str, usual: StatusDialect) -> StatusDialect {
    let v2 = [StatusDialect::Statuspage, StatusDialect::IncidentioCompat];
    match dialect_of_address(url) {
        // Both services have the same addresses.
        Some(found) if v2.contains(&found) && v2.contains(&usual) => usual,
        Some(found) if v2.contains(&found) && usual == StatusDialect::IncidentioNative => {
            StatusDialect::IncidentioCompat
        }
        Some(found) => found,
        None => usual,
    }
}

/// The dialect that an address states by its path. An address that several services use is not recognised.
pub(super) fn dialect_of_address(url: &str) -> Option<StatusDialect> {
    let path = url.split(['?', '#']).next()?.trim_end_matches('/');
    let ends = |end: &str| path.ends_with(end);
    if ends("/appsstatus/dashboard/incidents.json")
        || ends("status.cloud.google.com/incidents.json")
    {
        Some(StatusDialect::GoogleIncidents)
    } else if ends("/public/currentevents") {
        Some(StatusDialect::AwsEvents)
    } else if path.contains("rssfeed.azure.") {
        Some(StatusDialect::AzureFeed)
    } else if ends("status.x.ai/feed.xml") {
        Some(StatusDialect::XaiFeed)
    } else if ends("/index.json") {
        Some(StatusDialect::BetterStack)
    } else if ends("/config.json") {
        Some(StatusDialect::Datadog)
    } else if ends("/api/v1/status.json") {
        Some(StatusDialect::Rootly)
    } else if ends("/summary/active") {
        Some(StatusDialect::Flashduty)
    } else if ends("/api/v2/components.json") {
        Some(StatusDialect::IncidentioCompat)
    } else if ends("/api/v2/summary.json") {
        Some(StatusDialect::Statuspage)
    } else if ends(".atom") {
        Some(StatusDialect::Atom)
    } else if path.contains("/proxy/") {
        // Last, because an owner's own mirror may have this path too.
        Some(StatusDialect::IncidentioNative)
    } else {
        None
    }
}

/// The dialect of a JSON payload, by the fields that only one service has.
pub(super) fn dialect_of_payload(bytes: &[u8]) -> Option<StatusDialect> {
    let body: Value = serde_json::from_slice(bytes).ok()?;
    let text = |path: &str| body.pointer(path).and_then(Value::as_str);
    let has = |path: &str| body.pointer(path).is_some();
    if let Some(id) = text("/page/id") {
        // Statuspage's ids have 12 characters, incident.io's are ULIDs.
        return match id.len() {
            12 => Some(StatusDialect::Statuspage),
            26 => Some(StatusDialect::IncidentioCompat),
            _ => None,
        };
    }
    if text("/data/type") == Some("status_page") {
        Some(StatusDialect::BetterStack)
    } else if has("/domainPrefix") && has("/components") {
        Some(StatusDialect::Datadog)
    } else if has("/data/page/page_id") && has("/data/active_changes") {
        Some(StatusDialect::Flashduty)
    } else if has("/summary/affected_components") {
        Some(StatusDialect::IncidentioNative)
    } else if text("/page/status").is_some() && has("/page/url") {
        Some(StatusDialect::Instatus)
    } else if has("/status/indicator") && has("/page/url") && has("/incidents") {
        Some(StatusDialect::Rootly)
    } else if text("/0/arn").is_some() {
        Some(StatusDialect::AwsEvents)
    } else if text("/0/begin").is_some() && has("/0/affected_products") {
        Some(StatusDialect::GoogleIncidents)
    } else {
        None
    }
}
