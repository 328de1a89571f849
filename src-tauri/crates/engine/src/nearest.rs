//! "Did you mean": the known name that is most similar to a written one.

use std::collections::BTreeSet;

/// The known name with the smallest edit distance, at most a third of its letters.
pub(crate) fn nearest<'k>(name: &str, known: &BTreeSet<&'k str>) -> Option<&'k str> {
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let name = letters(name);
    let distances = known
        .iter()
        .map(|known| (distance(&name, &letters(known)), *known));
    let most = (name.len() / 3).max(1);
    let (_, nearest) = distances.filter(|(distance, _)| *distance <= most).min()?;
    Some(nearest)
}

/// Levenshtein, V. (1966): insertions, deletions and substitutions from one to the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
