//! The libraries inside the programs: CycloneDX lists, and their license texts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::json::Json;
use crate::checks::cargo;
use crate::step::{Done, Outcome, ask};
use crate::system::npm;
use crate::tree::root;

pub(super) const ENGINE_LIST: &str = "understudyd.cdx.json";
pub(super) const SHELL_LIST: &str = "understudy.cdx.json";
const UI_LIST: &str = "understudy-ui.cdx.json";
pub(super) const LICENSES: &str = "third-party-licenses.txt";

pub(super) fn write(folder: &Path) -> Outcome<Done> {
    let sums = checksums(&std::fs::read_to_string(root().join("Cargo.lock"))?);
    let mut all = BTreeSet::new();
    for (package, program, file) in [
        ("engine", "understudyd", ENGINE_LIST),
        ("understudy", "understudy", SHELL_LIST),
    ] {
        let libraries = of_package(package)?;
        let list = listed(program, &libraries, &sums);
        std::fs::write(folder.join(file), format!("{list}\n"))?;
        all.extend(libraries);
    }
    std::fs::write(folder.join(LICENSES), license_texts(&all)?)?;
    let ui = ask(npm().current_dir(root().join("ui")).args([
        "sbom",
        "--package-lock-only",
        "--sbom-format=cyclonedx",
    ]))?;
    std::fs::write(folder.join(UI_LIST), ui)?;
    Ok(Done::Did(format!("{} crates", all.len())))
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Library {
    name: String,
    version: String,
    /// An SPDX expression.
    license: String,
}

fn of_package(package: &str) -> Outcome<BTreeSet<Library>> {
    let tree = ask(cargo().args([
        "tree",
        "--locked",
        "--package",
        package,
        "--edges=normal",
        "--prefix=none",
        "--format={p}|{l}",
    ]))?;
    Ok(tree.lines().filter_map(parse).collect())
}

/// "serde v1.0.2 (proc-macro)|MIT OR Apache-2.0 (*)"; crates of this repository have a path and are left out.
fn parse(line: &str) -> Option<Library> {
    let (package, license) = line.trim_end_matches(" (*)").split_once('|')?;
    let mut words = package.split(' ');
    let name = words.next()?;
    let version = words.next()?.strip_prefix('v')?;
    let is_ours = words.any(|word| word.starts_with("(/") || word.contains(":\\"));
    (!is_ours).then(|| Library {
        name: name.to_owned(),
        version: version.to_owned(),
        // The form before SPDX expressions.
        license: license.replace('/', " OR "),
    })
}

/// The checksum of each name and version in `Cargo.lock`.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let mut sums = BTreeMap::new();
    for package in lock.split("[[package]]") {
        let field = |name: &str| {
            package.lines().find_map(|line| {
                let value = line.strip_prefix(name)?.strip_prefix(" = \"")?;
                value.strip_suffix('"').map(str::to_owned)
            })
        };
        if let (Some(name), Some(version), Some(sum)) =
            (field("name"), field("version"), field("checksum"))
        {
            sums.insert((name, version), sum);
        }
    }
    sums
}

fn listed(
    program: &str,
    libraries: &BTreeSet<Library>,
    sums: &BTreeMap<(String, String), String>,
) -> Json {
    let components = libraries.iter().map(|library| {
        let reference = format!("pkg:cargo/{}@{}", library.name, library.version);
        let mut fields = vec![
            ("type".to_owned(), Json::text("library")),
            ("bom-ref".to_owned(), Json::text(&reference)),
            ("name".to_owned(), Json::text(&library.name)),
            ("version".to_owned(), Json::text(&library.version)),
            ("purl".to_owned(), Json::text(&reference)),
        ];
        let license = Json::object([("expression", Json::text(&library.license))]);
        fields.push(("licenses".to_owned(), Json::List(vec![license])));
        if let Some(sum) = sums.get(&(library.name.clone(), library.version.clone())) {
            let hash = Json::object([("alg", Json::text("SHA-256")), ("content", Json::text(sum))]);
            fields.push(("hashes".to_owned(), Json::List(vec![hash])));
        }
        Json::Object(fields)
    });
    let subject = Json::object([
        ("type", Json::text("application")),
        ("bom-ref", Json::text(program)),
        ("name", Json::text(program)),
        ("version", Json::text(env!("CARGO_PKG_VERSION"))),
    ]);
    Json::object([
        ("bomFormat", Json::text("CycloneDX")),
        ("specVersion", Json::text("1.5")),
        ("version", Json::Number(1)),
        ("metadata", Json::object([("component", subject)])),
        ("components", Json::List(components.collect())),
    ])
}

/// Each text once, under the names of the crates that have it.
fn license_texts(libraries: &BTreeSet<Library>) -> Outcome<String> {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for library in libraries {
        let folder = format!("{}-{}", library.name, library.version);
        for source in sources(&folder)? {
            let text = String::from_utf8_lossy(&std::fs::read(source)?).into_owned();
            owners.entry(text).or_default().push(folder.clone());
        }
    }
    let mut texts: Vec<(Vec<String>, String)> = owners
        .into_iter()
        .map(|(text, mut names)| {
            names.dedup();
            (names, text)
        })
        .collect();
    texts.sort();
    let texts = texts
        .iter()
        .map(|(names, text)| format!("{}\n\n{}\n\n{:-<80}\n", names.join(", "), text.trim(), ""));
    Ok(texts.collect())
}

/// The license files of a crate, in cargo's folder of downloaded sources.
fn sources(folder: &str) -> Outcome<Vec<PathBuf>> {
    let cargo = std::env::var_os("CARGO_HOME").map_or_else(
        || std::env::home_dir().unwrap_or_default().join(".cargo"),
        PathBuf::from,
    );
    let mut files = Vec::new();
    for registry in std::fs::read_dir(cargo.join("registry/src"))? {
        let source = registry?.path().join(folder);
        if !source.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(source)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = name.to_ascii_uppercase();
            let is_license = [
                "LICENSE",
                "LICENCE",
                "COPYING",
                "COPYRIGHT",
                "NOTICE",
                "UNLICENSE",
            ]
            .iter()
            .any(|start| name.starts_with(start));
            if is_license && path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{Library, checksums, parse};

    #[test]
    fn a_line_of_the_tree_is_a_library_unless_it_is_ours() {
        let library = |name: &str, version: &str, license: &str| {
            Some(Library {
                name: name.to_owned(),
                version: version.to_owned(),
                license: license.to_owned(),
            })
        };
        assert_eq!(
            parse("serde_derive v1.0.2 (proc-macro)|MIT/Apache-2.0 (*)"),
            library("serde_derive", "1.0.2", "MIT OR Apache-2.0")
        );
        assert_eq!(
            parse("ring v0.17.14|Apache-2.0 AND ISC"),
            library("ring", "0.17.14", "Apache-2.0 AND ISC")
        );
        assert_eq!(parse("wire v0.1.0 (/src/wire)|MIT"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn the_lock_file_names_the_checksum_of_a_version() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry\"\nchecksum = \"ab12\"\ndependencies = [\n \"b\",\n]\n\n[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n";
        let sums = checksums(lock);
        assert_eq!(sums.len(), 1);
        assert_eq!(sums[&("a".to_owned(), "1.0.0".to_owned())], "ab12");
    }
}
