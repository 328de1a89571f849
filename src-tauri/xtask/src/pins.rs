//! The versions of the clients that are tested: `tests/clients/pins.toml`, read and rewritten line by line, because
//! this crate has no dependency that parses TOML.

use std::path::PathBuf;

use crate::step::{Failed, Outcome};
use crate::tree::root;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registry {
    Npm,
    Pypi,
}

/// One client: a folder of packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) registry: Registry,
    /// Name of the section, and of its folder in `target/clients`.
    pub(crate) name: String,
    pub(crate) packages: Vec<Package>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Versions from this one on do not work with the rest of the client.
    pub(crate) below: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Pins {
    text: String,
    pub(crate) clients: Vec<Client>,
}

impl Pins {
    fn file() -> PathBuf {
        root().join("tests/clients/pins.toml")
    }

    pub(crate) fn read() -> Outcome<Pins> {
        let file = Self::file();
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Failed::new(format!("cannot read {}: {error}", file.display())))?;
        Self::parse(text)
    }

    pub(crate) fn write(&self) -> Outcome {
        Ok(std::fs::write(Self::file(), &self.text)?)
    }

    fn parse(text: String) -> Outcome<Pins> {
        let mut clients: Vec<Client> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            let wrong = || Failed::new(format!("pins.toml, line {}: `{line}`", number + 1));
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                let (registry, name) = section.split_once('.').ok_or_else(wrong)?;
                let registry = match registry {
                    "npm" => Registry::Npm,
                    "pypi" => Registry::Pypi,
                    _ => return Err(wrong()),
                };
                clients.push(Client {
                    registry,
                    name: name.to_owned(),
                    packages: Vec::new(),
                });
                continue;
            }
            let package = package(line).ok_or_else(wrong)?;
            clients.last_mut().ok_or_else(wrong)?.packages.push(package);
        }
        Ok(Pins { text, clients })
    }

    pub(crate) fn client(&self, name: &str) -> Outcome<&Client> {
        self.clients
            .iter()
            .find(|client| client.name == name)
            .ok_or_else(|| Failed::new(format!("pins.toml has no section for {name}")))
    }

    /// Changes the version of a client's package, here and in the text.
    pub(crate) fn set(&mut self, client: &str, package: &str, version: &str) -> Outcome {
        let mut section = String::new();
        let mut lines = Vec::new();
        for line in self.text.lines() {
            if let Some(head) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                section = head.split_once('.').map_or("", |(_, name)| name).to_owned();
            }
            let pinned = self::package(line).filter(|it| section == client && it.name == package);
            lines.push(match pinned {
                Some(pinned) => line.replacen(
                    &format!("\"{}\"", pinned.version),
                    &format!("\"{version}\""),
                    1,
                ),
                None => line.to_owned(),
            });
        }
        *self = Self::parse(lines.join("\n") + "\n")?;
        Ok(())
    }
}

impl Client {
    /// In the format of npm and pip.
    pub(crate) fn pinned(&self) -> Vec<String> {
        self.packages
            .iter()
            .map(|Package { name, version, .. }| match self.registry {
                Registry::Npm => format!("{name}@{version}"),
                Registry::Pypi => format!("{name}=={version}"),
            })
            .collect()
    }
}

/// `name = "1.2"`, `"name" = { version = "1.2", below = "2" }`.
fn package(line: &str) -> Option<Package> {
    let (name, value) = line.split_once(" = ")?;
    let quoted = |text: &str| {
        let text = text.trim().strip_prefix('"')?.strip_suffix('"')?;
        (!text.is_empty() && !text.contains('"')).then(|| text.to_owned())
    };
    let name = quoted(name).unwrap_or_else(|| name.trim().to_owned());
    let (version, below) = match value.trim().strip_prefix('{') {
        None => (quoted(value)?, None),
        Some(table) => {
            let (version, below) = table.strip_suffix('}')?.split_once(',')?;
            let version = version.trim().strip_prefix("version = ")?;
            let below = below.trim().strip_prefix("below = ")?;
            (quoted(version)?, Some(quoted(below)?))
        }
    };
    Some(Package {
        name,
        version,
        below,
    })
}

/// Whether `version` is older than `other`, by the numbers that both have.
pub(crate) fn is_older(version: &str, other: &str) -> bool {
    numbers(version) < numbers(other)
}

/// `None`: a pre-release.
pub(crate) fn release(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

fn numbers(version: &str) -> Vec<u64> {
    version
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Pins.\n[npm.node]\nnode = { version = \"24.21.0\", below = \"25\" }\n\n[pypi.llm]\nllm = \"0.36\"\n\
                        \"litellm[proxy]\" = \"0.36\"\n";

    #[test]
    fn pins_are_read_and_one_is_raised_in_its_own_section() {
        let mut pins = Pins::parse(TEXT.to_owned()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(pins.clients[0].pinned(), ["node@24.21.0"]);
        assert_eq!(pins.clients[0].packages[0].below.as_deref(), Some("25"));
        assert_eq!(
            pins.clients[1].pinned(),
            ["llm==0.36", "litellm[proxy]==0.36"]
        );
        let set = pins.set("llm", "litellm[proxy]", "0.37");
        assert!(set.is_ok());
        assert_eq!(
            pins.clients[1].pinned(),
            ["llm==0.36", "litellm[proxy]==0.37"]
        );
        assert!(pins.text.starts_with("# Pins.\n"), "{}", pins.text);
    }

    #[test]
    fn an_invalid_pin_is_reported_with_its_line() {
        for wrong in ["[node]", "[apt.node]", "node", "[npm.node]\nnode = 24"] {
            let Err(failed) = Pins::parse(wrong.to_owned()) else {
                panic!("{wrong}");
            };
            assert!(
                failed.to_string().starts_with("pins.toml, line "),
                "{failed}"
            );
        }
    }

    #[test]
    fn the_file_has_every_client_that_the_tests_need() {
        let pins = Pins::read().unwrap_or_else(|error| panic!("{error}"));
        for name in crate::clients::TESTED {
            assert!(pins.client(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn versions_are_compared_by_number() {
        assert!(is_older("2.1.197", "2.1.332"));
        assert!(!is_older("24.21.0", "24.9.0"));
        assert!(!is_older("25.0.0", "25"));
        assert!(release("2.1.0-beta.1").is_none());
    }
}
