//! Figures in the documents that have their source in another file.

use std::fs;

use wire::FailureClass;

use super::root;

fn read(file: &str) -> String {
    let path = root().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text between these two.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before}"));
    rest.split(after).next().unwrap_or_default()
}

#[test]
fn the_required_versions_are_those_of_the_manifests() {
    let manifest = read("Cargo.toml");
    let rust = between(&manifest, "rust-version = \"", "\"");
    let package = read("ui/package.json");
    let node = between(&package, "\"node\": \">=", "\"");
    for page in ["README.md", "CONTRIBUTING.md"] {
        let needed = format!("Rust ({rust} or newer) and Node.js ({node} or newer)");
        assert!(read(page).contains(&needed), "{page}: {needed}");
    }
    let version = between(&manifest, "\nversion = \"", "\"");
    let image = format!("understudyd_{version}_amd64.oci.tar");
    assert!(read("docs/packages.md").contains(&image), "{image}");
}

#[test]
fn the_versions_of_measured_programs_are_the_pinned_ones() {
    let pins = read("tests/clients/pins.toml");
    let n8n = between(&pins, "\nn8n = \"", "\"");
    let litellm = between(&pins, "\"litellm[proxy]\" = \"", "\"");
    assert!(read("docs/n8n.md").contains(&format!("Checked with n8n {n8n} ")));
    assert!(read("docs/guarantees.md").contains(&format!("one limit ({litellm})")));
}

#[test]
fn the_waits_of_n8n_are_those_of_its_files() {
    let page = read("docs/n8n.md");
    let waits = |client: &str| {
        let file = read(&format!("src-tauri/crates/catalog/clients/{client}.toml"));
        between(&file, "waits_s = ", "\n").to_owned()
    };
    let sentence = format!(
        "n8n's AI Agent waits {} s, its other nodes {} s",
        waits("n8n-chat-model"),
        waits("n8n")
    );
    assert!(page.contains(&sentence), "{sentence}");
}

#[test]
fn the_alerts_are_described_with_the_figures_of_their_rules() {
    let (rules, page) = (
        read("docs/alerts/understudy.rules.yml"),
        read("docs/alerts.md"),
    );
    for (alert, figures) in [
        ("UnderstudyEngineDown", &["2 minutes"] as &[&str]),
        ("UnderstudyRequestsFail", &["5 minutes", "5 %"]),
        ("UnderstudyOnFallback", &["15 minutes"]),
        ("UnderstudyReviewWaiting", &["15 minutes"]),
    ] {
        let rule = between(&rules, &format!("alert: {alert}\n"), "- alert: ");
        let row = between(&page, &format!("| {alert} |"), "\n");
        for figure in figures {
            let in_the_rule = match figure.split_once(' ') {
                Some((minutes, "minutes")) => format!("for: {minutes}m"),
                _ => "> 0.05".to_owned(),
            };
            assert!(
                rule.contains(&in_the_rule),
                "{alert}: {in_the_rule}: {rule}"
            );
            assert!(row.contains(figure), "{alert}: {figure}: {row}");
        }
    }
}

#[test]
fn the_reasons_of_a_fallback_are_all_listed() {
    let page = read("docs/headers.md");
    let row = between(&page, "| `x-understudy-fallback` |", "\n");
    let listed: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
    let classes = FailureClass::ALL.map(FailureClass::as_str);
    for reason in classes.iter().chain(&["breaker", "turn", "choice"]) {
        assert!(listed.contains(reason), "{reason} is not in {listed:?}");
    }
    let known = |word: &&&str| {
        classes.contains(word) || ["breaker", "turn", "choice", "use"].contains(word)
    };
    let unknown: Vec<_> = listed.iter().filter(|word| !known(word)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
