//! Each claim of docs/trust.md names a test, or a piece of code, that exists.

use std::fs;
use std::path::Path;

use super::root;

/// The code spans that are names of functions or constants, of the rows' last cells and of the text.
fn names(page: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for line in page.lines() {
        let cells = line.trim_matches('|').rsplit_once('|');
        let claims = match (line.starts_with('|'), cells) {
            (true, Some((_, last))) => last,
            (true, None) | (false, _) => line,
        };
        let spans = claims.split('`').skip(1).step_by(2);
        names.extend(spans.filter(|name| is_name_of_a_test(name) || *name == "TOOL"));
    }
    names
}

/// Settings have at most four words.
fn is_name_of_a_test(name: &str) -> bool {
    let words = name.split('_').count();
    let plain = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    words > 4 && plain
}

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if path.is_dir() && name != "target" && name != "node_modules" {
            sources(&path, text);
        } else if path.extension().is_some_and(|end| end == "rs") {
            *text += &fs::read_to_string(&path).unwrap();
        }
    }
}

#[test]
fn every_claim_of_the_trust_page_names_what_shows_it() {
    let page = fs::read_to_string(root().join("docs/trust.md")).unwrap();
    let mut text = String::new();
    sources(&root().join("src-tauri/crates"), &mut text);
    sources(&root().join("tests"), &mut text);
    let names = names(&page);
    let missing: Vec<&&str> = names
        .iter()
        .filter(|name| {
            let function = text.contains(&format!("fn {name}("));
            !function && !text.contains(&format!("const {name}:"))
        })
        .collect();
    assert!(missing.is_empty(), "no test has this name: {missing:?}");
    assert!(names.len() > 15, "{names:?}");
}
