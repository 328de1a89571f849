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
use crate::shell::ShellFiles;
use crate::surroundings::Surroundings;

/// A key of another layer with another address.
pub(crate) struct Override {
    /// "/etc/client/managed.json", "~/.zshrc, line 3," or "the environment"
    pub place: String,
    pub key: String,
    pub value: String,
    pub scope: ClientFileScope,
    /// For a profile: the command that uses it.
    pub used_by: String,
}

impl Override {
    /// It applies to requests that are sent now; a profile applies only where the user selects it.
    pub(crate) fn is_active(&self) -> bool {
        self.scope != ClientFileScope::Profile
    }
}

fn scope(layer: &Layer) -> ClientFileScope {
    match layer.scope {
        Scope::Project => ClientFileScope::Project,
        Scope::Profile => ClientFileScope::Profile,
        Scope::Environment => ClientFileScope::Environment,
        Scope::Managed => ClientFileScope::Managed,
    }
}

/// Each with the name of its profile.
fn paths(layer: &Layer, surroundings: &Surroundings) -> Vec<(PathBuf, String)> {
    let paths = surroundings.choose(&layer.paths, &layer.macos, &layer.windows);
    let known = paths.iter().filter_map(|path| surroundings.expand(path));
    let known: Vec<PathBuf> = match (layer.scope, &surroundings.project) {
        // The user's own folder is no project.
        (Scope::Project, Some(project)) if *project != surroundings.home => {
            known.map(|path| project.join(path)).collect()
        }
        (Scope::Project, _) => Vec::new(),
        (Scope::Environment | Scope::Managed | Scope::Profile, _) => known.collect(),
    };
    let files = known.iter().flat_map(|path| surroundings.matching(path));
    files.collect()
}

pub(crate) fn files(client: Client, surroundings: &Surroundings) -> Vec<ClientFile> {
    let layers = client.connection.layers.iter();
    let files = layers.flat_map(|layer| {
        let file = move |(path, _): (PathBuf, String)| ClientFile {
            path: surroundings.shown(&path),
            scope: scope(layer),
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
    shells: &ShellFiles,
) -> Vec<Override> {
    let mut found = Vec::new();
    for layer in &client.connection.layers {
        let is_harmless = |value: &str| {
            matches!(value, "" | "0" | "false")
                || layer.harmless.iter().any(|it| it == value)
                || address.is_own(value)
        };
        let mut add = |place: &str, key: &str, value: &str, profile: &str| {
            if !is_harmless(value) {
                let used_by = layer.used_by.as_deref().unwrap_or_default();
                found.push(Override {
                    place: place.to_owned(),
                    key: key.to_owned(),
                    value: hide(&address.hide(value)),
                    scope: scope(layer),
                    used_by: used_by.replace("{profile}", profile),
                });
            }
        };
        for name in &layer.variables {
            let of_shells = shells.variables.iter().filter(|line| line.name == *name);
            let mut here = surroundings.variables.get(name);
            for line in of_shells {
                add(&line.place, name, &line.value, "");
                // The line is where this process has it from.
                here = here.filter(|here| **here != line.value);
            }
            if let Some(value) = here {
                add("the environment", name, value, "");
            }
        }
        let format = layer.format.unwrap_or(SettingsFormat::Json);
        for (path, profile) in paths(layer, surroundings) {
            // What cannot be read here cannot be read by the client either.
            let Ok(source) = Source::read(&path, surroundings) else {
                continue;
            };
            for key in &layer.keys {
                let value = format::get(format, source.text(), &KeyPath::parse(key));
                if let Ok(Some(value)) = value {
                    add(&source.shown, key, &value.text, &profile);
                }
            }
        }
    }
    found
}

/// As a warning before a change.
pub(crate) fn sentence(one: &Override) -> String {
    let Override {
        place, key, value, ..
    } = one;
    match one.scope {
        ClientFileScope::Project => {
            format!("{place} sets {key} = {value}; it applies in this project.")
        }
        ClientFileScope::Profile => {
            let used_by = &one.used_by;
            format!("{place} sets {key} = {value}; it applies with `{used_by}`.")
        }
        ClientFileScope::User | ClientFileScope::Environment | ClientFileScope::Managed => {
            format!("{place} sets {key} = {value}, which overrides this change.")
        }
    }
}
