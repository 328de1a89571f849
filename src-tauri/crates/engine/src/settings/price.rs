//! `[[price]]`: the owner's prices and discounts.

use std::collections::BTreeSet;

use catalog::{Factor, ModelId, OwnersPrice, PriceSource, Provider, ProviderId, WrittenPrice};
use toml::Spanned;

use super::file;
use super::reading::Reading;
use crate::nearest::nearest;

impl Reading<'_> {
    pub(super) fn prices(
        &mut self,
        written: Vec<file::Price>,
        own: &[Provider],
    ) -> Vec<OwnersPrice> {
        let mut seen = BTreeSet::new();
        let mut prices = Vec::new();
        for entry in written {
            let model = entry.model.as_ref().map(|model| model.get_ref().clone());
            if !seen.insert((entry.provider.get_ref().clone(), model)) {
                self.err(
                    &entry.provider,
                    "there are two prices for the same; remove one".into(),
                );
                continue;
            }
            prices.extend(self.price(entry, own));
        }
        prices
    }

    fn price(&mut self, entry: file::Price, own: &[Provider]) -> Option<OwnersPrice> {
        let provider = self.provider(&entry.provider, own)?;
        match (&entry.model, &entry.discount) {
            (None, Some(discount)) => {
                let Some(left) = Factor::after_discount(*discount.get_ref()) else {
                    self.err(
                        discount,
                        "a discount is a share greater than 0 and less than 1, such as 0.15 for 15 %".into(),
                    );
                    return None;
                };
                if has_prices(&entry) {
                    self.err(
                        discount,
                        "a discount applies to the list prices: remove the prices, or name their model and remove the discount".into(),
                    );
                }
                Some(OwnersPrice::Discount { provider, left })
            }
            (Some(model), None) => {
                self.check_model(&provider, model, own);
                let id = ModelId::new(model.get_ref().trim());
                let (Some(input), Some(output)) = (entry.input, entry.output) else {
                    self.err(
                        model,
                        "a price needs `input` and `output`, in US dollars per million tokens"
                            .into(),
                    );
                    return None;
                };
                let written = WrittenPrice {
                    input,
                    output,
                    cache_read: entry.cache_read,
                    cache_write: entry.cache_write,
                    cache_write_hour: entry.cache_write_hour,
                    long_prompt: entry.long_prompt.clone(),
                    hours: entry.hours.clone(),
                    ..WrittenPrice::default()
                };
                match written.read(PriceSource::Owners) {
                    Ok(price) => Some(OwnersPrice::Model {
                        provider,
                        model: id,
                        price: Box::new(price),
                    }),
                    Err(problem) => {
                        self.err(model, problem);
                        None
                    }
                }
            }
            (Some(_), Some(discount)) => {
                self.err(
                    discount,
                    "a discount is for all models of a provider: remove `model`, or write the price of this model instead".into(),
                );
                None
            }
            (None, None) => {
                self.err(
                    &entry.provider,
                    "this price has neither a `model` with its prices nor a `discount`".into(),
                );
                None
            }
        }
    }

    /// A new model of a provider may be priced. A name with the same digits and almost the same letters as a known one is an
    /// error in writing.
    fn check_model(&mut self, provider: &ProviderId, model: &Spanned<String>, own: &[Provider]) {
        let mut own = own.iter();
        let found = own.find(|one| one.id == *provider);
        let Some(found) = found.or_else(|| self.catalog.provider(provider)) else {
            return;
        };
        let name = model.get_ref().trim();
        if name.is_empty() || name.contains('*') {
            self.err(
                model,
                "name one model by its full id, without patterns".into(),
            );
            return;
        }
        let known: BTreeSet<&str> = found.models.iter().map(|known| known.id.as_str()).collect();
        if known.iter().any(|known| catalog::same_model(name, known)) {
            return;
        }
        let digits = |text: &str| {
            text.chars()
                .filter(char::is_ascii_digit)
                .collect::<String>()
        };
        let meant = nearest(name, &known).filter(|meant| digits(meant) == digits(name));
        let is_served = found
            .endpoints
            .iter()
            .any(|one| one.serves.is_empty() || one.serves_model(name));
        let what = match (meant, nearest(name, &known), is_served) {
            (Some(meant), ..) | (None, Some(meant), false) => {
                format!("{provider} has no model \"{name}\". Did you mean \"{meant}\"?")
            }
            (None, None, false) => {
                format!("no endpoint of {provider} serves a model \"{name}\"")
            }
            (None, _, true) => return,
        };
        self.err(model, what);
    }
}

fn has_prices(entry: &file::Price) -> bool {
    let prices = [
        entry.input,
        entry.output,
        entry.cache_read,
        entry.cache_write,
        entry.cache_write_hour,
    ];
    prices.iter().any(Option::is_some) || entry.long_prompt.is_some() || entry.hours.is_some()
}

#[cfg(test)]
mod tests;
