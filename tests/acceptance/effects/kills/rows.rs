//! Lists of the control API.

use serde_json::Value;

use crate::desk::Desk;

/// All rows of a list.
pub(super) async fn all(desk: &Desk, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut before = String::new();
    loop {
        let page = desk
            .get(&format!("{path}?all=true&limit=500{before}"))
            .await;
        rows.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_i64() {
            Some(next) => before = format!("&before={next}"),
            None => return rows,
        }
    }
}
