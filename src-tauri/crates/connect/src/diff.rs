//! The change of a file as a unified diff, without secrets.

use similar::TextDiff;

use crate::hide::hide;

/// With three lines of context.
pub(crate) fn unified(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut unified = diff.unified_diff();
    let text = unified.context_radius(3).to_string();
    let lines = text.lines().map(|line| {
        let line = line.trim_end_matches('\r');
        if line.starts_with("@@") {
            line.to_owned()
        } else {
            hide(line)
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
