use std::collections::BTreeSet;

use catalog::{Catalog, ModelId, ProviderId, SurfaceId};

/// Maximum number of names; further ones are counted.
const NAMED: usize = 3;

/// "Claude and OpenAI", "Claude, OpenAI and Cursor"
pub fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// "haiku, opus, sonnet and 2 more"
pub(crate) fn models(models: &BTreeSet<ModelId>) -> String {
    let mut names: Vec<_> = models.iter().take(NAMED).map(ToString::to_string).collect();
    if models.len() > names.len() {
        names.push(format!("{} more", models.len() - names.len()));
    }
    list(&names)
}

pub(crate) fn product(catalog: &Catalog, id: &ProviderId) -> String {
    let known = catalog.provider(id);
    known.map_or_else(|| id.to_string(), |p| p.product.clone())
}

/// The company: "Anthropic".
pub(crate) fn vendor(catalog: &Catalog, id: &ProviderId) -> String {
    let known = catalog.provider(id);
    known.map_or_else(|| id.to_string(), |p| p.name.clone())
}

pub(crate) fn surfaces(catalog: &Catalog, id: &ProviderId, surfaces: &[SurfaceId]) -> String {
    let known = catalog.provider(id).map_or(&[][..], |p| &p.surfaces);
    let name = |id: &SurfaceId| {
        let surface = known.iter().find(|s| s.id == *id);
        surface.map_or_else(|| id.to_string(), |s| s.name.clone())
    };
    list(&surfaces.iter().map(name).collect::<Vec<_>>())
}
