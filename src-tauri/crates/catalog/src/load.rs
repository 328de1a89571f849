use crate::{Endpoint, EndpointId, Price, Provider, ProviderId};

/// All known providers: the bundled files, then the owner's own with the same schema.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    providers: Vec<Provider>,
}

/// One thing wrong with a catalogue file, in words that tell what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct Invalid {
    pub file: String,
    pub line: usize,
    pub problem: String,
}

impl Catalog {
    /// The bundled catalogue.
    pub fn bundled() -> Catalog {
        Catalog::default()
    }

    /// The bundled catalogue with the owner's files (name, text) added; a file of the same name replaces the bundled one.
    pub fn with_files(_files: &[(String, String)]) -> Result<Catalog, Vec<Invalid>> {
        Ok(Catalog::default())
    }

    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    pub fn provider(&self, id: &ProviderId) -> Option<&Provider> {
        self.providers.iter().find(|p| p.id == *id)
    }

    pub fn endpoint(&self, id: &EndpointId) -> Option<&Endpoint> {
        self.providers
            .iter()
            .flat_map(|p| &p.endpoints)
            .find(|e| e.id == *id)
    }

    /// The price of a model at a provider. Dated ids (`claude-sonnet-4-5-20250929`) match the undated entry.
    pub fn price(&self, _provider: &ProviderId, _model: &str) -> Option<&Price> {
        None
    }
}
