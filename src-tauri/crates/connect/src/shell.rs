//! What the start files of shells set. They are read, and no shell is run: a line inside a condition counts as executed.

mod script;

use std::path::PathBuf;

use crate::file::Source;
use crate::surroundings::{Surroundings, System};

use script::{Script, Syntax};

/// Later files of one shell override earlier ones; each shell reads only some of them.
const UNIX: [(&str, Syntax); 17] = [
    ("/etc/environment", Syntax::Lines),
    ("/etc/profile", Syntax::Shell),
    ("/etc/zshenv", Syntax::Shell),
    (
        "${XDG_CONFIG_HOME:-~/.config}/environment.d/*.conf",
        Syntax::Lines,
    ),
    ("~/.profile", Syntax::Shell),
    ("~/.bash_profile", Syntax::Shell),
    ("~/.bash_login", Syntax::Shell),
    ("~/.bashrc", Syntax::Shell),
    ("~/.bash_aliases", Syntax::Shell),
    ("${ZDOTDIR:-~}/.zshenv", Syntax::Shell),
    ("${ZDOTDIR:-~}/.zprofile", Syntax::Shell),
    ("${ZDOTDIR:-~}/.zshrc", Syntax::Shell),
    ("${ZDOTDIR:-~}/.zlogin", Syntax::Shell),
    (
        "${XDG_CONFIG_HOME:-~/.config}/fish/fish_variables",
        Syntax::FishVariables,
    ),
    (
        "${XDG_CONFIG_HOME:-~/.config}/fish/conf.d/*.fish",
        Syntax::Shell,
    ),
    (
        "${XDG_CONFIG_HOME:-~/.config}/fish/config.fish",
        Syntax::Shell,
    ),
    ("~/.config/powershell/profile.ps1", Syntax::Shell),
];
const WINDOWS: [(&str, Syntax); 4] = [
    ("~/Documents/PowerShell/profile.ps1", Syntax::Shell),
    (
        "~/Documents/PowerShell/Microsoft.PowerShell_profile.ps1",
        Syntax::Shell,
    ),
    ("~/Documents/WindowsPowerShell/profile.ps1", Syntax::Shell),
    (
        "~/Documents/WindowsPowerShell/Microsoft.PowerShell_profile.ps1",
        Syntax::Shell,
    ),
];

/// A line that sets a variable for the programs of a shell, or an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShellLine {
    /// "~/.zshrc, line 3,"
    pub place: String,
    pub name: String,
    /// As written, without quotes.
    pub value: String,
}

#[derive(Debug, Default)]
pub(crate) struct ShellFiles {
    pub variables: Vec<ShellLine>,
    pub aliases: Vec<ShellLine>,
}

pub(crate) fn read(surroundings: &Surroundings) -> ShellFiles {
    let known: &[(&str, Syntax)] = match surroundings.system {
        System::Linux | System::Macos => &UNIX,
        System::Windows => &WINDOWS,
    };
    let mut all = ShellFiles::default();
    for (path, syntax) in known {
        let path = surroundings.expand(path);
        let paths = path.map_or_else(Vec::new, |path| surroundings.matching(&path));
        for (path, _) in paths {
            // What cannot be read here cannot be read by the shell either.
            let Ok(source) = Source::read(&path, surroundings) else {
                continue;
            };
            let script = Script::parse(source.text(), *syntax);
            let line = |(number, name, value)| ShellLine {
                place: format!("{}, line {number},", source.shown),
                name,
                value,
            };
            all.variables.extend(script.variables().map(line));
            all.aliases.extend(script.aliases.into_iter().map(line));
        }
    }
    all
}

/// A folder as a shell would expand it; `None`: it depends on another variable.
pub(crate) fn folder(value: &str, surroundings: &Surroundings) -> Option<PathBuf> {
    let home = ["$HOME", "${HOME}", "$env:USERPROFILE", "$env:HOME"];
    let below = home.iter().find_map(|home| value.strip_prefix(home));
    let path = below.map_or_else(|| value.to_owned(), |below| format!("~{below}"));
    if path.contains('$') {
        return None;
    }
    surroundings.expand(&path)
}
