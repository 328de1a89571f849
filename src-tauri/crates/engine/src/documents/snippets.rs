//! Every TOML block is accepted as settings. One for another program's file begins with a comment that names that file.

use catalog::Catalog;
use saphyr::LoadableYamlNode;

use super::markdown::{Code, code};
use crate::settings::Settings;

fn of_another_file(lines: &[String]) -> bool {
    let first = lines.first().and_then(|line| line.strip_prefix('#'));
    first.is_some_and(|comment| {
        let mut words = comment.split_whitespace();
        words.any(|word| word.ends_with(".toml") && !word.ends_with("settings.toml"))
    })
}

#[test]
fn every_settings_snippet_in_the_documentation_is_accepted() {
    let catalog = Catalog::bundled();
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in super::pages() {
        for piece in code(&page.text) {
            let Code::Block {
                line,
                language,
                lines,
            } = piece
            else {
                continue;
            };
            if language != "toml" || of_another_file(&lines) {
                continue;
            }
            count += 1;
            if let Err(errors) = Settings::parse(&lines.join("\n"), &catalog) {
                wrong.push(format!("{}:{line}: {errors:?}", page.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 0, "there are snippets");
}

#[test]
fn every_yaml_snippet_in_the_documentation_is_yaml() {
    let mut count = 0;
    for page in super::pages() {
        for piece in code(&page.text) {
            let Code::Block {
                line,
                language,
                lines,
            } = piece
            else {
                continue;
            };
            if language == "yaml" {
                count += 1;
                let read = saphyr::Yaml::load_from_str(&lines.join("\n"));
                assert!(read.is_ok(), "{}:{line}: {read:?}", page.path.display());
            }
        }
    }
    assert!(count > 0, "there are snippets");
}
