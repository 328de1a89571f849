//! What may send some requests of a client elsewhere, although its settings point here.

use std::path::PathBuf;

use crate::address::Address;
use crate::client::Client;
use crate::hide::hide;
use crate::receipt::Receipt;
use crate::shell::{self, ShellFiles, ShellLine};
use crate::surroundings::Surroundings;

pub(crate) fn notes(
    client: Client,
    surroundings: &Surroundings,
    address: &Address,
    shells: &ShellFiles,
    receipt: Option<&Receipt>,
) -> Vec<String> {
    let files = receipt.map_or(&[] as &[_], |receipt| &receipt.files);
    let connected: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    let mut notes = aliases(client, address, shells);
    notes.extend(folders(client, surroundings, shells, &connected));
    notes.extend(variables(client, surroundings, address, shells));
    notes
}

/// Aliases that start a program of the client with another address.
fn aliases(client: Client, address: &Address, shells: &ShellFiles) -> Vec<String> {
    let connection = client.connection;
    let note = |alias: &ShellLine| {
        let mut words = alias.value.split_whitespace();
        let program = words.find(|word| !word.contains('='))?;
        let is_own = connection.programs.iter().any(|own| own == program);
        let switch = connection
            .switches
            .iter()
            .find(|it| alias.value.contains(*it))?;
        // One with our token comes here.
        let ours = address.hide(&alias.value) != alias.value;
        (is_own && !ours).then(|| {
            format!(
                "{} makes the alias {} of `{program}` with {switch}, which overrides the settings.",
                alias.place, alias.name
            )
        })
    };
    shells.aliases.iter().filter_map(note).collect()
}

/// Variables that move the folder of the settings, where this process does not have them. `connected`: files that were changed.
fn folders(
    client: Client,
    surroundings: &Surroundings,
    shells: &ShellFiles,
    connected: &[PathBuf],
) -> Vec<String> {
    let paths = || client.connection.files.iter().flat_map(|file| &file.paths);
    let note = |line: &ShellLine| {
        let template = paths().find_map(|path| variable(path, &line.name))?;
        let there = shell::folder(&line.value, surroundings);
        let is_known = there.as_ref().is_some_and(|there| {
            surroundings.expand(template).as_ref() == Some(there)
                || connected.iter().any(|file| file.starts_with(there))
        });
        let ShellLine { place, name, value } = line;
        (!is_known).then(|| {
            format!(
                "{place} sets {name} = {}: started from that shell, {} has its settings in that folder. `understudyd connect {}` in that shell connects it there.",
                hide(value),
                client.name(),
                client.id()
            )
        })
    };
    shells.variables.iter().filter_map(note).collect()
}

/// `${NAME:-~/.folder}` of a path that begins with this variable.
fn variable<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let inner = path.strip_prefix("${")?.strip_prefix(name)?;
    let end = path.find('}')? + 1;
    inner.starts_with([':', '}']).then(|| &path[..end])
}

/// Where its requests go without the connection, if a variable has an address: each a sentence.
pub fn shadowed(client: Client, surroundings: &Surroundings, address: &Address) -> Vec<String> {
    variables(client, surroundings, address, &shell::read(surroundings))
}

/// Variables with an address that the settings override.
fn variables(
    client: Client,
    surroundings: &Surroundings,
    address: &Address,
    shells: &ShellFiles,
) -> Vec<String> {
    let of_client = |name: &String| client.connection.shadowed.contains(name);
    let lines = shells
        .variables
        .iter()
        .filter(|line| of_client(&line.name))
        .filter(|line| !line.value.is_empty() && !address.is_own(&line.value));
    let mut places: Vec<(&str, &str, &str)> = lines
        .map(|line| (&*line.place, &*line.name, &*line.value))
        .collect();
    for (name, value) in &surroundings.variables {
        let is_known = places.iter().any(|(_, known, _)| known == name);
        if of_client(name) && !is_known && !value.is_empty() && !address.is_own(value) {
            places.push(("the environment", name, value));
        }
    }
    let note = |(place, name, value): (&str, &str, &str)| {
        format!(
            "{place} sets {name} = {}. The settings of {} override it while it is connected; without the connection, requests go there.",
            hide(&address.hide(value)),
            client.name()
        )
    };
    places.into_iter().map(note).collect()
}
