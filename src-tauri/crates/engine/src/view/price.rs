//! Names the price that an estimate uses.

use catalog::{ModelId, PriceSource, ProviderId};

use crate::state::State;

/// "the list price of gpt-6.1-sol, read on 2026-11-26"
pub(crate) fn of_model(state: &State, provider: &ProviderId, model: &ModelId) -> String {
    let price = state.catalog.planned_price(provider, model.as_str());
    let read = price.and_then(|price| price.as_of.as_deref());
    let read = read.map_or_else(String::new, |day| format!(", read on {day}"));
    match price.map(|price| price.source) {
        None => format!("the price of {model}, which is not known"),
        Some(PriceSource::List) => format!("the list price of {model}{read}"),
        Some(PriceSource::Discounted) => {
            format!("the list price of {model}{read}, less your discount")
        }
        Some(PriceSource::Owners) => format!("your price of {model}"),
    }
}

/// "the list price of 2026-11-26"; the day on which it was read.
pub(crate) fn sentence(source: PriceSource, as_of: Option<&str>) -> String {
    let day = as_of.unwrap_or("an unknown date");
    match source {
        PriceSource::List => format!("the list price of {day}"),
        PriceSource::Discounted => format!("the list price of {day}, less your discount"),
        PriceSource::Owners => "your price".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_names_the_source_of_its_price() {
        let named = |source| sentence(source, Some("2026-11-26"));
        assert_eq!(named(PriceSource::List), "the list price of 2026-11-26");
        assert_eq!(
            named(PriceSource::Discounted),
            "the list price of 2026-11-26, less your discount"
        );
        assert_eq!(sentence(PriceSource::Owners, None), "your price");
    }
}
