//! Links between pages lead to a file, and to a heading in it.

use std::fs;

use super::markdown::prose;

/// The targets of `[text](target)` in a page.
fn targets(text: &str) -> Vec<String> {
    let prose = prose(text);
    let after = prose.split("](").skip(1);
    after
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .collect()
}

/// The anchor of a heading, as GitHub builds it.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.collect::<String>()
        .trim()
        .to_lowercase()
        .replace(' ', "-")
}

#[test]
fn every_link_in_the_documentation_leads_somewhere() {
    let mut broken = Vec::new();
    let mut count = 0;
    for page in super::pages() {
        for target in targets(&page.text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            count += 1;
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = match file {
                "" => page.path.clone(),
                file => page.path.parent().unwrap().join(file),
            };
            let there = path.exists();
            let found = heading.is_empty()
                || fs::read_to_string(&path).is_ok_and(|text| {
                    let headings = text.lines().filter(|line| line.starts_with('#'));
                    headings
                        .map(|line| anchor(line.trim_start_matches('#')))
                        .any(|one| one == heading)
                });
            if !there || !found {
                broken.push(format!("{}: {target}", page.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(count > 20, "{count} links were found");
}

#[test]
fn a_heading_has_the_anchor_of_its_words() {
    assert_eq!(anchor(" Does it see my prompts?"), "does-it-see-my-prompts");
    assert_eq!(anchor(" `[listen]`"), "listen");
    assert_eq!(targets("see [a](b.md#c) and `[x](y)`"), ["b.md#c"]);
}
