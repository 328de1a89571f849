//! The text between two values of a JSON document: white space, comments, a comma.

/// Positions in the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gap {
    pub comma: Option<usize>,
    /// End of the last comment or comma that begins in the first line of the gap; without one, the start of the gap.
    pub first_line_end: usize,
    /// End of the last comment or comma of the gap; without one, its start.
    pub last_end: usize,
    pub has_comment: bool,
}

/// Reads the gap between these bytes. Its text has no values.
pub(super) fn read(text: &str, from: usize, to: usize) -> Gap {
    let mut gap = Gap {
        first_line_end: from,
        last_end: from,
        ..Gap::default()
    };
    let mut at = from;
    let mut in_first_line = true;
    while at < to {
        let rest = &text[at..to];
        let (length, is_token) = if rest.starts_with("//") {
            gap.has_comment = true;
            let line = rest.find('\n').unwrap_or(rest.len());
            (rest[..line].trim_end_matches('\r').len(), true)
        } else if rest.starts_with("/*") {
            gap.has_comment = true;
            (rest.find("*/").map_or(rest.len(), |end| end + 2), true)
        } else if rest.starts_with(',') {
            gap.comma = gap.comma.or(Some(at));
            (1, true)
        } else {
            in_first_line &= !rest.starts_with('\n');
            (rest.chars().next().map_or(1, char::len_utf8), false)
        };
        if is_token {
            gap.last_end = at + length;
            if in_first_line {
                gap.first_line_end = at + length;
            }
            in_first_line &= !rest[..length].contains('\n');
        }
        at += length;
    }
    gap
}
