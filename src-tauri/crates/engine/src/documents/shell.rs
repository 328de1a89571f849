//! Commands of `understudyd` in a line of a document.

/// Words of a line in the order of a shell, with quotes, until the command ends. `NAME|OTHER` are two commands; `[…]` may be left
/// out.
pub(super) fn commands(line: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("understudyd ") {
        // The name in a drawing has no arguments.
        if line[at..].starts_with("understudyd  ") {
            continue;
        }
        // A path or a longer word that contains the name is another word.
        let before = line[..at].chars().next_back();
        if before.is_some_and(|letter| letter.is_alphanumeric() || "-_.".contains(letter)) {
            continue;
        }
        found.extend(alternatives(&words(&line[at..])));
    }
    found
}

fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), close) if open == close => quote = None,
            (None, ')' | '#' | ';' | '&' | '>' | '<' | '`') => break,
            (None, ' ') => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    // A pipe is a word, an alternative is inside of one.
    words
        .into_iter()
        .take_while(|word| word != "|" && word != "\\")
        .collect()
}

fn alternatives(words: &[String]) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    for word in words {
        let is_optional = word.starts_with('[') || word.ends_with(']');
        let bare = word.trim_matches(['[', ']', ',', '.', ':']);
        if bare.is_empty() || bare == "…" {
            continue;
        }
        let choices = bare.split('|');
        let longer: Vec<Vec<String>> = choices
            .flat_map(|choice| {
                all.iter().map(move |before: &Vec<String>| {
                    let mut after = before.clone();
                    after.push(choice.to_owned());
                    after
                })
            })
            .collect();
        if is_optional {
            all.extend(longer);
        } else {
            all = longer;
        }
    }
    all
}
