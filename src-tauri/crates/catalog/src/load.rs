use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::file::{self, Read};
use crate::{
    Dialect, Endpoint, EndpointId, Factor, Invalid, Model, ModelId, Price, PriceSource, Provider,
    ProviderId, REHEARSAL, REHEARSAL_PREFIX, same_model,
};

/// All known providers, sorted by id: the bundled files, then the owner's own with the same schema.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    providers: Vec<Provider>,
    /// The owner's prices of models without an entry. They are no entries: a model without known properties stays one.
    own_prices: Vec<(ProviderId, ModelId, Price)>,
}

macro_rules! bundled {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../providers/", $name)))),+]
    };
}

/// Every file of `providers/`; a test fails if one is missing.
const BUNDLED: &[(&str, &str)] = bundled![
    "anthropic.toml",
    "azure.toml",
    "bedrock.toml",
    "cohere.toml",
    "cursor.toml",
    "deepseek.toml",
    "elevenlabs.toml",
    "fireworks.toml",
    "gemini-app.toml",
    "github.toml",
    "google.toml",
    "groq.toml",
    "huggingface.toml",
    "kimi.toml",
    "litellm-proxy.toml",
    "mistral.toml",
    "ollama.toml",
    "openai.toml",
    "openrouter.toml",
    "perplexity.toml",
    "rehearsal.toml",
    "replicate.toml",
    "together.toml",
    "vertex.toml",
    "xai.toml",
];

impl Catalog {
    /// The bundled catalogue.
    pub fn bundled() -> Catalog {
        Self::with_files(&[]).expect("a test reads every bundled file")
    }

    /// The bundled catalogue with the owner's files (name, text). A file of the same name replaces the bundled one, except the
    /// rehearsal's.
    ///
    /// # Errors All problems of all files, each with its file and line.
    pub fn with_files(files: &[(String, String)]) -> Result<Catalog, Vec<Invalid>> {
        let bundled = BUNDLED
            .iter()
            .map(|&(name, text)| (name, text, Whose::Bundled));
        let own = files
            .iter()
            .map(|(name, text)| (&**name, &**text, Whose::Owners));
        let mut invalid = Vec::new();
        let mut by_id = BTreeMap::new();
        for (name, text, whose) in bundled.chain(own) {
            match file::read(name, text) {
                Ok(read) if whose == Whose::Owners && read.provider.id.as_str() == REHEARSAL => {
                    invalid.push(rehearsal_redefined(name));
                }
                Ok(read) => {
                    by_id.insert(read.provider.id.clone(), (whose, read));
                }
                Err(problems) => invalid.extend(problems),
            }
        }
        invalid.extend(duplicate_endpoints(by_id.values()));
        if invalid.is_empty() {
            let providers = by_id.into_values().map(|(_, read)| read.provider).collect();
            Ok(Catalog {
                providers,
                own_prices: Vec::new(),
            })
        } else {
            Err(invalid)
        }
    }

    /// This catalogue with the owner's providers (endpoints in the settings) at its end. One with the id of a provider that has
    /// endpoints replaces it at its position.
    pub fn with_own(&self, own: &[Provider]) -> Catalog {
        let mut providers = self.providers.clone();
        let replaces = |id: &ProviderId| own.iter().any(|one| one.id == *id);
        providers.retain(|known| !known.endpoints.is_empty() || !replaces(&known.id));
        for one in own {
            match providers.iter_mut().find(|known| known.id == one.id) {
                // The order of providers decides which candidate is the primary.
                Some(known) => *known = one.clone(),
                None => providers.push(one.clone()),
            }
        }
        Catalog {
            providers,
            own_prices: Vec::new(),
        }
    }

    /// This catalogue with the owner's discounts and prices. A price replaces every price of its model; a discount applies to
    /// the provider's other ones.
    #[must_use]
    pub fn with_prices(mut self, prices: &[OwnersPrice]) -> Catalog {
        let discounts = prices.iter().filter_map(|one| match one {
            OwnersPrice::Discount { provider, left } => Some((provider, *left)),
            OwnersPrice::Model { .. } => None,
        });
        for (id, left) in discounts {
            let provider = self.providers.iter_mut().find(|known| known.id == *id);
            let models = provider.into_iter().flat_map(|found| &mut found.models);
            for price in models.flat_map(|model| &mut model.prices) {
                *price = Price {
                    source: PriceSource::Discounted,
                    ..price.times(left)
                };
            }
        }
        for one in prices {
            let OwnersPrice::Model {
                provider: id,
                model,
                price,
            } = one
            else {
                continue;
            };
            let provider = self.providers.iter_mut().find(|known| known.id == *id);
            let mut models = provider.into_iter().flat_map(|found| &mut found.models);
            match models.find(|known| known.id == *model) {
                Some(known) => known.prices = vec![Price::clone(price)],
                None => self
                    .own_prices
                    .push((id.clone(), model.clone(), Price::clone(price))),
            }
        }
        self
    }

    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    pub fn provider(&self, id: &ProviderId) -> Option<&Provider> {
        self.providers.iter().find(|p| p.id == *id)
    }

    /// All endpoints, by provider.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.providers.iter().flat_map(|p| &p.endpoints)
    }

    pub fn endpoint(&self, id: &EndpointId) -> Option<&Endpoint> {
        self.endpoints().find(|e| e.id == *id)
    }

    pub fn provider_of(&self, id: &EndpointId) -> Option<&Provider> {
        self.endpoint(id).and_then(|e| self.provider(&e.provider))
    }

    /// The endpoints with this dialect that serve this model without a route. Only the rehearsal provider serves the
    /// rehearsal's models, whatever patterns others have (`*/*`), and it serves no other.
    pub fn serving(&self, dialect: Dialect, model: &str) -> impl Iterator<Item = &Endpoint> {
        let rehearsed = model.starts_with(REHEARSAL_PREFIX);
        self.endpoints()
            .filter(move |e| rehearsed == (e.provider.as_str() == REHEARSAL))
            .filter(move |e| e.speaks(dialect) && e.serves_model(model))
    }

    /// The known properties of a model at a provider. Dated ids (`claude-sonnet-4-5-20250929`) match the undated entry.
    pub fn model(&self, provider: &ProviderId, model: &str) -> Option<&Model> {
        Model::known(&self.provider(provider)?.models, model)
    }

    /// The price of a model at a provider for a request that begins at this time. Dated ids (`claude-sonnet-4-5-20250929`)
    /// match the undated entry.
    pub fn price(&self, provider: &ProviderId, model: &str, at: DateTime<Utc>) -> Option<&Price> {
        let of_model = self.model(provider, model);
        let listed = of_model.and_then(|known| known.price(at));
        listed.or_else(|| self.own_price(provider, model))
    }

    /// The price for the cost of a request that is not sent yet.
    pub fn planned_price(&self, provider: &ProviderId, model: &str) -> Option<&Price> {
        let of_model = self.model(provider, model);
        let listed = of_model.and_then(Model::planned_price);
        listed.or_else(|| self.own_price(provider, model))
    }

    fn own_price(&self, provider: &ProviderId, model: &str) -> Option<&Price> {
        let mut own = self.own_prices.iter();
        let found = own.find(|(of, id, _)| of == provider && same_model(model, id.as_str()));
        found.map(|(.., price)| price)
    }
}

/// An entry of the owner's settings about prices.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnersPrice {
    Model {
        provider: ProviderId,
        model: ModelId,
        price: Box<Price>,
    },
    /// What is left of the provider's list prices.
    Discount { provider: ProviderId, left: Factor },
}

/// The origin of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Bundled,
    Owners,
}

/// The rehearsal provider must never be replaced by a real one.
fn rehearsal_redefined(file: &str) -> Invalid {
    Invalid {
        file: file.to_owned(),
        line: 1,
        problem: format!(
            "`{REHEARSAL}` is the built-in provider for demos and drills and cannot be replaced; give this file another name"
        ),
    }
}

/// Endpoint ids are unique over all providers, because routes and keys use them alone. The problem is reported in the owner's
/// file.
fn duplicate_endpoints<'a>(files: impl Iterator<Item = &'a (Whose, Read)>) -> Vec<Invalid> {
    let mut files: Vec<_> = files.collect();
    files.sort_by_key(|(whose, _)| *whose);
    let mut first: BTreeMap<&EndpointId, (Whose, &Read)> = BTreeMap::new();
    let mut twice = Vec::new();
    for (whose, read) in files {
        for (id, line) in &read.endpoint_lines {
            let Some((elsewhere, before)) = first.get(id) else {
                first.insert(id, (*whose, read));
                continue;
            };
            let remedy = match elsewhere {
                Whose::Bundled if before.provider.id.as_str() == REHEARSAL => {
                    "a built-in provider; choose another id".to_owned()
                }
                Whose::Bundled => format!(
                    "a built-in provider; choose another id, or name this file `{}` to replace that provider",
                    before.file
                ),
                Whose::Owners => format!("{}; choose another id in one of the two", before.file),
            };
            twice.push(Invalid {
                file: read.file.clone(),
                line: *line,
                problem: format!("endpoint id `{id}` is already used by {remedy}"),
            });
        }
    }
    twice
}

#[cfg(test)]
mod tests;
