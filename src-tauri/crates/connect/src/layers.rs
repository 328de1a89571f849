//! Files and variables that override the user's settings of a client.

use std::path::PathBuf;

use api::{ClientFile, ClientFileScope};
use catalog::{Layer, Scope, SettingsFormat};

use crate::address::Address;
use crate::client::Client;
use crate::file::Source;
use crate::format;
use crate::hide::hide;
use crate::path::KeyPath;
use crate::surroundings::Surroundings;

/// A key of another layer with another address.
pub(crate) struct Override {
    /// "/etc/client/managed.json" or "CLIENT_SWITCH in the environment"
    pub place: String,
    pub key: String,
    pub value: String,
    pub is_project: bool,
}

fn paths(layer: &Layer, surroundings: &Surroundings) -> Vec<PathBuf> {
    let paths = surroundings.choose(&layer.paths, &layer.macos, &layer.windows);
    let known = paths.iter().filter_map(|path| surroundings.expand(path));
    match (layer.scope, &surroundings.project) {
        // The user's own folder is no project.
        (Scope::Project, Some(project)) if *project != surroundings.home => {
            known.map(|path| project.join(path)).collect()
        }
        (Scope::Project, _) => Vec::new(),
        (Scope::Environment | Scope::Managed, _) => known.collect(),
    }
}

pub(crate) fn files(client: Client, surroundings: &Surroundings) -> Vec<ClientFile> {
    let layers = client.connection.layers.iter();
    let files = layers.flat_map(|layer| {
        let scope = match layer.scope {
            Scope::Project => ClientFileScope::Project,
            Scope::Environment => ClientFileScope::Environment,
            Scope::Managed => ClientFileScope::Managed,
        };
        let file = move |path: PathBuf| ClientFile {
            path: surroundings.shown(&path),
            scope,
            exists: path.exists(),
        };
        paths(layer, surroundings).into_iter().map(file)
    });
    files.collect()
}

pub(crate) fn overrides(
    client: Client,
    surroundings: &Surroundings,
    address: &Address,
) -> Vec<Override> {
    let mut found = Vec::new();
    for layer in &client.connection.layers {
        for name in &layer.variables {
            let value = surroundings.variables.get(name).map_or("", String::as_str);
            if !matches!(value, "" | "0" | "false") && !address.is_own(value) {
                found.push(Override {
                    place: "the environment".to_owned(),
                    key: name.clone(),
                    value: hide(&address.hide(value)),
                    is_project: false,
                });
            }
        }
        let format = layer.format.unwrap_or(SettingsFormat::Json);
        for path in paths(layer, surroundings) {
            // What cannot be read here cannot be read by the client either.
            let Ok(source) = Source::read(&path, surroundings) else {
                continue;
            };
            for key in &layer.keys {
                let value = format::get(format, source.text(), &KeyPath::parse(key));
                let Ok(Some(value)) = value else { continue };
                if !address.is_own(&value.text) {
                    found.push(Override {
                        place: source.shown.clone(),
                        key: key.clone(),
                        value: hide(&address.hide(&value.text)),
                        is_project: layer.scope == Scope::Project,
                    });
                }
            }
        }
    }
    found
}

pub(crate) fn warnings(
    client: Client,
    surroundings: &Surroundings,
    address: &Address,
) -> Vec<String> {
    let overrides = overrides(client, surroundings, address).into_iter();
    let warning = |one: Override| {
        let Override {
            place, key, value, ..
        } = one;
        if one.is_project {
            format!("{place} sets {key} = {value}; it applies in this project.")
        } else {
            format!("{place} sets {key} = {value}, which overrides this change.")
        }
    };
    overrides.map(warning).collect()
}
